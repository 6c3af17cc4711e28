"""Streak freezes: a missed day that does not end a streak, if a token is held for it.

Every `EARNED_BY` done days earn a token, of which `HELD` are held at most.  A freeze may be asked
for at any time and in any order; whether a token is there for it is found by going through the days
in order, so that two phones without a network come to the same.
"""

from typing import Final

import msgspec
import numpy as np

from models.habits.history import DayMark, Days

EARNED_BY: Final = 10
HELD: Final = 2


class FreezeTokens(msgspec.Struct, frozen=True, kw_only=True):
    """The freeze tokens held and used, up to today; *done_until_next* more days earn one.

    Attributes
    ----------
    held
        How many there are to use.
    used
        How many were used.
    done_until_next
        How many more days until the next one is earned.

    """

    held: int
    used: int
    done_until_next: int


def resolved(days: Days) -> tuple[Days, FreezeTokens]:
    """*days* with each freeze either held or not, and the tokens that are left.

    Examples
    --------
    >>> frozen, done = DayMark.FREEZE, DayMark.DONE
    >>> marks = np.array([frozen, *[done] * 10, frozen, frozen], np.int8)
    >>> days, tokens = resolved(Days(1, len(marks) - 1, marks, marks * 1.0))
    >>> [DayMark(mark).name for mark in days.mark[[0, 11, 12]]]
    ['UNHELD', 'FREEZE', 'UNHELD']
    >>> tokens
    FreezeTokens(held=0, used=1, done_until_next=10)

    """
    done = days.marked(DayMark.DONE)
    total = int(done.sum())
    if not days.marked(DayMark.FREEZE).any():
        held = min(HELD, total // EARNED_BY)
        return days, FreezeTokens(held=held, used=0, done_until_next=EARNED_BY - total % EARNED_BY)
    marks = days.mark.copy()
    count = held = used = 0
    for place in np.flatnonzero(done | days.marked(DayMark.FREEZE)):
        if done[place]:
            count += 1
            held = min(HELD, held + (count % EARNED_BY == 0))
        elif held:
            held, used = held - 1, used + 1
        else:
            marks[place] = DayMark.UNHELD
    left = EARNED_BY - total % EARNED_BY
    return msgspec.structs.replace(days, mark=marks), FreezeTokens(
        held=held, used=used, done_until_next=left
    )
