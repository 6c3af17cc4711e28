"""What is small and comes in masses, also from nobody: it is counted, and the others get turns."""

import asyncio
import contextlib
import json

import pytest

from config.settings import Settings
from handlers.live.base.limits import BURST, FRAMES_S
from models.access.limits import ANONYMOUS_BODY_BYTES, ANONYMOUS_BODY_S
from models.wire.close_codes import CloseCode
from tests.costs.raw import UPLOAD, Raw, raw
from tests.support.engines import TestEngines
from tests.support.server import serving
from tests.support.server.lag import heartbeat
from tests.support.wire.frames import frame, send_frames
from tests.support.wire.sockets import calling, hello

MANY = 20_000
HELD_S = 0.05


PING = frame(0x9)
FLOODS = {
    "pings": PING * MANY,
    "pongs": frame(0xA) * MANY,
    "blanks": frame(0x1, b"\n") * MANY,
    "nothing": frame(0x1) * MANY,
    "nothing in parts": frame(0x1, final=False) + frame(0x0, final=False) * MANY,
    "parts": frame(0x1, b" ", final=False) + frame(0x0, b" ", final=False) * MANY,
    "pairs of parts": (frame(0x1, final=False) + frame(0x0)) * MANY,
}


@pytest.mark.parametrize("greeted", [False, True], ids=["before hello", "after it"])
@pytest.mark.parametrize("flood", FLOODS.values(), ids=FLOODS)
async def test_frames_of_every_sort_are_counted(
    settings: Settings, flood: bytes, *, greeted: bool
) -> None:
    async with serving(settings) as server:
        person = await server.person()
        async with calling(server) as wire:
            if greeted:
                await wire.send(hello(person))
                await wire.until("welcome")
            async with heartbeat() as beat:
                await send_frames(wire, flood)
                code = await wire.closed()

        assert code == CloseCode.TOO_MANY
        assert beat.worst() < HELD_S


async def test_as_many_pings_as_other_frames_are_answered(settings: Settings) -> None:
    async with serving(settings) as server:
        person = await server.person()
        async with calling(server) as wire:
            await wire.send(hello(person))
            await wire.until("welcome")
            await send_frames(wire, PING * (FRAMES_S * BURST - 100))
            await wire.send({"t": "unsub", "f": "u:me"})
            assert (await wire.until("unsubd"))[-1]["f"].startswith("u:")


async def test_paths_that_are_not_there_are_counted(engines: TestEngines) -> None:
    settings = Settings.from_environ(engines.environ(UPCOACH_LIMITS="on"))
    async with serving(settings) as server:
        anybody = server.client()
        statuses = [(await anybody.call("GET", f"/nowhere/{at}")).status for at in range(150)]

    assert statuses[:50] == [404] * 50
    assert set(statuses) == {404, 429}


CHUNKED = "Transfer-Encoding: chunked\r\n"


def chunks(count: int, size: int = 1) -> bytes:
    return (b"%x\r\n" % size + b" " * size + b"\r\n") * count


@pytest.mark.parametrize("path", ["/v1/auth/login", UPLOAD])
@pytest.mark.parametrize("is_known", [False, True])
async def test_a_body_in_masses_of_small_chunks_is_cut_off(
    settings: Settings, path: str, *, is_known: bool
) -> None:
    async with serving(settings) as server, raw(server) as one:
        token = (await server.person()).token if is_known else "x"
        await one.send(path, f"Authorization: Bearer {token}\r\n{CHUNKED}", 0, 0)
        async with heartbeat() as beat:
            one.writer.write(chunks(MANY))
            status = await one.status()

        assert status == 400
        assert beat.worst() < HELD_S


async def test_a_refused_body_in_masses_of_small_chunks_is_cut_off(settings: Settings) -> None:
    async with serving(settings) as server, raw(server) as one:
        await one.send(UPLOAD, CHUNKED, 0, 0)
        one.writer.write(chunks(2, ANONYMOUS_BODY_BYTES))
        status = await one.status()
        with contextlib.suppress(ConnectionError):
            one.writer.write(chunks(MANY))
            async with asyncio.timeout(ANONYMOUS_BODY_S * 0.7):  # before the body's own deadline
                await one.reader.read()

    assert status in (401, 413)


async def test_a_body_in_usual_chunks_is_taken(settings: Settings) -> None:
    async with serving(settings) as server, raw(server) as one:
        person = await server.person()
        entry = json.dumps({"text": "a" * 25_000}).encode()
        known = f"Authorization: Bearer {person.token}\r\n{CHUNKED}"
        for size in (40, 300, 4_096):  # on one connection
            await one.send("/v1/journal", known, 0, 0)
            pieces = [entry[start : start + size] for start in range(0, len(entry), size)]
            one.writer.writelines(b"%x\r\n%b\r\n" % (len(piece), piece) for piece in pieces)
            one.writer.write(b"0\r\n\r\n")
            assert await one.status() == 201, size
            await read_answer(one)


async def test_the_chunks_of_one_body_are_not_those_of_the_next(settings: Settings) -> None:
    async with serving(settings) as server, raw(server) as one:
        person = await server.person()
        entry = json.dumps({"text": "a" * 600}).encode()
        known = f"Authorization: Bearer {person.token}\r\n{CHUNKED}"
        for _ in range(4):  # on one connection
            await one.send("/v1/journal", known, 0, 0)
            one.writer.writelines(b"1\r\n%c\r\n" % letter for letter in entry)
            one.writer.write(b"0\r\n\r\n")
            assert await one.status() == 201
            await read_answer(one)


async def read_answer(one: Raw) -> None:
    """Take the rest of an answer."""
    head = (await one.reader.readuntil(b"\r\n\r\n")).decode().lower()
    await one.reader.readexactly(int(head.partition("content-length: ")[2].partition("\r\n")[0]))
