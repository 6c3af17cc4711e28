"""Tickets: a login for one connection."""

import asyncio
import contextlib
import datetime as dt

import pytest

from config.settings import Settings
from models.account import SessionState
from models.base.clock import utc_now
from streams.redis.connection_tickets import LIFE_S, ConnectionTickets
from tests.support.engines import TestEngines, redis_of
from tests.support.people.furnished import furnished
from tests.support.people.scopes import scope_of
from tests.support.server import PASSWORD, Server, serving
from tests.support.wire.answers import done
from tests.support.wire.event_streams import reading
from tests.support.wire.sockets import Wire, calling, hello, talking
from tests.support.wire.tickets import TICKETS, ticket_of


async def test_a_ticket_is_announced_with_its_end(settings: Settings) -> None:
    async with serving(settings) as server:
        person = await server.person()

        answer = await person.call("POST", TICKETS)

        assert answer.status == 201
        assert set(answer.body) == {"ticket", "expires_at"}
        left = dt.datetime.fromisoformat(answer.body["expires_at"]) - dt.datetime.now(dt.UTC)
        assert LIFE_S - 5 < left.total_seconds() <= LIFE_S


async def test_redis_forgets_a_ticket_and_never_knew_its_text(
    settings: Settings, environ: dict[str, str]
) -> None:
    async with serving(settings) as server:
        ticket = await ticket_of(await server.person())

        with redis_of(environ) as redis:
            [name] = redis.keys("ticket:*")
            kept = name + redis.get(name)
            life_s = redis.ttl(name)

        assert ticket.encode() not in kept
        assert LIFE_S - 5 < life_s <= LIFE_S


async def test_a_ticket_opens_one_socket(settings: Settings) -> None:
    async with serving(settings) as server:
        person = await furnished(server)
        greeting = hello(person, {"f": "u:me"})
        del greeting["token"]
        greeting["ticket"] = await ticket_of(person)

        async with calling(server) as first, calling(server) as second:
            await first.send(greeting)
            frames = await first.until("live")
            await second.send(greeting)

            assert [frame["t"] for frame in frames] == ["welcome", "subd", "live"]
            assert await second.closed() == 4401


async def test_a_ticket_opens_one_stream(settings: Settings) -> None:
    async with serving(settings) as server:
        person = await furnished(server)
        path = f"/v1/events?since=0&ticket={await ticket_of(person)}"

        async with reading(server, path) as first:
            events = await first.until("live")
        async with reading(server, path) as second:
            problem = await second.problem()

        assert first.status == 200
        assert events[0].frame["f"] == scope_of(server, person).feed
        assert (second.status, problem["code"]) == (401, "ticket_invalid")


async def test_a_ticket_renews_a_socket_of_its_own_session(settings: Settings) -> None:
    async with serving(settings) as server:
        person, other = await server.person(), await server.person()

        async with talking(server, person, {"f": "u:me"}) as wire:
            await wire.until("live")
            refusals = [
                await refusal(wire, {"ticket": await ticket_of(other)}),
                await refusal(wire, {"ticket": "tkt_nobody"}),
                await refusal(wire, {}),
            ]
            used = await ticket_of(person)
            await wire.send({"t": "auth", "ticket": used})
            again = await refusal(wire, {"ticket": used})

        assert refusals == ["session_other", "ticket_invalid", "token_missing"]
        assert again == "ticket_invalid"


async def refusal(wire: Wire, credentials: dict[str, str]) -> str:
    """The code of the next complaint, after *credentials* were shown."""
    await wire.send({"t": "auth"} | credentials)
    frames = await wire.until("err")
    return str(frames[-1]["problem"]["code"])


async def test_a_ticket_of_an_ended_session_opens_nothing(settings: Settings) -> None:
    async with serving(settings) as server:
        phone = await server.person("phone")
        email = (await phone.call("GET", "/v1/me")).body["email"]
        watch = await server.client().log_in(email, PASSWORD, "watch")
        theirs, mine = await ticket_of(watch), await ticket_of(phone)
        async with talking(server, watch) as wire:
            await done(watch.call("POST", "/v1/auth/logout"))
            assert await wire.closed() == 4403  # by now the node has heard of it

        async with (
            reading(server, f"/v1/events?ticket={theirs}") as refused,
            reading(server, f"/v1/events?ticket={mine}") as served,
        ):
            assert (refused.status, served.status) == (401, 200)
        watch.close()


@pytest.mark.parametrize("state", SessionState)
async def test_a_ticket_opens_something_while_the_login_of_its_caller_holds(
    settings: Settings, state: SessionState
) -> None:
    async with serving(settings) as server:
        person = await server.person()
        caller = server.node.services.account.sessions.authenticate(person.token)
        tickets = ConnectionTickets(server.node._redis.writer, lambda _: state, utc_now)
        issued = await tickets.issue(caller)

        holds = state is SessionState.ACTIVE
        assert await tickets.redeem(issued.ticket) == (caller if holds else None)


async def test_a_ticket_is_nothing_anywhere_else(settings: Settings) -> None:
    async with serving(settings) as server:
        person = await server.person()
        ticket = await ticket_of(person)
        stranger = server.client()

        paths = (f"/v1/events?since=0&ticket={ticket}", f"/v1/goals?ticket={ticket}")
        answers = [await stranger.call("GET", path) for path in paths]
        as_token = await server.client(ticket).call("GET", "/v1/me")
        anonymous = await stranger.call("POST", TICKETS)

        assert [answer.status for answer in answers] == [401, 401]
        assert (as_token.status, anonymous.status) == (401, 401)
        assert await server.node.tickets.redeem(ticket) is not None


async def test_of_many_who_show_a_ticket_at_once_one_gets_in(settings: Settings) -> None:
    async with serving(settings) as server, serving(settings) as other:
        people = await asyncio.gather(*(server.person() for _ in range(4)))
        tickets = [await ticket_of(person) for person in people for _ in range(5)]

        async with contextlib.AsyncExitStack() as stack:

            async def status(node: Server, ticket: str) -> int:
                path = f"/v1/events?ticket={ticket}"
                return (await stack.enter_async_context(reading(node, path))).status

            shown = [
                asyncio.gather(*(status((server, other)[turn % 2], ticket) for turn in range(20)))
                for ticket in tickets
            ]
            statuses = await asyncio.gather(*shown)

        # A 503 is a ticket that Redis was not asked for in time; nobody got in by it.
        assert [some.count(200) for some in statuses] == [1] * 20
        assert set().union(*statuses) <= {200, 401, 503}


async def test_without_redis_there_are_no_tickets(engines: TestEngines) -> None:
    settings = engines.settings(UPCOACH_REDIS_URL="redis://127.0.0.1:1/0")
    async with serving(settings) as server:
        person = await server.person()

        answer = await person.call("POST", TICKETS)
        async with reading(server, "/v1/events?ticket=tkt_any") as stream:
            problem = await stream.problem()
        async with calling(server) as wire:
            await wire.send({"t": "hello", "v": 1, "ticket": "tkt_any"})
            closed = await wire.closed()

        assert (answer.status, answer.body["code"]) == (503, "tickets_unavailable")
        assert answer.headers["retry-after"] == "1"
        assert (stream.status, problem["code"]) == (503, "tickets_unavailable")
        assert closed == 4500
