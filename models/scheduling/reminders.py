"""Reminders of sessions: a day and an hour before, and never after the session has begun.

What quiet hours would hold back until it is too late comes a minute before they begin.
"""

import datetime as dt
from collections.abc import Iterator
from typing import Final, NamedTuple

from models.base.time import DAY
from models.base.timers import TimerRule
from models.scheduling.session import CoachingSession

MINUTES_BEFORE: Final = (24 * 60, 60)
GRACE: Final = dt.timedelta(hours=1)
_MINUTE: Final = dt.timedelta(minutes=1)
_SOON: Final = dt.timedelta(seconds=1)

Night = tuple[dt.datetime, dt.datetime]  # quiet hours, as moments


class SessionReminder(NamedTuple):
    """A reminder: when it comes, and how many minutes before the session it is meant to."""

    at: dt.datetime
    minutes: int


def reminders_of(session: CoachingSession, nights: list[Night]) -> list[SessionReminder]:
    """The reminders of *session* for somebody with these *nights* around it, in order."""
    if session.status != "confirmed":
        return []
    return sorted(_reminders(session, nights))


def _reminders(session: CoachingSession, nights: list[Night]) -> Iterator[SessionReminder]:
    for minutes in MINUTES_BEFORE:
        at = session.starts_at - minutes * _MINUTE
        for start, end in reversed(nights):
            if start <= at < end and end >= session.starts_at:
                at = start - _MINUTE
        if at >= session.created_at:
            yield SessionReminder(at, minutes)


def next_look(session: CoachingSession, after: dt.datetime) -> dt.datetime | None:
    """When somebody has to look whether *session* reminds them.

    In its last two days that is at once: only who knows their quiet hours can tell when.
    """
    if session.status != "confirmed" or session.starts_at <= after:
        return None
    return max(session.starts_at - 2 * DAY, after + _SOON)


SESSION_REMINDER: Final = TimerRule(name="session_reminder", next_due=next_look, grace=GRACE)
