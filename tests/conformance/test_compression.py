"""Compressed messages (RFC 7692), which the product takes from nobody yet, but its class can."""

import zlib

from tests.conformance.cases import BYE, HELLO, LARGEST, RSV1
from tests.conformance.echo import echoing
from tests.conformance.raw import BINARY, CONTINUATION, PING, TEXT, Received, frame, upgraded

NO_TAKEOVER = "permessage-deflate; client_no_context_takeover; server_no_context_takeover"


def deflated(content: bytes) -> bytes:
    """*content* as a compressed message holds it (RFC 7692, 7.2.1)."""
    squeezer = zlib.compressobj(wbits=-zlib.MAX_WBITS)
    return (squeezer.compress(content) + squeezer.flush(zlib.Z_SYNC_FLUSH))[:-4]


def inflated(content: bytes) -> bytes:
    return zlib.decompressobj(wbits=-zlib.MAX_WBITS).decompress(content + b"\x00\x00\xff\xff")


def compressed() -> dict[str, tuple[list[bytes], list[int | bytes]]]:
    """12.x and 13.x, and what no case of the suite asks: payloads and close codes come back."""
    squeezed = deflated(HELLO * 100)
    half = len(squeezed) // 2
    first = frame(TEXT, squeezed[:half], fin=False, flags=RSV1)
    second = frame(CONTINUATION, squeezed[half:])
    return {
        "a text": ([frame(TEXT, squeezed, flags=RSV1), BYE], [HELLO * 100, 1000]),
        "one that is not compressed": ([frame(TEXT, HELLO), BYE], [HELLO, 1000]),
        "nothing": ([frame(BINARY, deflated(b""), flags=RSV1), BYE], [b"", 1000]),
        "in fragments": ([first, second, BYE], [HELLO * 100, 1000]),
        "a ping between": ([first, frame(PING, b"!"), second, BYE], [b"!", HELLO * 100, 1000]),
        "a bit on a ping": ([frame(PING, flags=RSV1)], [1002]),
        "a bit on a continuation": ([first, frame(CONTINUATION, b"x", flags=RSV1)], [1002]),
        "another bit": ([frame(TEXT, squeezed, flags=RSV1 | 0x2)], [1002]),
        "no deflate": ([frame(TEXT, b"\xff" * 20, flags=RSV1)], [1007]),
        "no UTF-8": ([frame(TEXT, deflated(b"\xed\xa0\x80"), flags=RSV1)], [1007]),
        "a bomb": ([frame(BINARY, deflated(bytes(1 << 24)), flags=RSV1)], [1009]),
    }


async def test_compressed_messages_are_taken_and_refused_as_the_standard_says() -> None:
    cases = compressed()
    seen: dict[str, list[int | bytes]] = {}

    async with echoing(largest=LARGEST, compression=True) as port:
        for name, (pieces, _) in cases.items():
            async with upgraded(port, Sec_WebSocket_Extensions=NO_TAKEOVER) as raw:
                await raw.send(*pieces)
                seen[name] = [plain(one) for one in await raw.rest()]

    assert seen == {name: expected for name, (_, expected) in cases.items()}


def plain(received: Received) -> int | bytes:
    """A close code, or a payload without its compression."""
    if received.code is not None:
        return received.code
    return inflated(received.payload) if received.flags & RSV1 else received.payload
