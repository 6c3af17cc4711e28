"""Child processes that end with their parent."""

import asyncio
import contextlib
import ctypes
import fcntl
import os
import signal
import sys
from asyncio.subprocess import DEVNULL, STDOUT, Process
from collections.abc import Sequence
from pathlib import Path
from typing import TextIO

from upcoach.embedded.errors import EngineError

LINUX = sys.platform == "linux"
PR_SET_PDEATHSIG = 1  # <linux/prctl.h>

LOCK_WAIT_S = 30.0  # mongod takes a second to end, Valkey may be writing its log anew
STOP_WAIT_S = 10.0
POLL_S = 0.02

_libc = ctypes.CDLL(None) if LINUX else None


def die_with(parent: int) -> None:
    """Have the kernel send SIGTERM to this process when *parent*, which started it, ends."""
    if _libc is not None:
        _libc.prctl(PR_SET_PDEATHSIG, signal.SIGTERM)
    if os.getppid() != parent:  # it died before the call above
        os._exit(1)


async def spawn(command: Sequence[str | Path], *, lock: TextIO, output: Path) -> Process:
    """Start *command*, which holds *lock* while it lives; what it prints goes to *output*."""
    parent = os.getpid()
    with output.open("wb") as sink:
        try:
            return await asyncio.create_subprocess_exec(
                *command,
                stdin=DEVNULL,
                stdout=sink,
                stderr=STDOUT,
                pass_fds=(lock.fileno(),),
                preexec_fn=lambda: die_with(parent),
                # A Ctrl-C is for us alone: the engines stop after the last answer.
                start_new_session=True,
            )
        except OSError as error:
            reason = error.strerror or error
            raise EngineError(f"{command[0]} cannot be run: {reason}.") from error


async def stop(child: Process) -> None:
    """Send SIGTERM to *child*, and SIGKILL when that takes too long."""
    for signal_number in (signal.SIGTERM, signal.SIGKILL):
        with contextlib.suppress(ProcessLookupError):
            child.send_signal(signal_number)
        try:
            async with asyncio.timeout(STOP_WAIT_S):
                await child.wait()
        except TimeoutError:
            continue
        return


async def folder_lock(path: Path) -> TextIO:
    """Lock a program's folder, once an earlier program has released it.

    It is inherited by the program and closed here, so only the program's end releases it: an
    earlier run's mongod that is still shutting down is waited for, whoever started it.
    """
    lock = path.open("a+")
    try:
        async with asyncio.timeout(LOCK_WAIT_S):
            while not _taken(lock):  # noqa: ASYNC110  flock can only be asked again
                await asyncio.sleep(POLL_S)
    except TimeoutError as error:
        lock.seek(0)
        pid = lock.read()
        lock.close()
        raise EngineError(
            f"A server of an earlier run (pid {pid}) still uses {path.parent}; end it: kill {pid}"
        ) from error
    except BaseException:
        lock.close()
        raise
    return lock


def sign(lock: TextIO, child: Process) -> None:
    """Write the pid of the lock's holder into it."""
    lock.truncate(0)
    lock.write(str(child.pid))
    lock.flush()


def _taken(lock: TextIO) -> bool:
    try:
        fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        return False
    return True
