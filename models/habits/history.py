"""What was logged of a habit, and the same laid out day by day.

Days are ordinals (`dt.date.toordinal`) in NumPy arrays here: thirty habits of five years are 54,750
of them, and are gone through for every answer.  Nothing is kept between two answers, so there is
nothing that could differ from the entries.
"""

import datetime as dt
import enum
from collections.abc import Collection, Iterable, Sequence
from typing import Final

import msgspec
import numpy as np
import numpy.typing as npt

Ints = npt.NDArray[np.int64]
Marks = npt.NDArray[np.int8]
Floats = npt.NDArray[np.float64]
Flags = npt.NDArray[np.bool_]

UNKNOWN: Final = -1
EPOCH: Final = dt.date(1970, 1, 1).toordinal()


class Mark(enum.IntEnum):
    """What became of a day."""

    NONE = 0  # nothing was logged
    OUT = 1  # before the habit begins, without an entry
    AWAY = 2  # in a vacation, or leapt over by the zone; without an entry
    SKIP = 3
    FREEZE = 4  # asked for; after `freezes.resolved`, held
    UNHELD = 5  # a freeze for which there was no token
    MISSED = 6  # said so, or a ceiling broken
    SHORT = 7  # logged, below the target
    DONE = 8


STATES: Final = ("done", "missed", "skip", "freeze")
ACHIEVED: Final = len(STATES)

_MARKS: Final = (Mark.SHORT, Mark.MISSED, Mark.SKIP, Mark.FREEZE)


class History(msgspec.Struct, frozen=True, eq=False):
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
        minutes: Sequence[int],
        zones: Collection[str] = (),
        *,
        can_be_broken: bool = False,
    ) -> "History":
        """The history of entries whose fields stand in columns, by date.

        Parameters
        ----------
        codes
            For each entry the place of its state in `STATES`, and `ACHIEVED` more if it was.
        shares
            `UNKNOWN` for those that are worth all or nothing.
        can_be_broken
            Whether a day that is logged and not achieved is lost; any other can be reached still.

        Examples
        --------
        >>> history = History.of(["2026-01-05", "2026-01-06"], [4, 2], [UNKNOWN] * 2, [480, -1])
        >>> [Mark(mark).name for mark in history.mark], history.share.tolist()
        (['DONE', 'SKIP'], [1.0, 0.0])

        """
        table = np.array([*_MARKS, *[Mark.DONE] * len(STATES)], np.int8)
        if can_be_broken:
            table[0] = Mark.MISSED
        mark = table[np.array(codes, np.int64)]
        share = np.array(shares, np.float64)
        return cls(
            day=ordinals(days),
            mark=mark,
            share=np.where(share < 0, mark == Mark.DONE, share),
            minute=np.array(minutes, np.int64),
            zones=frozenset(zones),
        )


class Days(msgspec.Struct, frozen=True, eq=False):
    """Every day from *first* on, to *today* and some beyond.

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

    def marked(self, *marks: Mark) -> Flags:
        """Which days are marked so."""
        table = np.zeros(len(Mark), np.bool_)
        table[list(marks)] = True
        found: Flags = table[self.mark]
        return found


def laid_out(
    history: History,
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
        mark[max(0, begin.toordinal() - first) : max(0, end.toordinal() - first + 1)] = Mark.AWAY
    mark[: max(0, start - first)] = Mark.OUT
    known = history.day - first
    counts = (known < length) & ((known <= now - first) | (history.mark == Mark.SKIP))
    places = known[counts]
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
    return np.array(days, "datetime64[D]").astype(np.int64) + EPOCH


def dates_of(days: Ints) -> npt.NDArray[np.datetime64]:
    """The dates of ordinals."""
    return (days - EPOCH).astype("datetime64[D]")


def date_of(ordinal: int | np.int64) -> dt.date:
    """The date of an ordinal."""
    return dt.date.fromordinal(int(ordinal))
