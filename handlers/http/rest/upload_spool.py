"""Spools large request bodies to the disk as they come, off the loop."""

import asyncio
from collections.abc import Awaitable
from pathlib import Path
from typing import Final

from handlers.http.limits.byte_budget import ByteReservation
from upcoach.services.base.spooled_file import SpooledFile

PIECE: Final = 256 * 1024  # bytes that are written at once


class UploadSpool:
    """A body on its way to the disk, with the room that is reserved there."""

    def __init__(self, folder: Path | None, reservation: ByteReservation) -> None:
        self._reservation = reservation
        self._buffer = bytearray()
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

    def finish(self) -> None:
        """Write the rest: the body is whole."""
        self.file.write(self._buffer)
        self.file.flush()
        self._buffer = bytearray()

    def close(self) -> None:
        """Delete what has come, and release the room."""
        self._buffer = bytearray()
        self.file.close()
        self._reservation.release()
