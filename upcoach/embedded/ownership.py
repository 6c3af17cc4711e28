"""The lock on a data folder: one process owns it, and is named in it.

An operator's command that has started the engines for itself is *passing*: whoever wants the folder
meanwhile waits for it, and for nobody else.
"""

import asyncio
import fcntl
import json
import os
import time
from pathlib import Path
from typing import Any, Final, NamedTuple, TextIO

from config.data_folder import refusing_unusable
from upcoach.embedded.errors import FolderInUse

PATIENCE_S: Final = 60.0  # with a command
POLL_S: Final = 0.05


class FolderOwner(NamedTuple):
    """The owner of a data folder, and the URL where it serves."""

    pid: int
    url: str | None

    def __str__(self) -> str:
        where = f" at {self.url}" if self.url else ""
        return f"(pid {self.pid}){where}"


class Ownership:
    """The lock of this process on a data folder; the kernel releases it with the process."""

    def __init__(self, data: Path, *, passing: bool = False) -> None:
        self._data = data
        self._passing = passing
        self._lock: TextIO | None = None

    async def wait_and_take(self) -> None:
        """Lock the folder, after waiting for commands; raise `FolderInUse` when a server has it."""
        deadline = time.monotonic() + PATIENCE_S
        while True:
            try:
                return self.take()
            except FolderInUse:
                if _stays(self._data) or time.monotonic() > deadline:
                    raise
            await asyncio.sleep(POLL_S)

    def take(self) -> None:
        """Lock the folder, or raise `FolderInUse` with its owner's pid and URL."""
        with refusing_unusable(self._data):
            self._data.mkdir(parents=True, exist_ok=True)
            lock = _path(self._data).open("a+")
        if not locked(lock, fcntl.LOCK_EX):
            holder = _read(lock)
            lock.close()
            raise FolderInUse(
                f"UpCoach is already running on the data folder {self._data} {holder or ''}; "
                "stop it, or set UPCOACH_DATA and UPCOACH_PORT for a second one."
            )
        self._lock = lock
        self.announce(None)

    def announce(self, url: str | None) -> None:
        """Write into the lock that this process serves at *url*."""
        if self._lock is None:
            raise RuntimeError("the data folder is not held")
        self._lock.truncate(0)
        holder = {"pid": os.getpid(), "url": url, "passing": self._passing}
        self._lock.write(json.dumps(holder))
        self._lock.flush()

    def release(self) -> None:
        if self._lock is not None:
            self._lock.truncate(0)
            self._lock.close()
            self._lock = None


def owner(data: Path) -> FolderOwner | None:
    """The process that owns the data folder now, if any."""
    with refusing_unusable(data):
        try:
            lock = _path(data).open()
        except FileNotFoundError:
            return None
    with lock:
        return None if locked(lock, fcntl.LOCK_SH) else _read(lock)


def _path(data: Path) -> Path:
    return data / "lock"


def locked(lock: TextIO, kind: int) -> bool:
    """Try to take a lock of this *kind*; whether that worked."""
    try:
        fcntl.flock(lock, kind | fcntl.LOCK_NB)
    except BlockingIOError:
        return False
    return True


def _read(lock: TextIO) -> FolderOwner | None:
    holder = _holder(lock)
    return None if holder is None else FolderOwner(holder["pid"], holder["url"])


def _holder(lock: TextIO) -> dict[str, Any] | None:
    lock.seek(0)
    try:
        holder: dict[str, Any] = json.loads(lock.read())
    except ValueError:  # its owner is just writing it
        return None
    return holder


def _stays(data: Path) -> bool:
    """Whether a process has the folder *data* that is no command.

    What the lock says may be of an owner who was killed, when somebody looks at it just now.
    """
    with _path(data).open() as lock:
        holder = _holder(lock)
    return holder is not None and not holder.get("passing", False) and lives(holder["pid"])


def lives(pid: int) -> bool:
    """Whether there is a process *pid*."""
    try:
        os.kill(pid, 0)
    except ProcessLookupError:
        return False
    except PermissionError:  # it is another user's
        return True
    return True
