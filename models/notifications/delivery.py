"""When and where a notification leaves the app, by what its person prefers.

It is in the list at once, whatever the hour; quiet hours hold back its mail and its push.  They
begin and end at moments: a time that a change of clocks leaves out is taken with the offset before
it, one that comes twice is the first (RFC 5545, 3.3.5), so a night lasts as long as it takes.
"""

import datetime as dt
from collections.abc import Iterable, Iterator
from typing import Final, Literal

import msgspec

from models.base.time import DAY, instant_of_minute, local_date, minute_of_day
from models.notifications.notification import Notification
from models.notifications.preferences import NotificationPreferences, QuietHours
from models.notifications.types import NotificationType

Channel = Literal["mail", "push"]

# What cannot wait for the morning: somebody else may be in the account.
URGENT: Final[frozenset[NotificationType]] = frozenset({"new_login"})


class Delivery(msgspec.Struct, frozen=True, kw_only=True):
    """How a notification leaves the app.

    Attributes
    ----------
    channels
        Where to, beside the list in the app.
    held_until
        The moment before which it does not; null for at once.

    """

    channels: frozenset[Channel]
    held_until: dt.datetime | None = None


def delivery_of(
    type_: NotificationType,
    at: dt.datetime,
    preferences: NotificationPreferences,
    tz: str,
    *,
    is_own_time: bool = False,
) -> Delivery:
    """How a notification of a type, made *at* a moment, leaves the app for somebody in *tz*.

    Parameters
    ----------
    is_own_time
        Whether it comes at a time that the person has set.

    """
    chosen = preferences.channels_of(type_)
    wanted: dict[Channel, bool] = {"mail": chosen.mail, "push": chosen.push}
    channels = frozenset(channel for channel, is_on in wanted.items() if is_on)
    is_free = type_ in URGENT or (is_own_time and not preferences.hold_own_times)
    until = None if is_free else quiet_until(preferences.quiet_hours, at, tz)
    if not channels or until is None:
        return Delivery(channels=channels)
    return Delivery(channels=channels, held_until=until)


def quiet_until(quiet: QuietHours, at: dt.datetime, tz: str) -> dt.datetime | None:
    """When the quiet hours that *at* is in end in *tz*; None if it is in none.

    Examples
    --------
    >>> night = dt.datetime(2026, 3, 28, 22, 0, tzinfo=dt.UTC)  # Berlin loses an hour of it
    >>> str(quiet_until(QuietHours(), night, "Europe/Berlin"))
    '2026-03-29 06:00:00+00:00'
    >>> quiet_until(QuietHours(), night + dt.timedelta(hours=8), "Europe/Berlin")

    """
    until = at
    for start, end in nights(quiet, at, tz):
        if start <= until < end:
            until = end
    return None if until == at else until


def digest_of(held: Iterable[Notification], at: dt.datetime) -> list[Notification]:
    """Those of *held* that are worth a message *at* the end of the quiet hours, the newest first.

    What was read, deleted by its time or put off meanwhile is not.
    """
    worth = (
        one for one in held if not one.read and not one.is_gone(at) and not is_snoozed(one, at)
    )
    return sorted(worth, key=lambda one: (one.created_at, one.id), reverse=True)


def is_snoozed(notification: Notification, at: dt.datetime) -> bool:
    """Whether *notification* is put off *at* a moment."""
    return notification.snoozed_until is not None and at < notification.snoozed_until


def comes_again(notification: Notification, after: dt.datetime) -> dt.datetime | None:
    """When a notification that was put off comes again, if that is after a moment.

    One that was read meanwhile does not.
    """
    until = notification.snoozed_until
    return None if notification.read or until is None or until <= after else until


def nights(
    quiet: QuietHours, at: dt.datetime, tz: str
) -> Iterator[tuple[dt.datetime, dt.datetime]]:
    """The quiet hours around *at*, in order; the date line has moved by a day."""
    if not quiet.on:
        return
    start, end = minute_of_day(quiet.start), minute_of_day(quiet.end)
    today = local_date(at, tz)
    for days in range(-2, 3):
        day = today + days * DAY
        last = day + DAY if end < start else day
        yield instant_of_minute(day, start, tz), instant_of_minute(last, end, tz)
