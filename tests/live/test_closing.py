"""What ends a socket: silence, a reader that takes nothing, its session, its node."""

import asyncio
import contextlib
import datetime as dt
import socket
import struct
from typing import Final

from config.settings import Settings
from handlers.live.base.send_buffer import SocketTransport, text_frame
from tests.support.laws.snapshots import head_of
from tests.support.people.furnished import furnished
from tests.support.server import PASSWORD, serving
from tests.support.wire.answers import done
from tests.support.wire.slow_reader import SlowReader
from tests.support.wire.sockets import (
    PATIENCE_S,
    TOKEN_S,
    calling,
    ends_in,
    only_connection,
    sub,
    talking,
)
from tests.support.wire.waiting import now, until

SENT_BYTES: Final = 1 << 20  # more than the kernel takes for a reader
CLOSE: Final = struct.pack("!BBH", 0x88, 15, 4508) + b"slow consumer"


async def test_a_device_is_pinged_and_closed_when_it_does_not_answer(settings: Settings) -> None:
    async with serving(settings) as server:
        person = await furnished(server)
        _, head = await head_of(person)

        async with talking(server, person, {"f": "u:me", "since": "0"}) as wire:
            *_, live = await wire.until("live")
            connection, began = only_connection(server), now()
            connection.tick(began + 29)
            connection.tick(began + 31)
            ping = await wire.frame()
            await connection.take(b'{"t":"pong"}\n', began + 60)
            connection.tick(began + 62)
            again = await wire.frame()
            connection.tick(began + 122)

            assert set(ping) == {"t", "now", "top"}
            assert (ping["t"], ping["top"]) == ("ping", {live["f"]: head})
            assert again["t"] == "ping"
            assert await wire.closed() == 4511


async def test_a_device_that_takes_no_bytes_is_closed(settings: Settings) -> None:
    async with serving(settings) as server:
        person = await furnished(server)

        async with talking(server, person) as wire:
            connection = only_connection(server)
            connection.transport.stuck_since = now() - 59
            connection.tick(now())
            await wire.send(sub("now"))
            assert (await wire.frame())["t"] == "subd"
            connection.transport.stuck_since = now() - 61
            connection.tick(now())

            assert await wire.closed() == 4508


async def test_who_begins_to_read_again_in_time_gets_what_was_sent_and_the_code(
    settings: Settings,
) -> None:
    sent = text_frame(b'{"t":"ping"}\n' * (SENT_BYTES // 13))
    async with serving(settings) as server:
        slow = SlowReader(server.url, (await server.person()).token)
        await slow.open()
        await until(lambda: server.node._connections._open and only_connection(server)._greeted)
        connection = only_connection(server)
        assert isinstance(connection.transport, SocketTransport)
        connection.transport._stream.socket.setsockopt(socket.SOL_SOCKET, socket.SO_SNDBUF, 4_096)
        connection.transport.queue(sent)
        connection.transport.flush()
        connection.tick(now())
        assert connection.transport.stuck_since is not None
        connection.transport.stuck_since = now() - 61
        connection.tick(now())

        await slow.hurry()
        taken = bytearray()
        async with asyncio.timeout(PATIENCE_S):
            while not taken.endswith(CLOSE):
                piece = await slow._reader.read(65_536)
                assert piece, len(taken)
                taken += piece
        await slow.close()

    assert sent in taken


async def test_a_session_that_expires_closes_its_socket(settings: Settings) -> None:
    async with serving(settings) as server:
        person = await furnished(server)

        async with talking(server, person) as wire:
            connection = only_connection(server)
            ends_in(connection, TOKEN_S)  # however long it took to get here
            connection.heard_at = now() + TOKEN_S
            connection.tick(now() + TOKEN_S - 59)
            expiring = (await wire.until("auth_expiring"))[-1]
            connection.tick(now() + TOKEN_S + 28)
            await wire.send(sub("now"))
            assert (await wire.frame())["t"] == "ping"
            assert (await wire.frame())["t"] == "subd"
            connection.heard_at = now() + TOKEN_S
            connection.tick(now() + TOKEN_S + 31)

            assert connection.caller is not None
            assert dt.datetime.fromisoformat(expiring["exp"]) == connection.caller.expires_at

            assert await wire.closed() == 4401


async def test_of_each_token_it_is_told_that_it_ends(settings: Settings) -> None:
    async with serving(settings) as server:
        person = await furnished(server)

        async with talking(server, person) as wire:
            connection = only_connection(server)
            for _ in range(2):
                assert connection.caller is not None
                connection.set_caller(connection.caller)
                ends_in(connection, 59)
                connection.tick(now())
                connection.tick(now())
            await wire.send(sub("now"))
            said = [(await wire.frame())["t"] for _ in range(3)]

        assert said == ["auth_expiring", "auth_expiring", "subd"]


async def test_a_session_that_was_ended_elsewhere_closes_its_socket(settings: Settings) -> None:
    async with serving(settings) as server:
        phone = await server.person("phone")
        email = (await phone.call("GET", "/v1/me")).body["email"]
        watch = await server.client().log_in(email, PASSWORD, "watch")

        async with talking(server, phone) as kept, talking(server, watch) as ended:
            await done(watch.call("POST", "/v1/auth/logout"))
            code = await ended.closed()
            await kept.send(sub("now"))

            assert code == 4403
            assert (await kept.frame())["t"] == "subd"
        watch.close()


async def test_a_session_that_ends_before_its_socket_has_greeted_opens_nothing(
    settings: Settings,
) -> None:
    async with serving(settings) as server:
        person = await server.person()

        async with calling(server, token=person.token) as wire:
            await until(lambda: only_connection(server).caller is not None)
            async with talking(server, person) as greeted:
                await done(person.call("POST", "/v1/auth/logout"))
                assert await greeted.closed() == 4403  # by now the node has heard of it
            await wire.send({"t": "hello", "v": 1})

            assert await wire.line() is None  # not even a welcome
            assert await wire.closed() == 4403


async def test_a_node_that_stops_says_so(settings: Settings) -> None:
    async with contextlib.AsyncExitStack() as stack:
        async with serving(settings) as server:
            person = await furnished(server)
            wire = await stack.enter_async_context(talking(server, person))

        assert await wire.closed() == 4503
