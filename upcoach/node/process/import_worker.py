"""`python -m upcoach.node.process.import_worker FD`: reads files for
`upcoach.services.imports.workers`.

It has everything imported, and forks for each socket that comes over the socket *FD*.  The child
reads one file and ends.  When the server ends, so does this one, and with it its children.
"""

import contextlib
import ctypes
import functools
import os
import resource
import signal
import socket
import sys
from collections.abc import Callable
from types import FrameType
from typing import IO, Final, NoReturn

NICE: Final = 10
CPU_S: Final = 30
WALL_S: Final = 50  # shorter than the server waits
GRACE_S: Final = 5  # to say so
MEMORY: Final = 1 << 30  # bytes, beyond what the process has when it begins
PR_SET_PDEATHSIG: Final = 1  # <linux/prctl.h>

Answer = Callable[[IO[bytes], IO[bytes]], None]


def main() -> int:
    """Fork for each job until the server has gone."""
    os.nice(NICE)  # before the imports, which take a second
    from handlers.http.operations.strict_json import parse  # noqa: PLC0415
    from upcoach.services.imports.reading import answer  # noqa: PLC0415

    signal.signal(signal.SIGCHLD, signal.SIG_IGN)  # nobody asks how they ended
    parent = os.getpid()
    with socket.socket(fileno=int(sys.argv[1])) as control:
        while True:
            _, descriptors, _, _ = socket.recv_fds(control, 1, 2)
            if not descriptors:
                return 0
            with contextlib.ExitStack() as stack:
                job = stack.enter_context(socket.socket(fileno=descriptors[0]))
                files = [stack.enter_context(open(one, "rb")) for one in descriptors[1:]]  # noqa: PTH123
                if _forked():
                    control.close()
                    _work(job, parent, functools.partial(answer, parse=parse, files=files))


def _forked() -> bool:
    """Fork, and say whether this is the child; a job that gets none sees its socket closed."""
    try:
        return os.fork() == 0
    except OSError:  # no memory, or no more processes: those under way go on
        return False


def _work(job: socket.socket, parent: int, answer: Answer) -> NoReturn:
    """Parse the file of *job*, answer, and exit."""
    try:
        _limit_resources(parent)
        with job.makefile("rb") as request, job.makefile("wb") as reply:
            answer(request, reply)
        os._exit(0)
    finally:
        # Whatever was raised: this child never goes on in its parent's loop, the server sees that
        # no answer came, and no traceback quotes somebody's file.
        os._exit(1)


def _limit_resources(parent: int) -> None:
    """Limit memory, CPU and time of this process."""
    if sys.platform == "linux":
        ctypes.CDLL(None).prctl(PR_SET_PDEATHSIG, signal.SIGKILL)
        with open("/proc/self/statm", "rb") as statm:  # noqa: PTH123 - a pseudo-file
            pages = int(statm.read().split()[0])
        most = pages * resource.getpagesize() + MEMORY
        resource.setrlimit(resource.RLIMIT_AS, (most, most))
    if os.getppid() != parent:
        os._exit(0)
    for number in (signal.SIGXCPU, signal.SIGALRM):
        signal.signal(number, _stop)
    resource.setrlimit(resource.RLIMIT_CPU, (CPU_S, CPU_S + GRACE_S))
    resource.setrlimit(resource.RLIMIT_CORE, (0, 0))
    resource.setrlimit(resource.RLIMIT_FSIZE, (0, 0))
    signal.alarm(WALL_S)


def _stop(number: int, _: FrameType | None) -> NoReturn:
    """End the reading, which says that it took too long."""
    from upcoach.services.imports.worker_protocol import TooCostly  # noqa: PLC0415

    signal.signal(number, signal.SIG_IGN)
    raise TooCostly


if __name__ == "__main__":
    sys.exit(main())
