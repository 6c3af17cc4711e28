"""What a socket must keep to, and what it is told: windows, tokens, limits, places."""

import asyncio
import contextlib
import datetime as dt
from collections.abc import AsyncIterator, Sequence

import pytest

from config.settings import Settings
from models.base.merge_patch import Json
from models.wire.events import Event
from streams.feed import subscription
from tests.support.engines import TestEngines
from tests.support.laws.snapshots import head_of
from tests.support.people.furnished import GOALS, furnished, write_goals
from tests.support.people.scopes import scope_of
from tests.support.server import Server, serving
from tests.support.server.nodes import two_nodes
from tests.support.wire.answers import done
from tests.support.wire.sockets import (
    TOKEN_S,
    Wire,
    calling,
    ends_in,
    hello,
    mut,
    numbers,
    only_connection,
    sub,
    talking,
)
from tests.support.wire.waiting import now, until
from upcoach.client import RestClient

UNACKED = 1_000


def ack(cursor: str, **more: str) -> Json:
    return {"t": "ack", "cur": cursor} | more


async def test_who_acknowledges_is_sent_no_more_than_the_window_beyond(
    settings: Settings, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(subscription, "ACK_WINDOW", 10)
    async with serving(settings) as server:
        person = await furnished(server)
        epoch, head = await head_of(person)

        async with talking(server, person) as wire:
            await wire.send(sub(), ack(f"{epoch}.{head}"))
            await wire.until("live")
            await write_goals(person, 25)
            first = [await wire.frame() for _ in range(10)]
            await wire.send({"t": "sub", "f": "u:nobody"})
            held = await wire.frame()
            await wire.send(ack(f"{epoch}.{head + 10}"))
            second = [await wire.frame() for _ in range(10)]
            await wire.send(ack(f"{epoch}.{head + 20}"))
            *third, live = await wire.until("live")

        assert held["t"] == "unsubd"
        assert numbers([*first, *second, *third]) == list(range(head + 1, head + 26))
        assert live["cur"] == f"{epoch}.{head + 25}"


async def test_a_device_that_was_sent_events_before_its_first_ack_is_held_as_well(
    settings: Settings, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(subscription, "ACK_WINDOW", 10)
    async with serving(settings) as server:
        person = await furnished(server)
        epoch, head = await head_of(person)
        async with talking(server, person) as wire:
            await wire.send(sub(f"{epoch}.{head}"))
            await wire.until("live")
            await write_goals(person, 2)
            before = [await wire.frame() for _ in range(2)]
            await wire.send(ack(f"{epoch}.{head}"), {"t": "sub", "f": "u:nobody"})
            await wire.until("unsubd")
            await write_goals(person, 20)
            first = [await wire.frame() for _ in range(8)]
            await wire.send({"t": "sub", "f": "u:nobody"})
            held = await wire.frame()
            await wire.send(ack(f"{epoch}.{head + 10}"))
            second = [await wire.frame() for _ in range(10)]

        assert held["t"] == "unsubd"
        assert numbers([*before, *first, *second]) == list(range(head + 1, head + 21))


async def test_what_is_acknowledged_is_kept_for_the_device(settings: Settings) -> None:
    async with serving(settings) as server:
        person = await furnished(server)
        scope = scope_of(server, person)
        epoch, head = await head_of(person)

        async with calling(server) as wire:
            await wire.send(hello(person, {"f": "u:me"}, dev="watch"))
            await wire.until("live")
            await wire.send(ack(f"{epoch}.1"), ack(f"{epoch}.{head}"), sub("now"))
            await wire.until("subd")
            await server.node.services.sync.positions.flush()
        answer = await person.call("GET", "/v1/devices")

        [item] = answer.body["items"]
        assert item.pop("at")
        assert item == {"device": "watch", "feed": scope.feed, "seq": head}


async def test_a_position_that_cannot_be_is_a_resync(settings: Settings) -> None:
    async with serving(settings) as server:
        person = await furnished(server)
        epoch, head = await head_of(person)

        for cursor in (f"{epoch}.{head + 1}", f"zzzz.{head}"):
            async with talking(server, person, {"f": "u:me"}) as wire:
                await wire.until("live")
                await wire.send(ack(cursor))

                assert await wire.closed() == 4510


async def test_only_what_is_followed_can_be_acknowledged(settings: Settings) -> None:
    async with serving(settings) as server:
        person = await furnished(server)
        epoch, _ = await head_of(person)

        async with talking(server, person) as wire:
            await wire.send(ack(f"{epoch}.1"), ack("nonsense"), ack(f"{epoch}.1", f="u:usr_1"))
            codes = [(await wire.frame())["problem"]["code"] for _ in range(3)]

        assert codes == ["feed_not_followed", "cursor_malformed", "feed_not_followed"]


async def test_a_token_is_renewed_in_place(settings: Settings) -> None:
    async with serving(settings) as server:
        person, login = await logged_in(server)

        async with talking(server, person, {"f": "u:me"}) as wire:
            await wire.until("live")
            connection = only_connection(server)
            refresh = {"refresh_token": login["refresh_token"]}
            answer = await done(person.call("POST", "/v1/auth/refresh", refresh))
            ends_in(connection, 59)
            connection.tick(now())
            connection.tick(now())
            await wire.send({"t": "auth", "token": answer.body["token"]}, sub("now"))
            expiring, authd, subd, _ = await wire.until("live")
            connection.heard_at = now() + TOKEN_S
            connection.tick(now() + TOKEN_S - 65)
            await done(person.call("POST", GOALS, {"title": "Still here"}))
            ping, event = [await wire.frame() for _ in range(2)]

        assert (expiring["t"], subd["t"]) == ("auth_expiring", "subd")
        assert authd == {"t": "authd", "exp": answer.body["expires_at"]}
        assert (ping["t"], event["t"]) == ("ping", "ev")


async def logged_in(server: Server) -> tuple[RestClient, Json]:
    """Somebody, and what they got when they logged in."""
    person = await furnished(server)
    email = (await person.call("GET", "/v1/me")).body["email"]
    credentials = {"email": email, "password": "correct horse battery", "device": "phone"}
    answer = await done(person.call("POST", "/v1/auth/login", credentials))
    return server.client(answer.body["token"]), answer.body


async def test_a_socket_stays_with_its_user_and_session(settings: Settings) -> None:
    async with serving(settings) as server:
        person, _ = await logged_in(server)
        again, _ = await logged_in(server)
        other = await server.person()

        async with talking(server, person) as wire:
            for token in (again.token, other.token, "x", person.token[:-1] + "é"):
                await wire.send({"t": "auth", "token": token})
            await wire.send({"t": "auth"}, sub("now"))
            *refusals, subd = [await wire.frame() for _ in range(6)]

        assert [one["problem"]["code"] for one in refusals] == [
            "session_other",
            "session_other",
            "token_invalid",
            "token_invalid",
            "token_missing",
        ]
        assert subd["t"] == "subd"


async def test_a_refresh_token_serves_as_long_as_its_session(settings: Settings) -> None:
    async with serving(settings) as server:
        person, login = await logged_in(server)
        refresh = {"refresh_token": login["refresh_token"]}

        renewed = await done(person.call("POST", "/v1/auth/refresh", refresh))
        forged = await person.call("POST", "/v1/auth/refresh", {"refresh_token": login["token"]})
        await done(person.call("POST", "/v1/auth/logout"))
        next_one = {"refresh_token": renewed.body["refresh_token"]}
        over = await person.call("POST", "/v1/auth/refresh", next_one)
        late = await server.client(renewed.body["token"]).call("GET", "/v1/me")

        assert set(renewed.body) == {"token", "token_type", "expires_at", "refresh_token"}
        assert renewed.body["refresh_token"] != login["refresh_token"]
        ends = dt.datetime.fromisoformat(renewed.body["expires_at"])
        assert dt.timedelta(0) < ends - dt.datetime.now(dt.UTC) <= dt.timedelta(minutes=10)
        assert (forged.status, over.status, late.status) == (401, 401, 401)


async def test_writes_beyond_the_rate_are_asked_to_come_later(engines: TestEngines) -> None:
    async with serving(engines.settings(UPCOACH_LIVE_WRITES_S="2")) as server:
        person = await furnished(server)

        async with talking(server, person) as wire:
            writes = [mut("POST", GOALS, {"title": f"{n}"}) for n in range(21)]
            await wire.send(*writes)
            answers = {frame["id"]: frame for frame in [await wire.frame() for _ in range(21)]}
            refused = [frame for frame in answers.values() if frame["status"] == 429]
            [late] = refused
            async with asyncio.timeout(10):
                while refused[-1]["status"] == 429:
                    await asyncio.sleep(refused[-1]["problem"]["after"] / 1000)
                    await wire.send(writes[-1])
                    refused.append((await wire.until("res"))[-1])

        assert late["id"] == writes[-1]["id"]
        assert late["problem"]["code"] == "writes_too_many"
        assert 0 < late["problem"]["after"] <= 501
        assert refused[-1]["status"] == 201


async def test_a_flood_of_frames_closes(settings: Settings) -> None:
    async with serving(settings) as server:
        person = await furnished(server)

        async with talking(server, person) as wire:
            await wire.send(*[{"t": "pong"}] * 2_000)

            assert await wire.closed() == 4429


async def test_a_full_node_says_so(engines: TestEngines) -> None:
    async with serving(engines.settings(UPCOACH_LIVE_SOCKETS="2")) as server:
        person = await furnished(server)

        async with talking(server, person), talking(server, person), calling(server) as third:
            await third.send(hello(person))

            assert await third.closed() == 4512


async def test_a_device_has_one_socket_over_all_nodes(engines: TestEngines) -> None:
    async with two_nodes(engines) as (one, other):
        person = await furnished(one)
        stranger = await one.person()

        async with (
            greeted(one, person, "watch") as first,
            greeted(one, person, "phone") as phone,
            greeted(one, stranger, "watch") as foreign,
            greeted(one, person, "watch") as second,
        ):
            replaced = await first.closed()
            async with greeted(other, person, "watch") as third:
                replaced_elsewhere = await second.closed()
                for wire in (phone, foreign, third):
                    await wire.send(sub("now"))
                    assert (await wire.frame())["t"] == "subd"

        assert (replaced, replaced_elsewhere) == (4409, 4409)


@contextlib.asynccontextmanager
async def greeted(server: Server, person: RestClient, device: str) -> AsyncIterator[Wire]:
    async with calling(server) as wire:
        await wire.send(hello(person, dev=device))
        assert (await wire.frame())["t"] == "welcome"
        yield wire


async def test_an_ended_session_closes_its_sockets_on_every_node_at_once(
    engines: TestEngines,
) -> None:
    async with two_nodes(engines) as (one, other):
        took = []
        for _ in range(20):
            person, _ = await logged_in(one)
            async with talking(one, person) as here, talking(other, person) as there:
                began = now()
                ending = asyncio.create_task(person.call("POST", "/v1/auth/logout"))
                codes = set(await asyncio.gather(here.closed(), there.closed()))
                took.append(now() - began)
                await done(ending)
            refused = await other.client(person.token).call("GET", "/v1/me")

            assert codes == {4403}
            assert refused.status == 401
        print(f"revocation: {max(took) * 1000:.0f} ms at the most of {len(took)}")


async def test_an_ended_session_is_found_when_the_message_was_lost(
    engines: TestEngines, monkeypatch: pytest.MonkeyPatch
) -> None:
    async with two_nodes(engines) as (one, other):
        person, _ = await logged_in(one)

        async with talking(other, person) as wire:
            monkeypatch.setattr(other.node._consumers, "take", _deaf)
            await done(person.call("POST", "/v1/auth/logout"))
            await other.node._consumers.recover()

            assert await wire.closed() == 4403


async def _deaf(_events: object) -> None:
    """Hear nothing."""


async def test_a_client_that_missed_something_is_counted(settings: Settings) -> None:
    async with serving(settings) as server:
        person = await furnished(server)
        registry = server.node.metrics.registry

        async with talking(server, person, {"f": "u:me"}) as wire:
            await wire.until("live")
            for wish in (sub("now"), sub(snap=["goal"]), sub("0")):
                await wire.send(wish)
                await wire.until("live")

        await until(lambda: not server.node._connections._open)
        assert registry.get_sample_value("upcoach_gap_reports_total") == 1
        assert registry.get_sample_value("upcoach_sum_mismatch_total") == 1


async def test_a_device_that_is_ahead_of_its_node_is_current_when_the_node_has_caught_up(
    engines: TestEngines, monkeypatch: pytest.MonkeyPatch
) -> None:
    async with two_nodes(engines) as (one, other):
        person = await furnished(one)
        caught_up = asyncio.Event()
        take = other.node.hub.take

        async def take_late(events: Sequence[Event]) -> None:
            await caught_up.wait()
            await take(events)

        async with talking(other, person, {"f": "u:me"}) as behind, talking(other, person) as ahead:
            await behind.until("live")
            monkeypatch.setattr(other.node.hub, "take", take_late)
            written = await done(person.call("POST", GOALS, {"title": "Run"}))
            cursor = written.headers["upcoach-cursor"]
            await ahead.send(sub(cursor), {"t": "sub", "f": "u:nobody"})
            subd, refused = [await ahead.frame() for _ in range(2)]
            caught_up.set()
            live = await ahead.frame()

        assert (subd["mode"], refused["t"]) == ("resume", "unsubd")
        assert (live["t"], live["cur"]) == ("live", cursor)
