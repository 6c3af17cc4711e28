"""One data folder, one process: a lock that says who holds it."""

import fcntl
import json
import os
from pathlib import Path
from typing import NamedTuple, TextIO

from upcoach.embedded.errors import EngineError


class Owner(NamedTuple):
    """Who holds a data folder, and where it answers once it does."""

    pid: int
    url: str | None

    def __str__(self) -> str:
        where = f" at {self.url}" if self.url else ""
        return f"(pid {self.pid}){where}"


class Ownership:
    """The hold of this process on a data folder; the kernel ends it with the process."""

    def __init__(self, data: Path) -> None:
        self._data = data
        self._lock: TextIO | None = None

    def take(self) -> None:
        """Take the folder, or raise `EngineError` with its owner's pid and URL."""
        try:
            self._data.mkdir(parents=True, exist_ok=True)
            lock = _path(self._data).open("a+")
        except OSError as error:
            raise EngineError(
                f"The data folder {self._data} cannot be used: {error.strerror}."
            ) from error
        if not _locked(lock, fcntl.LOCK_EX):
            holder = _read(lock)
            lock.close()
            raise EngineError(
                f"UpCoach is already running on the data folder {self._data} {holder or ''}; "
                "stop it, or set UPCOACH_DATA and UPCOACH_PORT for a second one."
            )
        self._lock = lock
        self.announce(None)

    def announce(self, url: str | None) -> None:
        """Tell who asks that this process answers at *url*."""
        if self._lock is None:
            raise RuntimeError("the data folder is not held")
        self._lock.truncate(0)
        self._lock.write(json.dumps({"pid": os.getpid(), "url": url}))
        self._lock.flush()

    def release(self) -> None:
        if self._lock is not None:
            self._lock.truncate(0)
            self._lock.close()
            self._lock = None


def owner(data: Path) -> Owner | None:
    """Who runs on the data folder now, if anybody."""
    try:
        lock = _path(data).open()
    except FileNotFoundError:
        return None
    with lock:
        return None if _locked(lock, fcntl.LOCK_SH) else _read(lock)


def _path(data: Path) -> Path:
    return data / "lock"


def _locked(lock: TextIO, kind: int) -> bool:
    try:
        fcntl.flock(lock, kind | fcntl.LOCK_NB)
    except BlockingIOError:
        return False
    return True


def _read(lock: TextIO) -> Owner | None:
    lock.seek(0)
    try:
        return Owner(**json.loads(lock.read()))
    except (ValueError, TypeError):  # its owner is just writing it
        return None
