"""Answers of an HTTP/2 server that are none, which are failures of the request."""

import asyncio
import contextlib
import struct
from typing import Final

import pytest

from upcoach.embedded import ports
from upcoach.node.process.http2_client import Http2Client
from upcoach.services.base.fetching import FetchFailed

DATA, HEADERS, RESET, SETTINGS, GOAWAY = 0, 1, 3, 4, 7
END_STREAM, END_HEADERS = 1, 4


def frame(kind: int, flags: int, stream: int, body: bytes) -> bytes:
    """A frame (RFC 9113, 4.1)."""
    return struct.pack(">I", len(body))[1:] + struct.pack(">BBI", kind, flags, stream) + body


def status(text: bytes) -> bytes:
    """The head of an answer with this status, and nothing behind it."""
    head = b"\x00\x07:status" + bytes([len(text)]) + text
    return frame(HEADERS, END_STREAM | END_HEADERS, 1, head)


ANSWERS: Final = {
    "nothing": b"",
    "another protocol": b"HTTP/1.1 200 OK\r\n\r\n",
    "no head": frame(DATA, END_STREAM, 1, b"abc"),
    "a head that cannot be read": frame(HEADERS, END_STREAM | END_HEADERS, 1, b"\xff" * 50),
    "a status that is none": status(b"abc"),
    "an empty status": status(b""),
    "a reset": frame(RESET, 0, 1, struct.pack(">I", 2)),
    "an end": frame(GOAWAY, 0, 0, struct.pack(">II", 0, 1)),
}


@pytest.mark.parametrize("answer", ANSWERS.values(), ids=ANSWERS)
async def test_whatever_is_no_answer_fails_the_request(answer: bytes) -> None:
    async def serve(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        with contextlib.suppress(OSError, asyncio.IncompleteReadError):
            await reader.readuntil(b"{}")
            writer.write(frame(SETTINGS, 0, 0, b"") + answer if answer else b"")
            await writer.drain()
        writer.close()

    server = await asyncio.start_server(serve, "127.0.0.1", 0)
    client = Http2Client(cleartext=True)
    async with server:
        port = server.sockets[0].getsockname()[1]
        with pytest.raises(FetchFailed):
            await client.post(f"http://127.0.0.1:{port}/", b"{}", {})
    await client.close()


async def test_a_connection_that_is_refused_says_so() -> None:
    client = Http2Client()
    with pytest.raises(FetchFailed, match="All connection attempts failed"):
        await client.post(f"https://127.0.0.1:{ports.choose(None)}/", b"{}", {})
    await client.close()
