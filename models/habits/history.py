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

NO_MINUTE: Final = -1


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


STATES: Final = {"done": Mark.SHORT, "missed": Mark.MISSED, "skip": Mark.SKIP, "freeze": Mark.FREEZE}


class History(msgspec.Struct, frozen=True, eq=False):
    """The entries of one habit by date, oldest first.

    Attributes
    ----------
    share
        What each day is worth, 0 to 1.
    minute
        When it was done, in minutes after the local midnight; `NO_MINUTE` where nobody knows.
    zones
        Where its owner was when they logged.

    """

    day: Ints
    mark: Marks
    share: Floats
    value: Floats
    minute: Ints
    zones: frozenset[str] = frozenset()

    @classmethod
    def of(
        cls,
        days: Sequence[str],
        states: Iterable[str],
        achieved: Iterable[bool | None],
        shares: Iterable[float | None],
        values: Iterable[float | None],
        minutes: Iterable[int | None],
        zones: Collection[str] = (),
        *,
        can_be_broken: bool = False,
    ) -> "History":
        """The history of entries whose fields stand in columns, by date.

        A day that *can_be_broken* and is not achieved is lost; any other can still be reached.
        """
        failed = Mark.MISSED if can_be_broken else Mark.SHORT
        marks = [
            Mark.DONE if done else failed if state == "done" else STATES[state]
            for state, done in zip(states, achieved, strict=True)
        ]
        done = np.array(marks, np.int8)
        worth = np.array([np.nan if one is None else one for one in shares], np.float64)
        return cls(
            day=ordinals(days),
            mark=done,
            share=np.where(np.isnan(worth), done == Mark.DONE, worth),
            value=np.array([np.nan if one is None else one for one in values], np.float64),
            minute=np.array([NO_MINUTE if one is None else one for one in minutes], np.int64),
            zones=frozenset(zones),
        )


NOTHING: Final = History.of((), (), (), (), (), ())


class Days(msgspec.Struct, frozen=True, eq=False):
    """Every day from *first* on, to *today* and some beyond.

    Attributes
    ----------
    today
        The place of today; negative when the habit has not begun.

    """

    first: int
    today: int
    mark: Marks
    share: Floats

    @property
    def day(self) -> Ints:
        """The ordinals."""
        return np.arange(self.first, self.first + len(self.mark))

    def marked(self, *marks: Mark) -> Flags:
        """Which days are marked so."""
        found = self.mark == marks[0]
        for mark in marks[1:]:
            found |= self.mark == mark
        return found


def laid_out(
    history: History,
    *,
    starts_on: dt.date,
    today: dt.date,
    away: Iterable[tuple[dt.date, dt.date]] = (),
    beyond: int = 0,
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
    return Days(first, min(now - first, length - 1), mark, share)


def ordinals(days: Sequence[str]) -> Ints:
    """The ordinals of ISO dates.

    Examples
    --------
    >>> [int(day) for day in ordinals(["2026-01-05"])] == [dt.date(2026, 1, 5).toordinal()]
    True

    """
    return np.array(days, "datetime64[D]").astype(np.int64) + dt.date(1970, 1, 1).toordinal()


def date_of(ordinal: int | np.int64) -> dt.date:
    """The date of an ordinal."""
    return dt.date.fromordinal(int(ordinal))
