"""What comes too slowly is answered with 408 (RFC 9110, 15.5.9), and its connection closed."""

import asyncio

import msgspec
import pytest

from config.settings import Settings
from handlers.http.problem_handler import HEADERS, HSTS
from handlers.http.problems import http_problem
from handlers.http.rest import request_bodies
from models.access.limits import ARCHIVE_BYTES
from models.base.merge_patch import Json
from tests.costs.raw import Raw, raw
from tests.support.server import Server, serving
from upcoach.node.process import listener

SLOW_S = 0.2
LARGE = 200_000  # bytes: more than anybody may send who has shown nothing
CHUNKED = "Transfer-Encoding: chunked\r\n"
FORM = "application/x-www-form-urlencoded"


@pytest.fixture(autouse=True)
def patience(monkeypatch: pytest.MonkeyPatch) -> None:
    """Nobody is waited for long."""
    for name in ("ANONYMOUS_BODY_S", "AUTHENTICATED_BODY_S", "UPLOAD_S", "ARCHIVE_S", "LINGER_S"):
        monkeypatch.setattr(request_bodies, name, SLOW_S)


async def answered(one: Raw) -> tuple[int, dict[str, str], Json]:
    """The whole answer, with which the connection ends."""
    async with asyncio.timeout(10):
        answer = await one.reader.read()
    head, _, body = answer.partition(b"\r\n\r\n")
    line, *fields = head.decode().split("\r\n")
    headers = dict(field.lower().split(": ", 1) for field in fields)
    return int(line.split()[1]) if line else 0, headers, msgspec.json.decode(body or b"{}")


async def told_of_a_slow_body(server: Server, path: str, headers: str, size: int) -> None:
    async with raw(server) as one:
        await one.send(path, headers, size, 50)
        status, fields, problem = await answered(one)

    assert (status, problem["status"], problem["code"]) == (408, 408, "request_timeout"), path
    assert (fields["connection"], fields["content-type"]) == ("close", "application/problem+json")
    assert problem["instance"] == path
    assert "0.2 s" in problem["detail"]


async def test_a_body_that_comes_too_slowly_is_answered(settings: Settings) -> None:
    async with serving(settings) as server:
        known = f"Authorization: Bearer {(await server.person()).token}\r\n"
        await asyncio.gather(
            *(
                told_of_a_slow_body(server, path, headers, size)
                for path, headers, size in (
                    ("/v1/auth/login", "", 100),
                    ("/v1/goals", known, 100),
                    ("/v1/goals", known, LARGE),
                    ("/v1/mutations", known + CHUNKED + "\r\n64\r\n", 0),
                    ("/v1/imports/habitica", known, LARGE),
                    ("/v1/imports/loop", known, ARCHIVE_BYTES),
                    ("/account/login", f"Content-Type: {FORM}\r\n", 100),
                    ("/oauth/token", f"Content-Type: {FORM}\r\n", 100),
                    ("/nowhere", "", 100),
                )
            )
        )

        assert (server.node.bodies.held, server.node.bodies.spooled) == (0, 0)


async def test_a_body_in_time_is_no_business_of_its_deadline(settings: Settings) -> None:
    async with serving(settings) as server, raw(server) as one:
        known = f"Authorization: Bearer {(await server.person()).token}\r\n"
        for _ in range(2):  # on one connection
            await one.send("/v1/goals", known, 16, 0)
            one.writer.write(b'{"title":')
            await one.writer.drain()
            one.writer.write(b' "Run"}')
            head = (await one.reader.readuntil(b"\r\n\r\n")).decode().lower()
            length = int(head.partition("content-length: ")[2].partition("\r\n")[0])
            await one.reader.readexactly(length)
            with pytest.raises(TimeoutError):  # were the deadline still there, it would hang up
                async with asyncio.timeout(2 * SLOW_S):
                    await one.reader.read(1)

            assert head.startswith("http/1.1 201 ")


@pytest.mark.parametrize("begun", ["", "\r\n", "GET /v1/me HTT"])
async def test_a_connection_without_a_request_is_closed_without_a_word(
    settings: Settings, monkeypatch: pytest.MonkeyPatch, begun: str
) -> None:
    monkeypatch.setattr(listener, "HEAD_S", SLOW_S)
    async with serving(settings) as server, raw(server) as one:
        one.writer.write(begun.encode())

        assert await answered(one) == (0, {}, {})


async def test_a_head_that_comes_too_slowly_is_answered(
    environ: dict[str, str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(listener, "HEAD_S", SLOW_S)
    monkeypatch.setattr(listener, "LINGER_S", SLOW_S)
    environ["UPCOACH_PUBLIC_URL"] = "https://upcoach.test"
    async with serving(Settings.from_environ(environ)) as server, raw(server) as one:
        one.writer.write(b"POST /v1/auth/login HTTP/1.1\r\nX-Slow: ")
        status, fields, problem = await answered(one)

    assert (status, problem) == (408, http_problem(408, "The header has not come in time."))
    expected = {name: HEADERS[name] for name in HEADERS} | {
        "Strict-Transport-Security": HSTS,
        "Connection": "close",
    }
    assert {
        name.lower(): value.lower() for name, value in expected.items()
    }.items() <= fields.items()


async def test_a_head_that_ends_after_its_answer_is_not_carried_out(
    settings: Settings, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(listener, "HEAD_S", SLOW_S)
    async with serving(settings) as server, raw(server) as one:
        one.writer.write(b"GET /v1/me HTTP/1.1\r\n")
        assert (await one.reader.readuntil(b"\r\n\r\n")).startswith(b"HTTP/1.1 408 ")
        one.writer.write(b"Host: x\r\n\r\n")
        rest = await one.reader.read()

    assert rest.count(b"HTTP/1.1") == 0


async def test_what_was_refused_already_is_not_answered_again(settings: Settings) -> None:
    async with serving(settings) as server, raw(server) as one:
        await one.send("/v1/goals", "", LARGE, 100)
        status, _, problem = await answered(one)

    assert (status, problem["status"]) == (413, 413)


@pytest.mark.parametrize(("size", "refused"), [(100, 408), (LARGE, 413)])
async def test_a_refused_body_ends_its_connection_when_it_has_come(
    settings: Settings, monkeypatch: pytest.MonkeyPatch, size: int, refused: int
) -> None:
    monkeypatch.setattr(request_bodies, "LINGER_S", 60.0)
    async with serving(settings) as server, raw(server) as one:
        await one.send("/v1/goals", "", size, 50)
        assert await one.status() == refused
        one.writer.write(b"x" * (size - 50))
        async with asyncio.timeout(10):
            rest = await one.reader.read()

    assert b"\r\nConnection: close\r\n" in rest
