"""When a task that comes again is due the next time."""

import datetime as dt
from typing import Annotated, Final, Literal

import msgspec

from models.base.time import DAY, months_later

Unit = Literal["day", "week", "month", "year"]

_DAYS: Final = {"day": 1, "week": 7}
_MONTHS: Final = {"month": 1, "year": 12}


class Repeat(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """Again every *every* units, counted from the first date of the series."""

    unit: Unit
    every: Annotated[int, msgspec.Meta(ge=1, le=366)] = 1

    def following(self, first: dt.date, after: dt.date) -> dt.date:
        """The earliest date after *after* in the series that begins with *first*.

        A month that is too short for the day of *first* has it on its last day, and the next one
        on the right day again.

        Examples
        --------
        >>> monthly = Repeat("month")
        >>> [str(monthly.following(dt.date(2026, 1, 31), dt.date(2026, m, 28))) for m in (1, 2, 3)]
        ['2026-01-31', '2026-03-31', '2026-03-31']

        """
        if self.unit in _DAYS:
            step = _DAYS[self.unit] * self.every
            times = max(0, (after - first).days // step + 1)
            return first + times * step * DAY
        step = _MONTHS[self.unit] * self.every
        months = (after.year - first.year) * 12 + after.month - first.month
        times = max(0, months // step)
        found = months_later(first, times * step)
        return found if found > after else months_later(first, (times + 1) * step)
