"""Bytes that no honest client sends, at a real server of its own: it goes on, and says nothing."""

import asyncio
import contextlib
import random
from collections.abc import AsyncIterator, Iterator

import msgspec
import psutil
import pytest

from config.settings import Settings
from models.base.ids import new_mutation_id
from tests.conformance.raw import (
    CLOSE,
    PING,
    TEXT,
    Received,
    connected,
    fragments,
    frame,
    octets,
    request,
    upgraded,
)
from tests.support.server import PASSWORD, ServerProcess, serving
from upcoach.client import RestClient

LIVE = "/v1/live"
SLACK_BYTES = 16 * 1024 * 1024  # that the allocator may keep over all rounds
ROUNDS = 2


@contextlib.asynccontextmanager
async def attacked(environ: dict[str, str]) -> AsyncIterator[tuple[ServerProcess, int]]:
    """A server and its port; at the end it still answers, and its log holds nothing."""
    async with ServerProcess(environ) as server:
        port = int(server.url.rpartition(":")[2])
        yield server, port
        with contextlib.closing(RestClient(server.url)) as client:
            assert (await client.call("GET", "/livez")).status == 200
        assert server.output.partition("Ctrl-C")[2].strip() == ""


def handshakes() -> dict[str, tuple[bytes, int]]:
    """What is no opening handshake, and the status that it is answered with."""
    plain = request(LIVE)
    return {
        "no Upgrade": (request(LIVE, {"Upgrade": ""}), 426),
        "another Upgrade": (request(LIVE, {"Upgrade": "h2c"}), 426),
        "no Connection": (request(LIVE, {"Connection": ""}), 426),
        "another Connection": (request(LIVE, {"Connection": "keep-alive"}), 426),
        "HTTP/1.0": (plain.replace(b"HTTP/1.1", b"HTTP/1.0"), 426),
        "no version": (request(LIVE, {"Sec-WebSocket-Version": ""}), 426),
        "version 8": (request(LIVE, {"Sec-WebSocket-Version": "8"}), 426),
        "version 14": (request(LIVE, {"Sec-WebSocket-Version": "14"}), 426),
        "two versions": (request(LIVE, {"Sec-WebSocket-Version": "13, 8"}), 426),
        "no key": (request(LIVE, {"Sec-WebSocket-Key": ""}), 400),
        "a short key": (request(LIVE, {"Sec-WebSocket-Key": "c2hvcnQ="}), 400),
        "a key that is no base64": (request(LIVE, {"Sec-WebSocket-Key": "*" * 24}), 400),
        "a key that is no ASCII": (request(LIVE, {"Sec-WebSocket-Key": "ü" * 24}), 400),
        "another site": (request(LIVE, {"Origin": "http://elsewhere.example"}), 403),
        "a method that writes": (plain.replace(b"GET", b"POST"), 405),
        "a method that is none": (plain.replace(b"GET", b"BREW"), 405),
        "HEAD": (plain.replace(b"GET", b"HEAD"), 405),
        "another path": (request("/v1/lives"), 404),
        "no Host": (request(LIVE, {"Host": ""}), 400),
        "two lengths": (request(LIVE, {"Content-Length": "1, 2"}), 400),
        "a length below nothing": (request(LIVE, {"Content-Length": "-1"}), 400),
        "a header that is none": (plain.replace(b"Upgrade:", b"Upgrade \x00:"), 400),
        "no HTTP": (b"\x16\x03\x01\x02\x00\x01\r\n\r\n", 400),
    }


async def test_what_is_no_handshake_is_refused_or_cut_off(environ: dict[str, str]) -> None:
    cases = handshakes()
    answers: dict[str, tuple[int, dict[str, str]]] = {}

    async with attacked(environ) as (_, port):
        for name, (sent, _) in cases.items():
            async with connected(port) as raw:
                await raw.send(sent)
                answers[name] = await raw.head()
        for sent in (
            request(LIVE, {"X-Large": "x" * 20_000}),
            b"GET /" + b"x" * 20_000,
            b"x" * 2_000_000,
        ):
            async with connected(port) as raw:
                await raw.send(sent)
                with pytest.raises((asyncio.IncompleteReadError, ConnectionError)):
                    await raw.head()

    seen = {name: status for name, (status, _) in answers.items()}
    assert seen == {name: status for name, (_, status) in cases.items()}
    for name, (status, headers) in answers.items():
        if status == 426:
            assert headers["sec-websocket-version"] == "13", name
            assert headers["upgrade"] == "websocket", name
        if status == 405:
            assert headers["allow"] == "GET, OPTIONS", name
        if status in (403, 404, 405, 426):
            assert headers["content-type"] == "application/problem+json", name


async def test_every_path_says_in_a_problem_what_it_allows(settings: Settings) -> None:
    allowed = {
        "/livez": "GET, HEAD, OPTIONS",
        "/readyz": "GET, HEAD, OPTIONS",
        "/v1/live": "GET, OPTIONS",
        "/v1/goals": "GET, HEAD, OPTIONS, POST",
    }
    async with serving(settings) as server:
        port = int(server.url.rpartition(":")[2])
        for path, methods in allowed.items():
            for method in ("BREW", "DELETE"):
                async with connected(port) as raw:
                    await raw.send(request(path).replace(b"GET", method.encode(), 1))
                    status, headers = await raw.head()
                    problem = msgspec.json.decode(await raw.content(int(headers["content-length"])))

                assert (status, headers["allow"]) == (405, methods)
                assert headers["content-type"] == "application/problem+json"
                assert problem["code"] == "method_not_allowed"
                assert problem["instance"] == path
        options = await server.client().call("OPTIONS", "/livez")
        head = await server.client().call("HEAD", "/livez")

        assert (options.status, options.headers["allow"]) == (204, allowed["/livez"])
        assert head.status == 200


def openings() -> dict[str, tuple[list[bytes], int]]:
    """What a stranger sends on an open socket, and the code that it is closed with."""
    deep = b"[" * 60_000
    return {
        "a message too large": ([frame(TEXT, b"x" * 65_537)], 1009),
        "a length that is never sent": ([frame(TEXT, size=(1 << 63) - 1)], 1009),
        "no mask": ([frame(TEXT, b"{}", mask=None)], 1002),
        "no UTF-8": ([frame(TEXT, b'{"t":"\xff"}')], 1007),
        "an escape that is no character": (
            [frame(TEXT, b'{"t":"hello","v":1,"token":"\\ud800"}')],
            4400,
        ),
        "binary": ([frame(0x2, b"{}")], 4400),
        "no JSON": ([frame(TEXT, b"GET / HTTP/1.1\r\n\r\n")], 4400),
        "a deep body": ([frame(TEXT, b'{"t":"mut","body":' + deep)], 4400),
        "a deep field that nobody reads": ([frame(TEXT, b'{"t":"pong","x":' + deep)], 4400),
        "ten thousand lines": ([frame(TEXT, b"1\n" * 10_000)], 4429),
        "ten thousand frames": ([b"".join(frame(TEXT, b"1") for _ in range(10_000))], 4429),
        "a reserved opcode": ([frame(0x3)], 1002),
        "a code that nobody may send": ([frame(CLOSE, b"\x03\xed")], 1002),
    }


async def test_what_is_no_conversation_is_closed_with_its_code(environ: dict[str, str]) -> None:
    cases = openings()

    async with attacked(environ) as (_, port):
        seen = {name: await code_of(port, pieces) for name, (pieces, _) in cases.items()}

    assert seen == {name: code for name, (_, code) in cases.items()}


async def test_what_is_no_frame_is_answered_and_the_conversation_goes_on(
    environ: dict[str, str],
) -> None:
    messages = {
        "a number without an end": [frame(TEXT, b'{"t":"hello","v":' + b"9" * 60_000 + b"}")],
        "five hundred fragments": [b"".join(fragments(TEXT, *(b"[" for _ in range(500))))],
        "deep arrays": [frame(TEXT, b"[" * 60_000)],
        "a text without an end": [frame(TEXT, b'{"t":"' + b"x" * 60_000 + b'"}')],
    }
    async with attacked(environ) as (_, port), upgraded(port, LIVE) as raw:
        for name, pieces in messages.items():
            await raw.send(*pieces)
            answer = await raw.receive()

            assert answer is not None
            assert msgspec.json.decode(answer.payload)["t"] == "err", name


async def code_of(port: int, pieces: list[bytes]) -> int | None:
    """The code of the close frame, which is the last one."""
    async with upgraded(port, LIVE) as raw:
        await raw.send(*pieces)
        last: Received | None = None
        while (received := await raw.receive()) is not None:
            last = received
            if received.opcode == CLOSE:
                await raw.send(frame(CLOSE, received.payload[:2]))
        return None if last is None else last.code


async def test_noise_and_halves_leave_no_trace(environ: dict[str, str]) -> None:
    seed = 7
    chance = random.Random(seed)
    sizes: list[int] = []

    async with attacked(environ) as (server, port):
        process = psutil.Process(server.pid)
        for _ in range(1 + ROUNDS):  # the first fills caches and pools
            for _ in range(100):
                await noise(port, chance)
            for pieces, _ in openings().values():
                await code_of(port, pieces)
            await asyncio.gather(*(ping_flood(port) for _ in range(10)))
            sizes.append(process.memory_info().rss)

        assert sizes[-1] - sizes[0] < SLACK_BYTES, (seed, sizes)


async def noise(port: int, chance: random.Random) -> None:
    """Random bytes: in the place of a handshake, of frames, of lines; or half of something."""
    async with connected(port) as raw:
        await raw.send(chance.randbytes(chance.randrange(1, 2000)))
    async with connected(port) as raw:
        whole = request(LIVE)
        await raw.send(whole[: chance.randrange(1, len(whole))])
    async with upgraded(port, LIVE) as raw:
        await raw.send(chance.randbytes(chance.randrange(1, 2000)))
    async with upgraded(port, LIVE) as raw:
        await raw.send(frame(TEXT, bytes(chance.choices(b'{}[]",:t1\\\n', k=500))))
    async with upgraded(port, LIVE) as raw:
        sent = frame(TEXT, b'{"t":"hello","v":1,"token":"x"}')
        await raw.send(sent[: chance.randrange(1, len(sent))])


async def ping_flood(port: int) -> None:
    """Pings whose answers nobody reads."""
    async with upgraded(port, LIVE) as raw:
        await raw.send(*octets(frame(PING, bytes(125)) * 5_000, 65_536))


async def test_nothing_is_said_behind_a_close_frame(environ: dict[str, str]) -> None:
    faults = {"a reserved opcode": (frame(0x3), 1002), "binary": (frame(0x2, b"{}"), 4400)}
    async with attacked(environ) as (server, port):
        with contextlib.closing(RestClient(server.url)) as anonymous:
            await anonymous.register("hostile@example.org", PASSWORD, "Test Person")
            person = await anonymous.log_in("hostile@example.org", PASSWORD, "phone")
        with contextlib.closing(person):
            for name, (fault, code) in faults.items():
                async with upgraded(port, LIVE) as raw:
                    # Their answers and events come while the server waits for our close frame.
                    await raw.send(frame(TEXT, b"\n".join([*writes(person)])), fault)
                    received = await raw.rest()

                assert [one.code for one in received if one.opcode == CLOSE] == [code], name
                assert received[-1].opcode == CLOSE, name


def writes(person: RestClient) -> Iterator[bytes]:
    """A greeting and writes of *person*, who follows what comes of them."""
    yield msgspec.json.encode(
        {"t": "hello", "v": 1, "token": person.token, "subs": [{"f": "u:me"}]}
    )
    for _ in range(5):
        write = {"t": "mut", "id": new_mutation_id(), "op": "POST", "path": "/v1/goals"}
        yield msgspec.json.encode(write | {"body": {"title": "Run"}})
