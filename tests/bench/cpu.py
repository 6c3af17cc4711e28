"""The CPU that processes have used, and the cores they stay on."""

import contextlib
import os
from collections.abc import Iterable
from pathlib import Path


def used_s(pid: int) -> float:
    """The CPU seconds that the process *pid* has used so far, its own and the kernel's for it.

    By the scheduler's own count: the times in `/proc/<pid>/stat` are of ten milliseconds.
    """
    tasks = Path(f"/proc/{pid}/task").glob("*/schedstat")
    return sum(int(task.read_text().split()[0]) for task in tasks) / 1e9


def cores() -> tuple[int, int]:
    """A core for who is measured, and another one, if there is one, for everybody else."""
    available = sorted(os.sched_getaffinity(0))
    return available[0], available[-1]


def stay(pid: int, core: int) -> None:
    """Keep the process *pid*, with all its threads, on *core*."""
    for task in Path(f"/proc/{pid}/task").iterdir():
        with contextlib.suppress(ProcessLookupError):  # a thread that has just ended
            os.sched_setaffinity(int(task.name), {core})


class Meter:
    """What each of some processes uses from one moment to another."""

    def __init__(self, pids: Iterable[int]) -> None:
        self._before = {pid: used_s(pid) for pid in pids}

    def read(self) -> dict[int, float]:
        """CPU seconds by process since the meter was made."""
        return {pid: used_s(pid) - before for pid, before in self._before.items()}
