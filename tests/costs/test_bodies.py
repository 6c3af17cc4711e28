"""What is sent in part is held for nobody, and of nobody in large amounts."""

import asyncio
import contextlib
import gc
import tracemalloc

import pytest

from config.settings import Settings
from models.access.limits import (
    ANONYMOUS_BODY_BYTES,
    CONNECTIONS_OF_NETWORK,
    HELD_BY_NETWORK,
    HELD_BY_USER,
    HELLO_BYTES,
    UPLOAD_BYTES,
)
from tests.costs.raw import PATIENCE_S, UPLOAD, Raw, raw, until
from tests.support.engines import TestEngines
from tests.support.people.furnished import GOALS
from tests.support.server import Server, serving
from tests.support.wire.sockets import Wire, calling, hello, mut, talking
from upcoach.client import RestClient

LARGE = 4 * 1024 * 1024
HELD = "/v1/imports/habitica"  # in memory, as it comes; an archive goes to the disk
MANY = 100
# Whoever sends these has shown nothing that holds, whatever it looks like.
NOBODY = {
    "no header": "",
    "any word": "Authorization: x\r\n",
    "a bearer": "Authorization: Bearer x\r\n",
    "what looks like a token": "Authorization: Bearer eyJhbGciOiJFUzI1NiJ9.e30.AAAA\r\n",
    "a proof": "Authorization: DPoP eyJhbGciOiJFUzI1NiJ9.e30.AAAA\r\n",
    "a cookie": f"Cookie: sid={'a' * 43}\r\n",
    "another cookie": "Cookie: a=b\r\n",
}


def bodies_of(server: Server) -> int:
    """The bytes that the node holds."""
    return server.node.bodies.held


@pytest.mark.parametrize("shown", NOBODY.values(), ids=NOBODY.keys())
@pytest.mark.parametrize("chunked", [False, True])
async def test_who_shows_nothing_that_holds_is_refused_before_the_body(
    settings: Settings, shown: str, *, chunked: bool
) -> None:
    async with serving(settings) as server, raw(server) as one:
        if chunked:
            await one.send(UPLOAD, f"{shown}Transfer-Encoding: chunked\r\n", 0, 0)
            piece = b"10000\r\n" + b"x" * 65_536 + b"\r\n"
            with contextlib.suppress(ConnectionError):
                one.writer.write(piece * 4)
                await one.writer.drain()
        else:
            await one.send(UPLOAD, shown, UPLOAD_BYTES, 100_000)

        # At once: nothing more is sent until the answer is there.
        assert await one.status() in (401, 413)
        assert bodies_of(server) == 0


async def test_many_half_sent_bodies_of_nobody_hold_next_to_nothing(settings: Settings) -> None:
    async with serving(settings) as server, contextlib.AsyncExitStack() as stack:
        sending = [await stack.enter_async_context(raw(server)) for _ in range(MANY)]
        paths = ("/v1/auth/login", UPLOAD, "/oauth/par", "/account/login", GOALS, "/nowhere")
        await asyncio.gather(
            *(
                one.send(paths[at % len(paths)], "", ANONYMOUS_BODY_BYTES, ANONYMOUS_BODY_BYTES - 1)
                for at, one in enumerate(sending)
            )
        )
        await until(lambda: bodies_of(server) > HELD_BY_NETWORK // 2)
        assert bodies_of(server) <= HELD_BY_NETWORK
        small = await server.client().call("POST", "/v1/auth/login", {"email": "a", "password": ""})
        assert small.status in (401, 422)


async def test_what_is_held_is_let_go_of(settings: Settings) -> None:
    async with serving(settings) as server:
        person = await server.person()
        title = {"title": "x" * 50_000}
        for _ in range(3):
            answer = await person.call("POST", GOALS, title)
            assert answer.status == 422
        async with raw(server) as one:
            bearer = f"Authorization: Bearer {person.token}\r\n"
            await one.send(HELD, bearer, LARGE, LARGE // 2)
            await until(lambda: bodies_of(server) > LARGE // 4)
        await until(lambda: bodies_of(server) == 0)


async def test_one_account_holds_no_more_than_its_share(settings: Settings) -> None:
    async with serving(settings) as server, contextlib.AsyncExitStack() as stack:
        person, other = await server.person(), await server.person()
        bearer = f"Authorization: Bearer {person.token}\r\n"
        sending = [await stack.enter_async_context(raw(server)) for _ in range(8)]
        for one in sending:
            await one.send(HELD, bearer, UPLOAD_BYTES, LARGE)
        answered = [asyncio.create_task(one.status()) for one in sending]
        done, waiting = await asyncio.wait(answered, return_when=asyncio.FIRST_COMPLETED)
        assert {one.result() for one in done} == {503}
        for task in waiting:
            task.cancel()
        assert bodies_of(server) <= HELD_BY_USER
        assert await upload(other) == 400


async def upload(person: RestClient) -> int:
    """The status of an upload that is no export."""
    headers = {"Content-Type": "application/json"}
    return (await person.call("POST", HELD, raw=b"x" * LARGE, headers=headers)).status


async def test_a_token_that_is_over_is_asked_for_again(settings: Settings) -> None:
    async with serving(settings) as server:
        person = await server.person()
        await person.call("POST", "/v1/auth/logout")
        body = {"title": "Run", "private_notes": "\u0001" * 30_000}

        over = await person.call("POST", GOALS, body)

        assert (over.status, over.body["code"]) == (401, "token_invalid")


async def test_a_refused_body_is_answered_however_much_of_it_is_sent(settings: Settings) -> None:
    async with serving(settings) as server:
        person = await server.person()
        for size in (3 * 1024 * 1024, 20 * 1024 * 1024):
            body = b'"' + b"x" * size + b'"'
            headers = {"Content-Type": "application/json"}
            answer = await person.call("POST", GOALS, raw=body, headers=headers)
            assert (answer.status, answer.body["code"]) == (413, "request_entity_too_large")


async def test_one_network_has_so_many_connections_and_no_more(engines: TestEngines) -> None:
    async with serving(engines.settings(UPCOACH_LIMITS="on")) as server:
        async with contextlib.AsyncExitStack() as stack:
            opened = [
                await stack.enter_async_context(raw(server))
                for _ in range(CONNECTIONS_OF_NETWORK + 20)
            ]
            for one in opened:
                one.writer.write(b"GET / HTTP/1.1\r\nX-Slow: ")
            closed = await asyncio.gather(*(over(one) for one in opened[-20:]))
            assert closed == [True] * 20
        await until(lambda: server.node.application.connections_by_network.taken == 0)
        assert (await server.client().call("GET", "/livez")).status == 200


async def over(one: Raw) -> bool:
    with contextlib.suppress(ConnectionError):
        async with asyncio.timeout(PATIENCE_S):
            return await one.reader.read(1) == b""
    return True


async def test_before_a_hello_a_message_is_small(settings: Settings) -> None:
    async with serving(settings) as server:
        person = await server.person()
        async with calling(server) as wire:
            await wire.send("x" * (HELLO_BYTES + 1))
            assert await wire.closed() == 1009
        async with calling(server) as wire:
            await wire.send(hello(person), "\n" * 5_000)
            assert await wire.closed() == 4429


async def test_nothing_but_a_write_is_large(settings: Settings) -> None:
    async with serving(settings) as server:
        person = await server.person()
        async with talking(server, person) as wire:
            large = {"t": "eph", "ch": "typing:x", "kind": "x", "body": {"x": ["x"] * 50_000}}
            await wire.send(large)
            problem = (await wire.until("err"))[-1]["problem"]
            await wire.send(mut("POST", GOALS, {"title": "Run"}))
            answer = await written(wire)

        assert problem["code"] == "frame_invalid"
        assert answer == 201


async def written(wire: Wire) -> int:
    return int((await wire.answers(1))[0]["status"])


@pytest.mark.parametrize("path", [UPLOAD, GOALS])
async def test_a_body_goes_with_its_answer(settings: Settings, path: str) -> None:
    size = 1024 * 1024
    async with serving(settings) as server:
        person = await server.person()
        known = f"Authorization: Bearer {person.token}\r\n"
        gc.collect()
        gc.disable()
        tracemalloc.start()
        try:
            before = tracemalloc.get_traced_memory()[0]
            for _ in range(MANY // 10):
                async with raw(server) as one:
                    await one.send(path, known, size, size)
                    assert await one.status() >= 400
            grown = tracemalloc.get_traced_memory()[0] - before
        finally:
            tracemalloc.stop()
            gc.enable()

    # The last of them may still be closing; had they all stayed, it would be each of them.
    assert grown < 4 * size < MANY // 10 * size / 2
