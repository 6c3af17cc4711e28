"""The memory that processes hold, as the kernel counts it."""

from collections.abc import Iterable
from pathlib import Path

MIB = 1024 * 1024
_FORGET_PEAK = "5"  # proc(5), clear_refs


class MemoryMeter:
    """What some processes hold together, now and at most since the meter was made, in bytes."""

    def __init__(self, pids: Iterable[int]) -> None:
        self._pids = tuple(pids)
        for pid in self._pids:
            Path(f"/proc/{pid}/clear_refs").write_text(_FORGET_PEAK)

    @property
    def now(self) -> int:
        """What they hold now; what several of them share counts for each."""
        return self._sum("VmRSS")

    @property
    def peak(self) -> int:
        """The most that each has held, added up."""
        return self._sum("VmHWM")

    def _sum(self, field: str) -> int:
        return sum(_read(pid, field) for pid in self._pids)


def _read(pid: int, field: str) -> int:
    for line in Path(f"/proc/{pid}/status").read_text().splitlines():
        name, _, value = line.partition(":")
        if name == field:
            return int(value.split()[0]) * 1024
    raise LookupError(field)
