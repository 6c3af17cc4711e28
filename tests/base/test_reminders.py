"""Reminders so many minutes before a wall time: each once, whatever the clocks do."""

import datetime as dt

import pytest
from hypothesis import given
from hypothesis import strategies as st

from models.base.errors import Invalid
from models.base.reminders import check_reminder_minutes, next_moment, reminders_before
from models.base.time import DAY, zone_of

ZONES = ("UTC", "Europe/Berlin", "America/New_York", "Australia/Lord_Howe", "Pacific/Apia")
MOST = 28 * 24 * 60
minutes = st.lists(st.integers(0, MOST), max_size=5, unique=True).map(tuple)
days = st.dates(dt.date(1990, 1, 1), dt.date(2040, 12, 31))


@given(minutes, days, st.integers(0, 1439), st.sampled_from(ZONES))
def test_days_are_those_of_the_calendar_and_the_rest_is_time_that_passes(
    before: tuple[int, ...], day: dt.date, minute: int, tz: str
) -> None:
    found = reminders_before(before, day, minute, tz)

    assert sorted(reminder.minutes for reminder in found) == sorted(before)
    for reminder in found:
        wall = dt.datetime.combine(day, dt.time(*divmod(minute, 60)), zone_of(tz))
        earlier = (wall - reminder.minutes // 1440 * DAY).astimezone(dt.UTC)
        assert earlier - reminder.at == dt.timedelta(minutes=reminder.minutes % 1440)


@given(minutes, days, st.integers(0, 1439), st.sampled_from(ZONES))
def test_whoever_waits_for_the_next_gets_each_moment_once(
    before: tuple[int, ...], day: dt.date, minute: int, tz: str
) -> None:
    reminders = reminders_before(before, day, minute, tz)
    after, seen = dt.datetime(1900, 1, 1, tzinfo=dt.UTC), list[dt.datetime]()
    while (moment := next_moment(reminders, after)) is not None:
        seen.append(moment)
        after = moment

    assert seen == sorted({reminder.at for reminder in reminders})


def test_a_day_before_is_the_same_time_where_an_hour_is_left_out_or_comes_twice() -> None:
    for day, hours in ((dt.date(2026, 3, 29), 23), (dt.date(2026, 10, 25), 25)):
        later, earlier = (
            reminders_before((number,), day, 18 * 60, "Europe/Berlin")[0].at for number in (0, 1440)
        )
        assert later - earlier == dt.timedelta(hours=hours)


def test_a_reminder_that_is_there_twice_is_named() -> None:
    check_reminder_minutes((0, 60, 30))
    with pytest.raises(Invalid) as refusal:
        check_reminder_minutes((60, 30, 60))
    assert [flaw.pointer for flaw in refusal.value.flaws] == ["/reminder_minutes_before/2"]
