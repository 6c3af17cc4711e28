"""The CPU that processes have used."""

from collections.abc import Iterable

import psutil


def used_s(pid: int) -> float:
    """The CPU seconds that the process *pid* has used so far, its own and the kernel's for it."""
    times = psutil.Process(pid).cpu_times()
    return float(times.user + times.system)


class Meter:
    """What each of some processes uses from one moment to another."""

    def __init__(self, pids: Iterable[int]) -> None:
        self._before = {pid: used_s(pid) for pid in pids}

    def read(self) -> dict[int, float]:
        """CPU seconds by process since the meter was made."""
        return {pid: used_s(pid) - before for pid, before in self._before.items()}
