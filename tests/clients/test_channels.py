"""The transports over plain HTTP: bytes however they are cut, and refusals as what they mean."""

import asyncio
import contextlib
import itertools
from collections.abc import AsyncIterator, Callable

import pytest
from hypothesis import given
from hypothesis import strategies as st

from models.base.merge_patch import Json
from upcoach.client.channel import Channel
from upcoach.client.poll import PollChannel
from upcoach.client.sse import EventParser, StreamChannel, StreamMessage

STREAM = (
    'retry: 5\n: hi\r\nid: 7\nevent: ev\ndata: {"a":\r\ndata: "\u2028é"}\r\rdata: x\n\n'.encode()
)
EVENTS = [StreamMessage('{"a":\n"\u2028é"}', "7"), StreamMessage("x", None)]
HELLO = {"t": "hello", "token": "token", "subs": [{"f": "u:me", "since": "epoch.1"}]}


@given(st.sets(st.integers(min_value=0, max_value=len(STREAM))))
def test_events_of_a_stream_are_whole_however_it_is_cut(cuts: set[int]) -> None:
    ends = [0, *sorted(cuts), len(STREAM)]
    parser = EventParser()

    pieces = [STREAM[first:last] for first, last in itertools.pairwise(ends)]

    assert [event for piece in pieces for event in parser.feed(piece)] == EVENTS


class Ear:
    """Hears what a channel says."""

    def __init__(self) -> None:
        self.said: list[Json | int | str | None] = []
        self.is_over = asyncio.Event()

    def opened(self, channel: Channel) -> None:
        channel.send(HELLO)

    def failed(self, _: Channel) -> None:
        self.said.append("failed")
        self.is_over.set()

    def heard(self, _: Channel, frame: Json | None) -> None:
        if frame is not None:
            self.said.append(frame)
            if frame["t"] in ("reset", "unsubd"):
                self.is_over.set()

    def closed(self, _: Channel, code: int | None) -> None:
        self.said.append(code)
        self.is_over.set()


@contextlib.asynccontextmanager
async def answering(answer: bytes) -> AsyncIterator[str]:
    """A server that gives one answer to everything, and the URL at which it does."""

    async def serve(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        await reader.readuntil(b"\r\n\r\n")
        writer.write(answer)
        await writer.drain()
        writer.close()

    server = await asyncio.start_server(serve, "127.0.0.1", 0)
    async with server:
        yield f"http://127.0.0.1:{server.sockets[0].getsockname()[1]}"


def refusal(status: int, body: str = "{}") -> bytes:
    head = f"HTTP/1.1 {status} No\r\nContent-Type: application/problem+json\r\n"
    return f"{head}Content-Length: {len(body)}\r\n\r\n{body}".encode()


async def told(channel: Callable[[str, Ear], Channel], answer: bytes) -> list[object]:
    """What a channel says about a server that gives *answer*."""
    ear = Ear()
    async with answering(answer) as url, asyncio.timeout(5):
        opened = channel(url, ear)
        await ear.is_over.wait()
        opened.close()
        await opened.wait_closed()
    return list(ear.said)


@pytest.mark.parametrize("channel", [PollChannel, StreamChannel])
@pytest.mark.parametrize(
    ("status", "code"), [(401, 4401), (429, 4429), (500, 4500), (502, 4500), (503, 4512)]
)
async def test_a_status_is_told_as_a_close_code(
    channel: Callable[[str, Ear], Channel], status: int, code: int
) -> None:
    assert await told(channel, refusal(status)) == [code]


@pytest.mark.parametrize("channel", [PollChannel, StreamChannel])
async def test_a_refusal_of_one_feed_is_told_as_a_frame(
    channel: Callable[[str, Ear], Channel],
) -> None:
    reset = '{"status":410,"reset":{"f":"u:ann","reason":"epoch","cur":"other.7"}}'

    assert await told(channel, refusal(410, reset)) == [
        {"t": "welcome"},
        {"t": "reset", "f": "u:me", "reason": "epoch", "cur": "other.7"},
    ]
    assert await told(channel, refusal(404, '{"status":404}')) == [
        {"t": "welcome"},
        {"t": "unsubd", "f": "u:me", "problem": {"status": 404}},
    ]


@pytest.mark.parametrize("channel", [PollChannel, StreamChannel])
async def test_a_server_that_hangs_up_is_a_cut(channel: Callable[[str, Ear], Channel]) -> None:
    assert await told(channel, b"") == [None]


@pytest.mark.parametrize("head", ["Transfer-Encoding: chunked", "Connection: close"])
async def test_a_stream_is_read_with_chunks_and_without(head: str) -> None:
    event = b'id: epoch.2\nevent: ev\ndata: {"t":"ev","f":"u:me","seq":2}\n\n'
    is_chunked = "chunked" in head
    body = b"%x\r\n%s\r\n0\r\n\r\n" % (len(event), event) if is_chunked else event

    said = await told(StreamChannel, f"HTTP/1.1 200 OK\r\n{head}\r\n\r\n".encode() + body)

    assert said == [{"t": "welcome"}, {"t": "ev", "f": "u:me", "seq": 2}, None]
