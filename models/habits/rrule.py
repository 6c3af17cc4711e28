"""Recurrence rules (RRULE, RFC 5545, 3.3.10): the days of a rule, over 28 years from its anchor.

A rule is expanded as a whole, into a byte for each day: it takes every rule some thousand steps,
whether it names each day, one in 28 years or none at all (`tests/costs/test_rules.py` counts them).
So a rule is tried where it is written, and a stored one is not expanded before somebody asks for
its days.

Where the RFC leaves something open, its days are those that python-dateutil finds
(`tests/habits/test_rules.py` compares them): BY parts without a meaning of their own limit the days
of the period, and a yearly rule with BYWEEKNO alone has all days of the week.
"""

import datetime as dt
import functools
from typing import Final

from models.base.errors import invalid_field
from models.base.rrule import RuleParts, expanded, parse_rule, refused_rule
from models.base.time import DAY, EPOCH

YEARS: Final = 28  # from its anchor, a rule is followed no further
LAST_ANCHOR: Final = dt.date(2071, 12, 31)
LONGEST: Final = 255  # characters

_DAYS: Final = round(365.25 * YEARS)
_YEAR: Final = 366


class Rule:
    """The days of one rule, each an ordinal."""

    def __init__(self, text: str, anchor: dt.date) -> None:
        self._first = anchor.toordinal()
        self._flags = expanded(_parsed(text), anchor, anchor + _DAYS * DAY)

    def __bool__(self) -> bool:
        """Whether it has any day."""
        return bool(self._flags)

    def first_from(self, day: int) -> int | None:
        """The first of its days from *day* on."""
        place = self._flags.find(1, max(0, day - self._first))
        return None if place < 0 else self._first + place

    def has(self, day: int) -> bool:
        """Whether *day* is one of its days."""
        return self.flags(day, 1) == b"\1"

    def flags(self, first: int, length: int) -> bytes:
        """A byte for each of *length* days from *first* on: 1 for its days, else 0."""
        begin = first - self._first
        found = self._flags[max(0, begin) : max(0, begin + length)]
        return (b"\0" * min(length, max(0, -begin)) + found).ljust(length, b"\0")

    def days(self) -> list[int]:
        """All of them."""
        return [self._first + place for place, flag in enumerate(self._flags) if flag]

    def frequency(self) -> float:
        """Its days divided by all days, over the year that begins with its first day.

        A rule without a day, of which some are stored, has one of them: somebody divides by it.
        """
        first = self._flags.find(1)
        return max(1, self._flags.count(1, first, first + _YEAR) if first >= 0 else 0) / _YEAR


@functools.lru_cache(maxsize=1024)  # of some kilobytes each
def rule_of(text: str, anchor: dt.date) -> Rule:
    """The rule *text* from *anchor* on, once its form has been checked.

    Examples
    --------
    >>> first_mondays = rule_of("FREQ=MONTHLY;BYDAY=1MO", dt.date(2026, 1, 1))
    >>> [str(dt.date.fromordinal(day)) for day in first_mondays.days()[:2]]
    ['2026-01-05', '2026-02-02']

    """
    return Rule(text, anchor)


def check_rule(text: str, anchor: dt.date) -> None:
    """Raise `Invalid` for a rule that cannot be followed."""
    if not EPOCH <= anchor <= LAST_ANCHOR:
        message = f"A rule begins between {EPOCH} and {LAST_ANCHOR}."
        raise invalid_field("/schedule/anchor", "rule_impossible", message)
    _parsed(text)


def check_new_rule(text: str, anchor: dt.date) -> None:
    """Raise `Invalid` for a rule, checked by `check_rule`, with foreign digits or without a day.

    What is tried is not remembered: rules that nobody keeps would push out those that somebody has.
    """
    if not text.isascii():
        raise refused_rule("The numbers of an RRULE are written with the digits 0 to 9.")
    if not Rule(text, anchor):
        raise refused_rule(f"This RRULE has no day in {YEARS} years from its anchor.")


def _parsed(text: str) -> RuleParts:
    """The parts of a rule, which ends on a date if it does."""
    parts = parse_rule(text)
    if parts.until_time:
        raise refused_rule("The UNTIL of a habit is a date.")
    return parts
