"""Spools large request bodies to the disk as they come, off the loop."""

import asyncio
from collections.abc import Awaitable
from pathlib import Path
from typing import Final

import structlog

from handlers.http.limits.byte_budget import ByteReservation
from models.base.errors import Unavailable
from upcoach.services.base.spooled_file import SpooledFile

_log = structlog.get_logger(__name__)

PIECE: Final = 256 * 1024  # bytes that are written at once


class UploadSpool:
    """A body on its way to the disk, with the room that is reserved there."""

    def __init__(self, folder: Path | None, reservation: ByteReservation) -> None:
        self._reservation = reservation
        self._buffer = bytearray()
        self._closing: asyncio.Future[None] | None = None
        self.file = SpooledFile(folder)

    def take(self, chunk: bytes) -> Awaitable[None] | None:
        """Take the next bytes; nothing more is read until what this returns is done."""
        self._buffer += chunk
        if len(self._buffer) < PIECE:
            return None
        piece, self._buffer = self._buffer, bytearray()
        return asyncio.to_thread(self.file.write, piece)

    def has_room(self, size: int) -> bool:
        """Whether there is room for *size* bytes more, which are then held."""
        return self._reservation.add(size)

    async def complete(self) -> SpooledFile:
        """Write the rest of a body that is whole; `Unavailable` where the disk is full."""
        rest, self._buffer = self._buffer, bytearray()
        try:
            await asyncio.to_thread(self._end, rest)
        except OSError as failure:
            raise not_spooled(failure) from None
        return self.file

    def close(self) -> None:
        """Delete what has come, off the loop, and release the room when it is gone."""
        if self._closing is not None:
            return
        self._buffer = bytearray()
        # The end of a file of a gigabyte takes long, and waits for a piece that is being written.
        self._closing = asyncio.get_running_loop().run_in_executor(None, self.file.close)
        self._closing.add_done_callback(lambda _: self._reservation.release())

    def _end(self, rest: bytearray) -> None:
        self.file.write(rest)
        self.file.flush()


def not_spooled(failure: OSError) -> Unavailable:
    """The refusal of a body that the disk has no room for."""
    _log.error("upload_not_spooled", error=str(failure))
    words = "There is no room for a file of this size just now. Send it again later."
    return Unavailable("bodies_too_many", words)
