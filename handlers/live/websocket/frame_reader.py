"""What a socket's messages say, and how many it may send."""

import asyncio
from typing import Final

import msgspec

from handlers.live.base import limits
from handlers.live.websocket.websocket_protocol import ProtocolFault
from models.access.limits import HELLO_BYTES
from models.access.token_bucket import TokenBucket
from models.base.validation import refusal_of
from models.wire.close_codes import CloseCode
from models.wire.frames import ClientFrame, decode, require_mut

KIB: Final = 1_024


class FrameReader:
    """The messages of one socket, at the rates that it has."""

    __slots__ = ("_frames", "_kib")

    def __init__(self) -> None:
        self._frames = TokenBucket(limits.FRAMES_S, limits.BURST)
        self._kib = TokenBucket(limits.KIB_S, limits.KIB_BURST_S)

    async def room(self, message: bytes, now: float) -> float:
        """Wait until *message* may be read, and return when that is.

        A kilobyte that was sent may be a thousand: what it costs to read is seen here first.
        """
        while wait_s := self._kib.take(now, len(message) // KIB):
            await asyncio.sleep(wait_s)
            now += wait_s
        return now

    def lines(self, message: bytes, now: float) -> list[bytes]:
        """The lines of *message* that may be frames, or `ProtocolFault`."""
        if message.count(b"\n") > limits.LINES:
            raise ProtocolFault(CloseCode.TOO_MANY, "too many lines")
        lines = [line for line in message.splitlines() if line.strip()]
        if not lines:
            self.count(now)
        return lines

    def count(self, now: float, frames: int = 1) -> None:
        """Count *frames*, or `ProtocolFault` if there are too many."""
        if self._frames.take(now, frames):
            raise ProtocolFault(CloseCode.TOO_MANY, "too many messages")


def read_frame(line: bytes) -> ClientFrame:
    """The frame that *line* holds; `Invalid` if it means nothing, `ProtocolFault` if it is none."""
    try:
        if len(line) > HELLO_BYTES:  # nothing but a write is as large
            require_mut(line)
        return decode(line)
    except msgspec.ValidationError:
        value = _value_of(line)
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError):
        raise ProtocolFault(CloseCode.BAD_FRAME, "not a frame") from None
    raise refusal_of(value, ClientFrame, code="frame_invalid")


def _value_of(line: bytes) -> object:
    """What *line* holds, which was read only as far as it is a frame; None if it is no JSON."""
    try:
        return msgspec.json.decode(line)
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError):
        return None
