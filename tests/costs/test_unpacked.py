"""What is small on the wire and large behind it: unpacked messages, long heads, unread answers."""

import asyncio
import contextlib
import json
import socket
import zlib
from typing import Any

import psutil
import pytest
from tornado.httpclient import HTTPRequest
from tornado.websocket import websocket_connect

from config.settings import Settings
from handlers.live.base import limits
from handlers.live.websocket.connection import Connection
from handlers.live.websocket.websocket_protocol import StrictProtocol
from models.access.limits import PAGE_BYTES
from models.access.token_bucket import TokenBucket
from tests.costs.raw import Raw, raw, until
from tests.support.engines import TestEngines
from tests.support.server import Server, serving
from tests.support.wire.answers import done
from tests.support.wire.frames import frame, send_frames
from tests.support.wire.sockets import Wire, calling, hello, mut
from upcoach.client import RestClient
from upcoach.node.process import listener

JOURNAL = "/v1/journal"
LARGE = 1024 * 1024
UNKNOWN = "GET {} HTTP/1.1\r\nHost: x\r\n{}\r\n"


def deflated(text: bytes) -> bytes:
    """A compressed message (RFC 7692), masked by zeros."""
    deflate = zlib.compressobj(9, wbits=-zlib.MAX_WBITS)
    packed = (deflate.compress(text) + deflate.flush(zlib.Z_SYNC_FLUSH))[:-4]
    size = bytes((0xFE,)) + len(packed).to_bytes(2, "big")
    if len(packed) <= 125:
        size = bytes((0x80 | len(packed),))
    return bytes((0xC1,)) + size + bytes(4) + packed


@contextlib.asynccontextmanager
async def compressing(server: Server) -> Any:
    """A socket that has agreed to compression."""
    request = HTTPRequest(server.url.replace("http", "ws", 1) + "/v1/live")
    wire = Wire(await websocket_connect(request, compression_options={}))
    try:
        yield wire
    finally:
        await wire.hang_up()


async def test_who_sends_much_is_read_later(
    settings: Settings, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(limits, "KIB_BURST_S", 1)
    taken: list[int] = []
    take = Connection.take

    async def noted(connection: Connection, message: bytes, now: float) -> None:
        await take(connection, message, now)
        taken.append(len(message))

    monkeypatch.setattr(Connection, "take", noted)
    async with serving(settings) as server:
        person = await server.person()
        async with compressing(server) as wire:
            await wire.send(hello(person))
            await wire.until("welcome")
            monkeypatch.setattr(TokenBucket, "wait_s", lambda *_: 3_600.0 if taken[1:] else 0.0)
            await send_frames(wire, deflated(b" " * LARGE) * 20)
            await until(lambda: len(taken) == 2)
            for _ in range(20):
                await done(person.call("GET", "/v1/me"))

            assert taken[1:] == [LARGE]


async def test_nothing_is_unpacked_for_who_was_sent_away(
    settings: Settings, monkeypatch: pytest.MonkeyPatch
) -> None:
    unpacked = 0
    decompressed = StrictProtocol._decompressed

    def counted(protocol: StrictProtocol, content: bytes) -> bytes:
        nonlocal unpacked
        unpacked += 1
        return decompressed(protocol, content)

    monkeypatch.setattr(StrictProtocol, "_decompressed", counted)
    async with serving(settings) as server, compressing(server) as wire:
        await send_frames(wire, frame(0x1, b"no JSON") + deflated(b" " * 60_000) * 500)
        code = await wire.closed()
        connections = server.node._connections
        await until(lambda: not list(connections._open))

    assert (code, unpacked) == (4400, 0)


async def test_tokens_that_are_shown_in_masses_are_counted(settings: Settings) -> None:
    async with serving(settings) as server, calling(server) as wire:
        person = await server.person()
        await wire.send(hello(person))
        await wire.until("welcome")
        forged = {"t": "auth", "token": person.token[:-4] + "AAAA"}
        await wire.send(*[forged] * 100)

        assert await wire.closed() == 4429


@pytest.mark.parametrize(
    "lines",
    ["".join(f"a{number}:\r\n" for number in range(200)), "a:\r\n" * 2_000],
    ids=["names", "one name"],
)
async def test_a_head_of_many_lines_is_refused(settings: Settings, lines: str) -> None:
    async with serving(settings) as server, raw(server) as one:
        one.writer.write(UNKNOWN.format("/v1/goals", lines).encode())
        assert await one.status() == 400
        with contextlib.suppress(ConnectionError):
            async with asyncio.timeout(20):
                await one.reader.read()


async def test_a_long_offer_of_extensions_is_refused(settings: Settings) -> None:
    head = (
        "Upgrade: websocket\r\nConnection: Upgrade\r\nSec-WebSocket-Version: 13\r\n"
        "Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n"
        f"Sec-WebSocket-Extensions: {',' * 15_000}\r\n"
    )
    async with serving(settings) as server, raw(server) as one:
        one.writer.write(UNKNOWN.format("/v1/live", head).encode())
        assert await one.status() == 400


async def test_a_network_that_is_refused_in_masses_is_hung_up_on(engines: TestEngines) -> None:
    settings = Settings.from_environ(engines.environ(UPCOACH_LIMITS="on"))
    async with serving(settings) as server, raw(server) as one:
        one.writer.write(UNKNOWN.format("/v1/goals", "").encode() * 5_000)
        statuses = []
        while status := await one.status():
            statuses.append(status)
            await rest_of(one)

    assert statuses[:100] == [401] * 100
    assert statuses[-1] == 429
    assert len(statuses) < 2_000


async def rest_of(one: Raw) -> None:
    """Take what follows the first line of an answer."""
    with contextlib.suppress(ConnectionError, asyncio.IncompleteReadError):
        head = (await one.reader.readuntil(b"\r\n\r\n")).decode().lower()
        size = int(head.partition("content-length: ")[2].partition("\r\n")[0])
        await one.reader.readexactly(size)


async def wealthy(server: Server) -> RestClient:
    """Somebody whose journal has 3 MB."""
    person = await server.person()
    entry = {"text": "\N{GRINNING FACE}" * 29_000}
    for _ in range(3):
        batch = [mut("POST", JOURNAL, entry) for _ in range(10)]
        await done(person.call("POST", "/v1/mutations", batch))
    return person


async def test_a_page_has_so_many_bytes_and_no_entry_is_missing(settings: Settings) -> None:
    async with serving(settings) as server:
        person = await wealthy(server)
        found: list[str] = []
        path = f"{JOURNAL}?limit=100"
        while path:
            page = await person.call("GET", path)
            assert len(json.dumps(page.body, ensure_ascii=False).encode()) < PAGE_BYTES * 1.3
            found += [item["id"] for item in page.body["items"]]
            path = page.headers.get("link", "").partition("<")[2].partition(">")[0]

    assert len(found) == len(set(found)) == 30


async def test_who_does_not_read_an_answer_is_hung_up_on(
    settings: Settings, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(listener, "TAKEN_S", 0.2)
    async with serving(settings) as server:
        person = await wealthy(server)
        one = socket.socket()
        one.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 4_096)
        host, _, port = server.url.rpartition("//")[2].partition(":")
        one.connect((host, int(port)))
        head = f"Authorization: Bearer {person.token}\r\n"
        # The kernel takes some megabytes.
        one.sendall(UNKNOWN.format(f"{JOURNAL}?limit=100", head).encode() * 20)

        mine = one.getsockname()[1]

        def is_open() -> bool:
            """Whether the server's end of the connection is."""
            ends = psutil.Process().net_connections("tcp")
            return any(getattr(end.raddr, "port", 0) == mine for end in ends)

        await until(is_open)
        await until(lambda: not is_open())
        one.close()
