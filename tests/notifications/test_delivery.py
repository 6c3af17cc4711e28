"""When a notification leaves the app: quiet hours in every zone, on every night of the year."""

import datetime as dt
from typing import Final

import msgspec
from hypothesis import given
from hypothesis import strategies as st

from models.base.time import instant_of_minute, local_date, minute_of, minute_of_day
from models.notifications import (
    TYPES,
    Notification,
    NotificationPreferences,
    NotificationType,
    PreferencesDraft,
)
from models.notifications.delivery import (
    Delivery,
    comes_again,
    delivery_of,
    digest_of,
    is_snoozed,
    quiet_until,
)
from models.notifications.notification import NotificationDraft
from models.notifications.preferences import ChannelChoice, QuietHours
from tests.notifications.writing import new

NOON: Final = dt.datetime(2026, 1, 5, 12, tzinfo=dt.UTC)
ZONES: Final = (
    "UTC",
    "Europe/Berlin",
    "America/New_York",
    "Australia/Lord_Howe",
    "Pacific/Apia",
    "Pacific/Kiritimati",
    "Africa/Casablanca",
    "America/Sao_Paulo",
    "Asia/Kathmandu",
    "America/St_Johns",
    "Antarctica/Troll",
)
MINUTE: Final = dt.timedelta(minutes=1)
FIRST: Final = dt.datetime(2010, 1, 1, tzinfo=dt.UTC)
moments = st.integers(0, 20 * 366 * 1440 * 60).map(lambda s: FIRST + dt.timedelta(seconds=s))
zones = st.sampled_from(ZONES)
times = st.builds("{:02}:{:02}".format, st.integers(0, 23), st.integers(0, 59))
nights = st.builds(QuietHours, start=times, end=times).filter(
    lambda quiet: quiet.start != quiet.end
)


def preferring(**fields: object) -> NotificationPreferences:
    """Preferences of somebody in Berlin."""
    draft = msgspec.convert(fields, PreferencesDraft)
    return NotificationPreferences.drafted(draft, owner="usr_1", tz="Europe/Berlin", at=NOON)


def told(name: str, **fields: object) -> Notification:
    """A notification that is there since noon."""
    made = Notification.drafted(new(name), owner="usr_1", at=NOON)
    return made.revised(msgspec.convert(fields, NotificationDraft), NOON)


@given(nights, moments, zones)
def test_quiet_hours_end_and_are_quiet_up_to_there(
    quiet: QuietHours, at: dt.datetime, tz: str
) -> None:
    until = quiet_until(quiet, at, tz)

    if until is None:
        return
    assert at < until <= at + dt.timedelta(hours=50)
    assert quiet_until(quiet, until, tz) is None
    assert quiet_until(quiet, at + (until - at) / 2, tz) == until
    assert quiet_until(quiet, until - dt.timedelta(milliseconds=1), tz) == until


@given(nights, moments, zones)
def test_where_no_clock_is_changed_the_clock_says_whether_it_is_quiet(
    quiet: QuietHours, at: dt.datetime, tz: str
) -> None:
    day = local_date(at, tz)
    offsets = {
        instant_of_minute(day + dt.timedelta(days=days), 0, tz)
        - instant_of_minute(day, 0, tz)
        - dt.timedelta(days=days)
        for days in (-2, -1, 0, 1, 2, 3)
    }
    if offsets != {dt.timedelta(0)}:
        return
    start, end, now = minute_of_day(quiet.start), minute_of_day(quiet.end), minute_of(at, tz)
    shown = start <= now < end if start < end else now >= start or now < end

    until = quiet_until(quiet, at, tz)

    assert (until is not None) is shown
    assert until is None or minute_of(until, tz) == end


@given(moments, zones)
def test_each_night_of_the_usual_hours_lasts_as_long_as_its_clocks_say(
    at: dt.datetime, tz: str
) -> None:
    day = local_date(at, tz)
    begin = instant_of_minute(day, 21 * 60 + 30, tz)

    assert quiet_until(QuietHours(), begin - MINUTE, tz) is None
    assert quiet_until(QuietHours(), begin, tz) == instant_of_minute(
        day + dt.timedelta(days=1), 8 * 60, tz
    )


def test_a_time_that_is_left_out_and_one_that_comes_twice() -> None:
    gap = QuietHours(start="22:00", end="02:30")
    before = dt.datetime(2026, 3, 29, 0, 59, tzinfo=dt.UTC)  # 01:59, then 03:00
    fold = dt.datetime(2026, 10, 25, 0, 45, tzinfo=dt.UTC)  # 02:45, and 02:45 again

    assert str(quiet_until(gap, before, "Europe/Berlin")) == "2026-03-29 01:30:00+00:00"
    assert quiet_until(gap, fold, "Europe/Berlin") is None
    assert quiet_until(gap, fold + dt.timedelta(minutes=30), "Europe/Berlin") is None
    assert str(quiet_until(gap, fold - dt.timedelta(minutes=30), "Europe/Berlin")) == (
        "2026-10-25 00:30:00+00:00"
    )


def test_what_is_held_back_and_what_is_not() -> None:
    night = dt.datetime(2026, 1, 5, 22, tzinfo=dt.UTC)
    morning = dt.datetime(2026, 1, 6, 7, tzinfo=dt.UTC)
    push = frozenset[str]({"push"})
    held = Delivery(channels=frozenset({"push"}), held_until=morning)
    tz = "Europe/Berlin"

    usual, alone = preferring(), preferring(digest=False)
    awake = preferring(quiet_hours={"on": False})
    assert delivery_of("goal_milestone", NOON, usual, tz) == Delivery(channels=held.channels)
    assert delivery_of("goal_milestone", night, usual, tz) == held
    assert delivery_of("goal_milestone", night, alone, tz) == held
    assert delivery_of("goal_milestone", night, awake, tz).held_until is None
    assert delivery_of("new_login", night, usual, tz).held_until is None
    assert delivery_of("task_due", night, usual, tz, is_own_time=True).held_until is None
    strict = preferring(hold_own_times=True)
    assert delivery_of("task_due", night, strict, tz, is_own_time=True) == held
    for type_ in TYPES:
        by_mail = {"mail"} if type_ == "new_login" else set()
        assert delivery_of(type_, NOON, usual, tz).channels == push | by_mail


maybe = st.none() | st.booleans()
choices = st.builds(ChannelChoice, mail=maybe, push=maybe)


@given(moments, zones, st.sampled_from(TYPES), choices)
def test_channels_are_those_that_were_chosen(
    at: dt.datetime, tz: str, type_: NotificationType, choice: ChannelChoice
) -> None:
    chosen = preferring(channels={type_: msgspec.to_builtins(choice)})

    delivery = delivery_of(type_, at, chosen, tz)

    default = {"mail": type_ == "new_login", "push": True}
    said = {name: getattr(choice, name) for name in default}
    wanted = {name: default[name] if is_on is None else is_on for name, is_on in said.items()}
    expected = {name for name, is_on in wanted.items() if is_on}
    assert delivery.channels == expected
    assert delivery.held_until is None or expected


def test_a_digest_has_what_is_still_worth_a_message() -> None:
    later = (NOON + dt.timedelta(hours=1)).isoformat()
    fresh, read, put_off = (
        told("ntf_1"),
        told("ntf_2", read=True),
        told("ntf_3", snoozed_until=later),
    )
    newest = told("ntf_4")
    old = msgspec.structs.replace(told("ntf_5"), expires_at=NOON)

    assert digest_of([fresh, read, newest, put_off, old], NOON) == [newest, fresh]


def test_what_is_put_off_comes_again_unless_it_was_read() -> None:
    at = NOON + dt.timedelta(hours=1)
    put_off = told("ntf_1", snoozed_until=at.isoformat())
    read = told("ntf_1", snoozed_until=at.isoformat(), read=True)

    assert [is_snoozed(put_off, moment) for moment in (NOON, at)] == [True, False]
    assert (comes_again(put_off, NOON), comes_again(put_off, at)) == (at, None)
    assert (comes_again(read, NOON), comes_again(told("ntf_1"), NOON)) == (None, None)
