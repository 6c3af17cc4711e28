"""The timers of what people are told at a time of day that is theirs."""

import datetime as dt
import functools
import zlib
from collections.abc import Mapping
from typing import Final, Literal

from models.account import User
from models.base.document import Document
from models.base.time import minute_of_day, next_time
from models.base.timers import TimerRule
from models.notifications.delivery import comes_again
from models.notifications.notification import Notification
from models.notifications.preferences import NotificationPreferences

OwnTime = Literal["mood_check_in", "journal_prompt", "daily_summary"]

GRACE: Final = dt.timedelta(hours=3)  # how late a time of day is still about that day
HELD_GRACE: Final = dt.timedelta(hours=12)  # how late what was held back or put off still comes
EVENING: Final = 19 * 60  # the minute of the day at which open streaks and goals are looked at
SPREAD: Final = 30  # minutes, so that not everybody's in a zone are looked at together


def _own_time(
    field: OwnTime, preferences: NotificationPreferences, after: dt.datetime
) -> dt.datetime | None:
    """The next moment of a time of day that its person has set, if they have."""
    time = getattr(preferences, field)
    return None if time is None else next_time(minute_of_day(time), preferences.tz, after)


def evening(user: User, after: dt.datetime) -> dt.datetime:
    """The next evening of *user*, some minutes after seven, which are always the same."""
    minute = EVENING + zlib.crc32(user.id.encode()) % SPREAD
    return next_time(minute, user.tz, after)


def _released(notification: Notification, after: dt.datetime) -> dt.datetime | None:
    """When the quiet hours end that hold back *notification*, if that is after a moment."""
    until = notification.held_until
    return None if until is None or until <= after else until


def _rule(field: OwnTime) -> TimerRule:
    return TimerRule(name=field, next_due=functools.partial(_own_time, field), grace=GRACE)


MOOD_CHECK_IN: Final = _rule("mood_check_in")
JOURNAL_PROMPT: Final = _rule("journal_prompt")
DAILY_SUMMARY: Final = _rule("daily_summary")
EVENING_CHECK: Final = TimerRule(name="evening_check", next_due=evening, grace=GRACE, is_newer=True)
QUIET_OVER: Final = TimerRule(name="quiet_hours_over", next_due=_released, grace=HELD_GRACE)
SNOOZE_OVER: Final = TimerRule(name="snooze_over", next_due=comes_again, grace=HELD_GRACE)
TIMERS: Final[Mapping[type[Document], tuple[TimerRule, ...]]] = {
    NotificationPreferences: (MOOD_CHECK_IN, JOURNAL_PROMPT, DAILY_SUMMARY),
    Notification: (QUIET_OVER, SNOOZE_OVER),
    User: (EVENING_CHECK,),
}
__all__ = [
    "DAILY_SUMMARY",
    "EVENING_CHECK",
    "HELD_GRACE",
    "JOURNAL_PROMPT",
    "MOOD_CHECK_IN",
    "QUIET_OVER",
    "SNOOZE_OVER",
    "TIMERS",
    "OwnTime",
    "evening",
]
