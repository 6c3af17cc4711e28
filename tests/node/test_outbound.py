"""Where the server's own requests may go, and that nothing leads them elsewhere."""

import asyncio
import contextlib
import socket
from collections.abc import AsyncIterator
from typing import Final

import pytest
from tornado.web import Application, RequestHandler

from upcoach.node import app
from upcoach.node.process.lookups import Addresses
from upcoach.node.process.outbound import LARGEST_ANSWER, Outbound
from upcoach.node.process.outbound_guard import (
    GuardedResolver,
    RefusedTarget,
)
from upcoach.services.base.fetching import FetchFailed


def row(text: str, port: int = 443) -> tuple[int, tuple[str, int]]:
    family = socket.AF_INET6 if ":" in text else socket.AF_INET
    return family, (text, port)


class Names:
    """A name server whose answer is another one each time."""

    def __init__(self, *answers: Addresses) -> None:
        self.asked = 0
        self._answers = answers

    async def __call__(self, _host: str, _port: int) -> Addresses:
        answer = self._answers[min(self.asked, len(self._answers) - 1)]
        self.asked += 1
        return answer


@pytest.mark.parametrize(
    "addresses",
    [
        [row("127.0.0.1")],
        [row("10.1.2.3")],
        [row("169.254.169.254")],
        [row("::1")],
        [row("::ffff:127.0.0.1")],
        [row("64:ff9b::7f00:1")],
        [row("fe80::1")],
        [row("1.1.1.1"), row("127.0.0.1")],
        [row("2606:4700:4700::1111"), row("192.168.1.1")],
    ],
)
async def test_a_name_of_any_other_address_is_refused(addresses: Addresses) -> None:
    resolver = GuardedResolver(loopback=True, resolve=Names(addresses))
    with pytest.raises(RefusedTarget):
        await resolver.resolve("hooks.example.com", 443)
    resolver.close()


class Receiver:
    """A program on this machine, and what it was asked for."""

    def __init__(self) -> None:
        self.asked: list[str] = []
        self.url = ""


class Answer(RequestHandler):
    """Answers as the path asks for."""

    def initialize(self, receiver: Receiver) -> None:
        self._receiver = receiver

    async def get(self, path: str) -> None:
        self._receiver.asked.append(path)
        match path:
            case "redirects":
                self.redirect("/there", status=307)
            case "hangs":
                await asyncio.Event().wait()
            case "drips":
                with contextlib.suppress(Exception):
                    while True:
                        self.write(b" ")
                        await self.flush()
                        await asyncio.sleep(0.05)
            case "huge":
                self.write(b" " * (LARGEST_ANSWER + 1))
            case "endless":
                with contextlib.suppress(Exception):
                    while True:
                        self.write(b" " * 65_536)
                        await self.flush()
            case _:
                self.write(b'{"path": "' + path.encode() + b'"}')

    post = get


@contextlib.asynccontextmanager
async def receiving() -> AsyncIterator[tuple[Receiver, Outbound]]:
    """A receiver on this machine, and a client that may reach it."""
    receiver = Receiver()
    application = Application(
        [(r"/(.*)", Answer, {"receiver": receiver})], log_function=lambda _: None
    )
    async with app.listening(application, "127.0.0.1", 0) as port:
        receiver.url = f"http://127.0.0.1:{port}"
        outbound = Outbound(loopback=True)
        yield receiver, outbound
        outbound.close()


async def test_a_name_that_changes_between_two_looks_is_connected_to_as_checked() -> None:
    async with receiving() as (receiver, _):
        port = int(receiver.url.rpartition(":")[2])
        names = Names([row("1.1.1.1", port)], [row("127.0.0.1", port)])
        outbound = Outbound(loopback=False, resolve=names)
        outbound.patience_s = 0.2
        asked = []
        for _ in range(3):
            with pytest.raises(FetchFailed):
                await outbound("https://hooks.example.com/")
            asked.append(names.asked)
        outbound.close()

        assert asked == [1, 2, 3]  # once for each connection, which goes to what was said then
        assert receiver.asked == []


async def test_redirects_are_not_followed() -> None:
    async with receiving() as (receiver, outbound):
        with pytest.raises(FetchFailed, match="redirects are not followed"):
            await outbound(f"{receiver.url}/redirects")
        posted = await outbound.post(f"{receiver.url}/redirects", b"{}", {}, 100)

        assert posted.status == 307
        assert receiver.asked == ["redirects", "redirects"]


@pytest.mark.parametrize("path", ["hangs", "drips", "huge", "endless"])
async def test_what_takes_too_long_or_too_much_is_given_up(path: str) -> None:
    async with receiving() as (receiver, outbound):
        outbound.patience_s = 0.5
        with pytest.raises(FetchFailed):
            await outbound.post(f"{receiver.url}/{path}", b"{}", {}, 100)


HEAD: Final = b"HTTP/1.1 200 OK\r\n"


@pytest.mark.parametrize(
    "answer",
    [
        b"",
        b"nonsense\r\n\r\n",
        b"HTTP/1.1 abc OK\r\n\r\n",
        HEAD,
        HEAD + b"X: " + b"x" * 20_000 + b"\r\n\r\n",
        HEAD + b"X: x\r\n" * 20_000,
        HEAD + b"no header\r\n\r\n",
        HEAD + b"Content-Length: many\r\n\r\n",
        HEAD + b"Content-Length: -1\r\n\r\n",
        HEAD + b"Content-Length: 1\r\nContent-Length: 2\r\n\r\nab",
        HEAD + b"Content-Length: 9\r\n\r\nab",
        HEAD + b"Content-Length: 1\r\nTransfer-Encoding: chunked\r\n\r\n",
        HEAD + b"Transfer-Encoding: chunked\r\n\r\nzz\r\n",
        HEAD + b"Transfer-Encoding: chunked\r\n\r\n" + b"0" * 70_000,
        HEAD + b"Transfer-Encoding: other\r\n\r\n",
        b"HTTP/1.1 204 Nothing\r\nContent-Length: 2\r\n\r\nab",
        b"HTTP/1.1 100 Continue\r\n\r\n" * 2_000,
    ],
    ids=range(17),
)
async def test_whatever_is_no_answer_is_a_failure_of_the_request(answer: bytes) -> None:
    async def serve(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        with contextlib.suppress(OSError, asyncio.IncompleteReadError):
            await reader.readuntil(b"{}")
            writer.write(answer)
            await writer.drain()
        writer.close()

    server = await asyncio.start_server(serve, "127.0.0.1", 0)
    outbound = Outbound(loopback=True)
    outbound.patience_s = 1.0  # one of these answers does not end
    async with server:
        with pytest.raises(FetchFailed):
            await outbound.post(
                f"http://127.0.0.1:{server.sockets[0].getsockname()[1]}/", b"{}", {}, 100
            )
    outbound.close()


async def test_no_more_of_an_answer_is_kept_than_wanted() -> None:
    async with receiving() as (receiver, outbound):
        answer = await outbound.post(f"{receiver.url}/abcdef", b"{}", {"x-y": "z"}, 12)

        assert answer.body == b'{"path": "ab'
        assert answer.headers["content-type"].startswith("text/html")


async def test_the_environment_names_no_proxy(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("http_proxy", "https_proxy", "all_proxy"):
        monkeypatch.setenv(name, "http://192.0.2.1:1")
        monkeypatch.setenv(name.upper(), "http://192.0.2.1:1")
    async with receiving() as (receiver, outbound):
        answer = await outbound(f"{receiver.url}/x")

        assert answer.members() == {"path": "x"}


@contextlib.asynccontextmanager
async def saying(answer: bytes | None) -> AsyncIterator[str]:
    """Where somebody says *answer* to whoever connects, and leaves; or nothing at all."""
    over = asyncio.Event()

    async def talk(_: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        if answer is None:
            await over.wait()
        writer.write(answer or b"")
        writer.close()

    async with await asyncio.start_server(talk, "127.0.0.1", 0) as server:
        yield f"127.0.0.1:{server.sockets[0].getsockname()[1]}/"
        over.set()


@pytest.mark.parametrize(
    ("scheme", "answer", "reason"),
    [
        ("http", b"", "the connection was closed before there was an answer"),
        ("http", None, "it did not answer in time"),
        ("https", None, "it did not answer in time"),
        ("https", b"HTTP/1.1 200 OK\r\n\r\n", "no TLS connection could be made"),
    ],
)
async def test_why_there_is_no_answer_is_said_in_words_of_ours(
    scheme: str, answer: bytes | None, reason: str
) -> None:
    outbound = Outbound(loopback=True)
    outbound.patience_s = 0.2
    async with saying(answer) as place:
        with pytest.raises(FetchFailed) as failure:
            await outbound(f"{scheme}://{place}")
    with pytest.raises(FetchFailed) as refused:
        await outbound(f"http://{place}")
    outbound.close()

    assert str(failure.value) == reason
    assert str(refused.value) == "the connection was refused"


async def test_a_name_that_nobody_has_is_not_found() -> None:
    outbound = Outbound(loopback=False)
    with pytest.raises(FetchFailed, match="its name was not found"):
        await outbound("https://nobody.invalid/")
    outbound.close()
