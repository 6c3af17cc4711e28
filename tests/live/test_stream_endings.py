"""What ends a stream of events, and what a reader costs that does not read."""

import asyncio
import contextlib
import datetime as dt
import socket
from typing import Any

import msgspec

from config.settings import Settings
from handlers.live.base.send_buffer import WINDOW, SocketTransport
from tests.live.streams import EVENTS, frames, from_here, only_stream
from tests.support.laws.snapshots import head_of
from tests.support.people.furnished import GOALS, furnished
from tests.support.people.scopes import scope_of
from tests.support.server import PASSWORD, serving
from tests.support.wire.answers import done
from tests.support.wire.event_streams import reading
from tests.support.wire.waiting import now, until


async def test_a_silent_stream_is_commented_on(settings: Settings) -> None:
    async with serving(settings) as server:
        person = await furnished(server)
        async with reading(server, await from_here(person), person.token) as reader:
            await reader.until("live")
            stream, began = only_stream(server), now()
            for second in range(61):
                stream.tick(began + second)
            await done(person.call("POST", GOALS, {"title": "Swim"}))
            await reader.until("ev")

            assert reader.comments == 4


async def test_a_session_that_ends_before_its_stream_has_begun_opens_none(
    settings: Settings,
) -> None:
    async with serving(settings) as server:
        person = await furnished(server)
        path, scope = await from_here(person), scope_of(server, person)
        feeds, sessions = server.node.runner.feeds, server.node.services.account.sessions
        start = feeds.start

        async def start_late(*view: Any, **how: Any) -> Any:
            found = await start(*view, **how)
            await sessions.endings.end(scope, scope.session)
            return found

        feeds.start = start_late  # type: ignore[method-assign] # between two turns of the loop
        async with reading(server, path, person.token) as reader:
            assert reader.status == 401
        assert server.node._connections._open == set()


async def test_a_stream_ends_half_a_minute_after_its_token(settings: Settings) -> None:
    async with serving(settings) as server:
        person = await furnished(server)
        async with reading(server, await from_here(person), person.token) as reader:
            await reader.until("live")
            stream = only_stream(server)

            def tick(left_s: float) -> None:
                ends = dt.datetime.now(dt.UTC) + dt.timedelta(seconds=left_s)
                stream.caller = msgspec.structs.replace(stream.caller, expires_at=ends)
                stream.tick(now())

            for left_s in (61, 59, 58, -29):
                tick(left_s)
            [warning] = await reader.until("auth_expiring")
            await done(person.call("POST", GOALS, {"title": "Swim"}))
            await reader.until("ev")
            tick(-31)

            assert set(warning.frame) == {"t", "exp"}
            assert await reader.rest() == []


async def test_a_session_that_is_ended_ends_its_streams(settings: Settings) -> None:
    async with serving(settings) as server, serving(settings) as other:
        phone = await server.person("phone")
        email = (await phone.call("GET", "/v1/me")).body["email"]
        watch = await server.client().log_in(email, PASSWORD, "watch")
        async with (
            reading(server, await from_here(phone), phone.token) as kept,
            reading(other, await from_here(watch), watch.token) as ended,
        ):
            await done(watch.call("POST", "/v1/auth/logout"))
            rest = await ended.rest()
            await done(phone.call("POST", GOALS, {"title": "Swim"}))

            assert [frame["t"] for frame in frames(rest)][:2] == ["subd", "live"]
            assert (await kept.until("ev"))[-1].frame["type"] == "session.ended"
            assert (await kept.until("ev"))[-1].frame["type"] == "goal.created"
        watch.close()


async def test_a_node_that_stops_says_when_to_come_back(settings: Settings) -> None:
    async with contextlib.AsyncExitStack() as stack:
        async with serving(settings) as server:
            person = await furnished(server)
            path = await from_here(person)
            reader = await stack.enter_async_context(reading(server, path, person.token))
            await reader.until("live")

        [go] = await reader.rest()
        assert (go.name, go.frame["reason"]) == ("go", "drain")
        assert reader.retry_ms == go.frame["after"] <= 1_000


async def test_a_node_that_drains_lets_each_go_at_a_moment_of_its_own(
    settings: Settings,
) -> None:
    async with serving(settings) as server:
        person = await furnished(server)
        path = await from_here(person)
        asked = asyncio.create_task(person.call("GET", f"{path}&wait=60"))
        async with (
            reading(server, path, person.token) as first,
            reading(server, path, person.token) as second,
        ):
            await until(lambda: len(server.node._connections._open) == 3)
            draining = asyncio.create_task(server.node._connections.drain(3.0))
            goes = [(await reader.until("go"))[-1].frame for reader in (first, second)]
            await done(person.call("POST", GOALS, {"title": "Swim"}))
            last = [await reader.rest() for reader in (first, second)]
            answer = await asked
            await draining

        assert goes[0]["after"] != goes[1]["after"]
        assert max(go["after"] for go in goes) <= 2_400
        assert max(reader.retry_ms or 9_999 for reader in (first, second)) <= 200
        # What comes before its moment a reader still gets.
        assert any(event.name == "ev" for events in last for event in events)
        assert answer.status in (200, 204)


async def test_a_reader_that_does_not_read_costs_one_window(settings: Settings) -> None:
    async with serving(settings) as server:
        person = await furnished(server)
        _, head = await head_of(person)
        count = 600
        async with (
            reading(server, await from_here(person), person.token, buffer=4096) as slow,
            reading(server, await from_here(person), person.token) as quick,
        ):
            transports = [little_buffered(stream) for stream in server.node._connections._open]
            most = 0

            async def write(start: int) -> None:
                nonlocal most
                for number in range(start, count, 20):
                    body = {"title": f"{number}", "description": "x" * 1_000}
                    await done(person.call("POST", GOALS, body))
                    most = max(most, *(transport._unsent for transport in transports))

            async def read() -> list[int]:
                return [(await quick.until("ev"))[-1].frame["seq"] for _ in range(count)]

            *_, at_once = await asyncio.gather(*(write(start) for start in range(20)), read())
            late = [(await slow.until("ev"))[-1].frame["seq"] for _ in range(count)]

        expected = list(range(head + 1, head + count + 1))
        assert at_once == late == expected
        # One batch may begin below the limit and end above it.
        assert WINDOW <= most < 2 * WINDOW


def little_buffered(stream: Any) -> SocketTransport:
    """The transport of *stream*, for which the kernel keeps next to nothing."""
    assert isinstance(stream.transport, SocketTransport)
    stream.transport._stream.socket.setsockopt(socket.SOL_SOCKET, socket.SO_SNDBUF, 4096)
    return stream.transport


async def test_a_reader_that_goes_or_talks_is_let_go(settings: Settings) -> None:
    async with serving(settings) as server:
        person = await furnished(server)
        seats, user = server.node._open_requests, scope_of(server, person).user
        async with reading(server, EVENTS, person.token) as reader:
            await reader.until("live")
            assert seats.left(user) == seats.count - 1
        await until(lambda: seats.left(user) == seats.count)

        async with reading(server, EVENTS, person.token) as reader:
            await reader.until("live")
            await reader.say(b"GET / HTTP/1.1\r\n\r\n")
            assert await reader.rest() == []
        assert not server.node._connections._open
        assert seats.left(user) == seats.count
