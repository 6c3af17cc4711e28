"""The history of a habit: its entries in arrays, and the same laid out day by day.

Days are ordinals (`dt.date.toordinal`) in NumPy arrays here: thirty habits of five years are 54,750
of them, and are gone through for every answer.  Nothing is kept between two answers, so there is
nothing that could differ from the entries.
"""

import datetime as dt
import enum
import functools
from collections.abc import Collection, Iterable, Sequence
from typing import Final

import msgspec
import numpy as np
import numpy.typing as npt

from models.base.time import EPOCH

Ints = npt.NDArray[np.int64]
Marks = npt.NDArray[np.int8]
Floats = npt.NDArray[np.float64]
Flags = npt.NDArray[np.bool_]

UNKNOWN: Final = -1
FIRST_ORDINAL: Final = EPOCH.toordinal()


class DayMark(enum.IntEnum):
    """The outcome of a day."""

    NONE = 0  # nothing was logged
    OUT = 1  # before the habit begins, without an entry
    AWAY = 2  # in a vacation, or leapt over by the zone; without an entry
    SKIP = 3
    FREEZE = 4  # asked for; after `freezes.resolved`, held
    UNHELD = 5  # a freeze for which there was no token
    MISSED = 6  # said so, or a ceiling broken
    SHORT = 7  # logged, below the target
    DONE = 8


# An entry as one number, which costs a third of its fields in columns of their own.
STATES: Final = ("done", "missed", "skip", "freeze")
ACHIEVED: Final = 4
SHARED: Final = 8
MINUTE: Final = 16

_MARKS: Final = (DayMark.SHORT, DayMark.MISSED, DayMark.SKIP, DayMark.FREEZE)


def code_of(state: str, *, achieved: bool, shared: bool, minute: int = UNKNOWN) -> int:
    """The code of an entry: its state, flags and minute as one number.

    Parameters
    ----------
    shared
        Whether the day is worth a share, and not all or nothing.

    Examples
    --------
    >>> code_of("done", achieved=True, shared=False, minute=480)
    7700

    """
    flags = STATES.index(state) + ACHIEVED * achieved + SHARED * shared
    return flags + MINUTE * (minute - UNKNOWN)


class EntryHistory(msgspec.Struct, frozen=True, eq=False):
    """The entries of one habit by date, oldest first.

    Attributes
    ----------
    share
        What each day is worth, 0 to 1.
    minute
        When it was done, in minutes after the local midnight; `UNKNOWN` where nobody knows.
    zones
        Where its owner was when they logged.

    """

    day: Ints
    mark: Marks
    share: Floats
    minute: Ints
    zones: frozenset[str] = frozenset()

    @classmethod
    def of(
        cls,
        days: Sequence[str],
        codes: Sequence[int],
        shares: Sequence[float],
        zones: Collection[str] = (),
        *,
        can_be_broken: bool = False,
    ) -> "EntryHistory":
        """The history of entries by date, whose numbers are *codes*.

        Parameters
        ----------
        shares
            One for each entry whose code says that there is one.
        can_be_broken
            Whether a day that is logged and not achieved is lost; any other can be reached still.

        Examples
        --------
        >>> codes = [code_of("done", achieved=False, shared=True),
        ...          code_of("done", achieved=True, shared=False)]
        >>> history = EntryHistory.of(["2026-01-05", "2026-01-06"], codes, [0.5])
        >>> [DayMark(mark).name for mark in history.mark], history.share.tolist()
        (['SHORT', 'DONE'], [0.5, 1.0])

        """
        table = np.array([*_MARKS, *[DayMark.DONE] * len(STATES)] * 2, np.int8)
        if can_be_broken:
            table[[0, SHARED]] = DayMark.MISSED
        code = np.array(codes, np.int64)
        flags = code % MINUTE
        mark = table[flags]
        share = (mark == DayMark.DONE).astype(np.float64)
        share[flags >= SHARED] = shares
        return cls(
            day=ordinals(days),
            mark=mark,
            share=share,
            minute=code // MINUTE + UNKNOWN,
            zones=frozenset(zones),
        )


class Days(msgspec.Struct, frozen=True, eq=False):
    """The outcomes of all days from *first* to *today*, and some beyond.

    Attributes
    ----------
    today
        The place of today; negative when the habit has not begun.
    is_over
        Whether "today" has passed, so that nothing more will become of it.

    """

    first: int
    today: int
    mark: Marks
    share: Floats
    is_over: bool = False

    @property
    def day(self) -> Ints:
        """The ordinals."""
        return np.arange(self.first, self.first + len(self.mark))

    def marked(self, *marks: DayMark) -> Flags:
        """Which days have one of *marks*."""
        flags: Flags = _table(marks)[self.mark]
        return flags


@functools.cache
def _table(marks: tuple[DayMark, ...]) -> Flags:
    return np.array([mark in marks for mark in DayMark], np.bool_)


def laid_out(
    history: EntryHistory,
    *,
    starts_on: dt.date,
    today: dt.date,
    away: Iterable[tuple[dt.date, dt.date]] = (),
    beyond: int = 0,
    is_over: bool = False,
) -> Days:
    """The days of *history* from its first to *today*, and *beyond*.

    Days before *starts_on* count only where they have entries.  Of those to come, only what is
    known to be left out counts: vacations and skips.

    Parameters
    ----------
    away
        First and last days of vacations; they count where nothing was logged.

    """
    now, start = today.toordinal(), starts_on.toordinal()
    first = int(min(start, history.day[0])) if len(history.day) else start
    length = max(0, now - first + 1 + beyond)
    mark = np.zeros(length, np.int8)
    share = np.zeros(length, np.float64)
    for begin, end in away:
        mark[max(0, begin.toordinal() - first) : max(0, end.toordinal() - first + 1)] = DayMark.AWAY
    mark[: max(0, start - first)] = DayMark.OUT
    counts = (history.day <= now) | (history.mark == DayMark.SKIP)
    counts &= history.day < first + length
    places = history.day[counts] - first
    mark[places] = history.mark[counts]
    share[places] = history.share[counts]
    return Days(first, max(-1, now - first), mark, share, is_over)


def ordinals(days: Sequence[str]) -> Ints:
    """The ordinals of ISO dates.

    Examples
    --------
    >>> [int(day) for day in ordinals(["2026-01-05"])] == [dt.date(2026, 1, 5).toordinal()]
    True

    """
    return np.array(days, "datetime64[D]").astype(np.int64) + FIRST_ORDINAL


def dates_of(days: Ints) -> npt.NDArray[np.datetime64]:
    """The dates of ordinals."""
    return (days - FIRST_ORDINAL).astype("datetime64[D]")


def date_of(ordinal: int | np.int64) -> dt.date:
    """The date of an ordinal."""
    return dt.date.fromordinal(int(ordinal))
