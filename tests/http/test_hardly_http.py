"""What is hardly HTTP."""

import asyncio

import pytest

from config.settings import Settings
from tests.laws.contexts import furnished
from tests.support.laws.snapshots import snapshot
from tests.support.server import serving

DIGITS = b"1" * 5_000  # more than Python reads as one number


@pytest.mark.parametrize(
    ("head", "status"),
    [
        (b"GET /v1/me HTTP/1.1\r\nHost: x\r\nX-Large: " + b"x" * 20_000 + b"\r\n\r\n", b""),
        (b"POST /v1/goals HTTP/1.1\r\nHost: x\r\nContent-Length: 99999999\r\n\r\n", b"413"),
        (b"POST /v1/goals HTTP/1.1\r\nHost: x\r\nContent-Length: -1\r\n\r\n", b"400"),
        (b"GET /v1/me HTTP/1.1\r\nHost: x\r\nBroken\r\n\r\n", b"400"),
        (b"POST /v1/goals HTTP/1.1\r\nHost: x\r\nContent-Length: " + DIGITS + b"\r\n\r\n", b"400"),
        (b"GET /v1/me HTTP/1.1\r\nHost: x:" + DIGITS + b"\r\n\r\n", b"400"),
        (b'GET /v1/me HTTP/1.1\r\nHost: x\r\nIf-Match: "v' + DIGITS + b'"\r\n\r\n', b"401"),
        (b"GET /v1/me?limit=" + DIGITS + b" HTTP/1.1\r\nHost: x\r\n\r\n", b"401"),
        (b"GET http://x:" + DIGITS + b"/v1/me HTTP/1.1\r\nHost: x\r\n\r\n", b"404"),
        (b"GET /v1/live HTTP/1.1\r\nHost: x\r\nOrigin: https://x:" + DIGITS + b"\r\n\r\n", b"426"),
        (b"GET /v1/me HTTP/1.1\r\nHost: x\r\nRange: bytes=" + DIGITS + b"-\r\n\r\n", b"401"),
        (b"\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03\r\n\r\n", b"400"),
    ],
    ids=[
        "large header",
        "large body",
        "negative body",
        "broken header",
        "length of digits",
        "port of digits",
        "version of digits",
        "limit of digits",
        "address of digits",
        "origin of digits",
        "range of digits",
        "TLS",
    ],
)
async def test_what_is_hardly_http_does_no_harm(
    settings: Settings, head: bytes, status: bytes, caplog: pytest.LogCaptureFixture
) -> None:
    async with serving(settings) as server:
        person = await furnished(server)
        witness = await snapshot(person)
        port = int(server.url.rpartition(":")[2])

        reader, writer = await asyncio.open_connection("127.0.0.1", port)
        writer.write(head)
        answer = await asyncio.wait_for(reader.readline(), 10)
        writer.close()
        await writer.wait_closed()

        assert answer[9:12] == status
        assert [record for record in caplog.records if record.exc_info] == []
        assert await snapshot(person) == witness
