"""Running counts of labels that forget, and can be corrected as if a label had been another.

A count is a weighted sum, so what becomes known later of one label is corrected exactly, however
many came after it.
"""

import msgspec

Label = bool | None  # done, missed, or no label at all


def keep(half_life: float) -> float:
    """The share of a count that is left after one label.

    Examples
    --------
    >>> round(keep(7) ** 7, 3)
    0.5

    """
    return float(0.5 ** (1.0 / half_life))


class RunningCount(msgspec.Struct, array_like=True, gc=False):
    """A running count: *done* of *total*, both with exponential forgetting."""

    done: float = 0.0
    total: float = 0.0

    def count(self, done: float, kept: float = 1.0) -> None:
        """Add one label after forgetting all but the share *kept* of those before."""
        self.done = self.done * kept + done
        self.total = self.total * kept + 1.0

    def replace(self, before: Label, label: Label, weight: float) -> None:
        """Let one label have been another; *weight* is what is left of it by now.

        Examples
        --------
        >>> count = RunningCount()
        >>> for done in (False, True, True):
        ...     count.count(done, kept=0.5)
        >>> count.replace(False, True, weight=0.25)
        >>> count
        RunningCount(done=1.75, total=1.75)

        """
        self.done += weight * (bool(label) - bool(before))
        self.total += weight * ((label is not None) - (before is not None))

    def insert(self, label: bool, after: list[bool], kept: float) -> None:  # noqa: FBT001
        """Count a *label* as if it had come before the labels *after*, the newest of them first."""
        self._split(after, kept, kept, weight=1.0, label=label)

    def remove(self, label: bool, after: list[bool], kept: float) -> None:  # noqa: FBT001
        """Take a *label* out again that came before the labels *after*, the newest first.

        Examples
        --------
        >>> count = RunningCount()
        >>> for done in (True, False, True):
        ...     count.count(done, kept=0.5)
        >>> count.remove(False, [True], kept=0.5)
        >>> count
        RunningCount(done=1.5, total=1.5)

        """
        self._split(after, kept, 1.0 / kept, weight=-1.0 / kept, label=label)

    def _split(
        self, after: list[bool], kept: float, stretch: float, *, weight: float, label: bool
    ) -> None:
        left, done, total = 1.0, 0.0, 0.0
        for one in after:
            done += left * one
            total += left
            left *= kept
        self.done = done + (self.done - done) * stretch + weight * left * label
        self.total = total + (self.total - total) * stretch + weight * left

    def rate(self, prior: float, strength: float) -> float:
        """The rate, shrunk towards *prior* as if it had been seen *strength* times.

        Examples
        --------
        >>> RunningCount(done=3.0, total=3.0).rate(0.5, 3.0)
        0.75

        """
        return (self.done + prior * strength) / (self.total + strength)

    def exchange(self, before: Label, label: Label, after: list[bool], kept: float) -> None:
        """Let one label have been another, or none; those *after* it begin with the newest."""
        if before is None and label is not None:
            self.insert(label, after, kept)
        elif before is not None and label is None:
            self.remove(before, after, kept)
        else:
            self.replace(before, label, kept ** len(after))


class Week(msgspec.Struct, array_like=True, gc=False):
    """A count for each weekday, from Monday on.

    It is no list: the garbage collector looks through each of these, again and again.

    Examples
    --------
    >>> week = Week()
    >>> week[6].count(1.0)
    >>> week.sunday
    RunningCount(done=1.0, total=1.0)

    """

    monday: RunningCount = msgspec.field(default_factory=RunningCount)
    tuesday: RunningCount = msgspec.field(default_factory=RunningCount)
    wednesday: RunningCount = msgspec.field(default_factory=RunningCount)
    thursday: RunningCount = msgspec.field(default_factory=RunningCount)
    friday: RunningCount = msgspec.field(default_factory=RunningCount)
    saturday: RunningCount = msgspec.field(default_factory=RunningCount)
    sunday: RunningCount = msgspec.field(default_factory=RunningCount)

    def __getitem__(self, weekday: int) -> RunningCount:
        count: RunningCount = getattr(self, self.__struct_fields__[weekday])
        return count
