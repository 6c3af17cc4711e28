"""Frames of WebSockets, made by hand."""

from typing import Final

from tests.support.wire.sockets import Wire

MASK: Final = bytes(4)  # leaves the payload as it is


def frame(opcode: int, payload: bytes = b"", *, final: bool = True) -> bytes:
    """A frame of RFC 6455, 5.2."""
    return bytes((final << 7 | opcode, 0x80 | len(payload))) + MASK + payload


async def send_frames(wire: Wire, frames: bytes) -> None:
    """Send *frames* as they are."""
    protocol = wire._connection.protocol
    assert protocol is not None
    assert protocol.stream is not None
    protocol.stream.write(frames)
