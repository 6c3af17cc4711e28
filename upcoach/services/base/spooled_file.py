"""A file that came over the network and is kept on the disk until it was read."""

import contextlib
import hashlib
import tempfile
from pathlib import Path


class SpooledFile:
    """A file without a name: it is gone with whoever holds it, also after a crash.

    Attributes
    ----------
    size
        The bytes that were written.

    """

    def __init__(self, folder: Path | None) -> None:
        self._file = tempfile.TemporaryFile(dir=folder)  # noqa: SIM115 - closed by its owner
        self._hash = hashlib.sha256()
        self.size = 0

    def write(self, content: bytes | bytearray) -> None:
        """Add *content*; blocks."""
        self._file.write(content)
        self._hash.update(content)
        self.size += len(content)

    def flush(self) -> None:
        """Hand everything to the system, so that another process reads it."""
        self._file.flush()

    @property
    def digest(self) -> str:
        """The SHA-256 of what was written, in hexadecimal."""
        return self._hash.hexdigest()

    def fileno(self) -> int:
        """The descriptor, which another process may be handed."""
        return self._file.fileno()

    def close(self) -> None:
        """Delete it; blocks."""
        with contextlib.suppress(OSError):  # what could not be written is not wanted any more
            self._file.close()
