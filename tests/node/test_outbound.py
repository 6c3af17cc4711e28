"""Where the server's own requests may go, and that nothing leads them elsewhere."""

import asyncio
import contextlib
import ipaddress
import socket
from collections.abc import AsyncIterator
from typing import Final

import pytest
from hypothesis import given
from hypothesis import strategies as st
from tornado.web import Application, RequestHandler

from upcoach.node import app
from upcoach.node.process.lookups import Addresses
from upcoach.node.process.outbound import LARGEST_ANSWER, Outbound
from upcoach.node.process.outbound_guard import (
    GuardedResolver,
    RefusedTarget,
    check_url,
    is_public,
)
from upcoach.services.base.fetching import FetchFailed

GOOD: Final = (
    "https://hooks.example.com/",
    "https://hooks.example.com",
    "https://hooks.example.com:443/a/b?c=d&e=%20",
    "https://xn--bcher-kva.example/",
    "https://1.2.3.4.example.com/",
    "https://0x7f.example.com/",
    "https://my_hooks.example.com/",
    "https://1.1.1.1/",
    "https://[2606:4700:4700::1111]/",
    "https://[64:ff9b::101:101]/",
)

BAD: Final = (
    # no https, or of another port
    "",
    "/",
    "hooks.example.com",
    "//hooks.example.com/",
    "http://hooks.example.com/",
    "ftp://hooks.example.com/",
    "file:///etc/passwd",
    "gopher://127.0.0.1:6379/_FLUSHALL",
    "javascript:alert(1)",
    "data:,x",
    "https://hooks.example.com:8443/",
    "https://hooks.example.com:80/",
    "https://hooks.example.com:0/",
    "https://hooks.example.com:/",
    "https://hooks.example.com:99999/",
    "https://hooks.example.com:443x/",
    "https://",
    "https:///etc",
    "https://?x",
    # what readers of URLs read in different ways
    "https://user@hooks.example.com/",
    "https://user:password@hooks.example.com/",
    "https://@hooks.example.com/",
    "https://1.1.1.1@127.0.0.1/",
    "https://hooks.example.com\\@127.0.0.1/",
    "https://hooks.example.com#@127.0.0.1/",
    "https://hooks.example.com/#part",
    "https://hooks.example.com\t/",
    "https://hooks.example.com/\r\nHost: 127.0.0.1",
    " https://hooks.example.com/",
    "https://hooks.example.com/ x",
    "https://hooks.example.com/\x00",
    "https://127%2e0.0.1/",
    "https://hooks.example.com%00.evil/",
    "https://" + "a" * 64 + ".example.com/",
    "https://" + "a." * 130 + "example/",
    "https://hooks.example.com/" + "x" * 2_048,
    # names of this machine, and of its network
    "https://localhost/",
    "https://LOCALHOST/",
    "https://localhost./",
    "https://app.localhost/",
    "https://mongodb/",
    "https://hooks.example.com./",
    "https://.example.com/",
    "https://hooks..example.com/",
    "https://-hooks.example.com/",
    # other letters that become these
    "https://bücher.example/",
    "https://ⓛⓞⓒⓐⓛⓗⓞⓢⓣ/",
    "https://127。0。0。1/",
    "https://\uff11\uff12\uff17.0.0.1/",
    "https://hooks.example\u200b.com/",
    # addresses in other forms
    "https://2130706433/",
    "https://017700000001/",
    "https://0x7f000001/",
    "https://0x7f.0.0.1/",
    "https://0177.0.0.1/",
    "https://127.1/",
    "https://127.0.1/",
    "https://127.0.0.1./",
    "https://127.000.000.001/",
    "https://256.256.256.256/",
    "https://1.2.3.4.5/",
    "https://example.0x7f/",
    "https://example.1/",
    "https://0/",
    "https://0x/",
    # addresses that are nobody's but ours
    "https://127.0.0.1/",
    "https://127.9.9.9/",
    "https://0.0.0.0/",
    "https://10.0.0.1/",
    "https://100.64.0.1/",
    "https://169.254.169.254/latest/meta-data/",
    "https://168.63.129.16/",
    "https://172.16.0.1/",
    "https://192.168.0.1/",
    "https://192.0.0.192/",
    "https://198.18.0.1/",
    "https://224.0.0.1/",
    "https://255.255.255.255/",
    "https://[::]/",
    "https://[::1]/",
    "https://[::ffff:127.0.0.1]/",
    "https://[::ffff:7f00:1]/",
    "https://[::ffff:1.1.1.1]/",
    "https://[::127.0.0.1]/",
    "https://[0:0:0:0:0:0:0:1]/",
    "https://[64:ff9b::127.0.0.1]/",
    "https://[64:ff9b::a9fe:a9fe]/",
    "https://[64:ff9b:1::1]/",
    "https://[2002:7f00:1::]/",
    "https://[2001:0:7f00:1::1]/",
    "https://[2606:4700::5efe:127.0.0.1]/",
    "https://[fe80::1]/",
    "https://[fe80::1%25eth0]/",
    "https://[2606:4700:4700::1111%25eth0]/",
    "https://[fc00::1]/",
    "https://[fd00:ec2::254]/",
    "https://[fec0::1]/",
    "https://[ff02::1]/",
    "https://[2001:db8::1]/",
    "https://[::1",
    "https://[v1.x]/",
    "https://[1.1.1.1]x/",
)


@pytest.mark.parametrize("url", GOOD)
def test_a_url_of_the_internet_is_taken(url: str) -> None:
    check_url(url, loopback=False)


@pytest.mark.parametrize("url", BAD)
def test_any_other_is_refused(url: str) -> None:
    with pytest.raises(RefusedTarget):
        check_url(url, loopback=False)


def test_a_developer_reaches_this_machine_and_no_other() -> None:
    for url in ("http://127.0.0.1:9999/x", "http://localhost:80", "http://[::1]:8/"):
        check_url(url, loopback=True)
    for url in BAD:
        host = url.lower()
        if not any(near in host for near in ("//localhost/", "//127.0.0.1/", "//[::1]/")):
            with pytest.raises(RefusedTarget):
                check_url(url, loopback=True)


@given(st.integers(0, 2**32 - 1))
def test_no_other_way_to_write_an_address_makes_it_public(number: int) -> None:
    address = ipaddress.IPv4Address(number)
    wrapped = {
        "mapped": f"::ffff:{address}",
        "compatible": f"::{address}",
        "6to4": str(ipaddress.IPv6Address((0x2002 << 112) | (number << 80) | 1)),
        "teredo": str(ipaddress.IPv6Address((0x20010000 << 96) | (number << 64) | 1)),
        "isatap": str(ipaddress.IPv6Address((0x26064700 << 96) | (0x5EFE << 32) | number)),
    }

    judged = {name: is_public(ipaddress.ip_address(text)) for name, text in wrapped.items()}

    assert judged == dict.fromkeys(wrapped, False)
    assert is_public(ipaddress.ip_address(f"64:ff9b::{address}")) == is_public(address)
    assert not is_public(address) or address.is_global


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
