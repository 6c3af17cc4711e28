"""Shared use of a data folder's engines beside the process that runs them.

An owner whose engines serve leaves their URLs in a file that only its user can read.  A guest
first takes a share of the lock `guests`, then reads the file.  The owner does it the other way
round: it removes the file, then waits until no guest has a share, and only then stops the engines.
So whoever has found the file has engines for as long as the owner is patient.  A file that a killed
owner has left is told by the pid in it.
"""

import asyncio
import contextlib
import fcntl
import json
import os
import secrets
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Final, NamedTuple

from config.data_folder import refusing_unusable
from upcoach.embedded.ownership import lives, locked, owner

FILE: Final = "engines.json"
LOCK: Final = "guests"
POLL_S: Final = 0.05


class Addresses(NamedTuple):
    """The URLs of the engines of the process *pid*; None for one that it does not run."""

    pid: int
    mongo_url: str | None
    redis_url: str | None


def publish_addresses(data: Path, addresses: Addresses) -> None:
    """Write the engines' URLs for guests."""
    draft = data / f".{FILE}.{secrets.token_hex(4)}"
    with os.fdopen(os.open(draft, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "w") as file:
        json.dump(addresses._asdict(), file)
    draft.replace(data / FILE)


def remove_addresses(data: Path) -> None:
    """Delete the engines' URLs: no more guests."""
    (data / FILE).unlink(missing_ok=True)


async def wait_for_guests(data: Path, patience_s: float) -> None:
    """Wait until no guest is left, or until the time is up."""
    deadline = time.monotonic() + patience_s
    with (data / LOCK).open("a") as lock:
        while not locked(lock, fcntl.LOCK_EX) and time.monotonic() < deadline:  # noqa: ASYNC110
            await asyncio.sleep(POLL_S)


@contextlib.contextmanager
def guest_addresses(data: Path) -> Iterator[Addresses | None]:
    """The URLs of the engines that run on *data*, kept running meanwhile; None without any."""
    with refusing_unusable(data):
        data.mkdir(parents=True, exist_ok=True)
        lock = (data / LOCK).open("a")
    with lock:
        yield _addresses(data) if locked(lock, fcntl.LOCK_SH) else None


def _addresses(data: Path) -> Addresses | None:
    holder = owner(data)
    if holder is None or not lives(holder.pid):
        return None
    try:
        addresses = Addresses(**json.loads((data / FILE).read_text()))
    except FileNotFoundError:
        return None
    return addresses if addresses.pid == holder.pid else None
