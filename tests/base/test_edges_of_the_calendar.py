"""Whatever date, moment or zone somebody names, our calendar answers or refuses it."""

import contextlib
import datetime as dt
import zoneinfo

from hypothesis import given, settings
from hypothesis import strategies as st

from models.base import time
from models.base.errors import Refusal
from models.base.recurrence import Repeat, next_date
from models.base.reminders import Reminder, occurrences
from models.habits import Every, Rate, Recurring, Weekdays, due_from
from models.habits.schedules import Schedule, check_new_schedule

ZONES = sorted(zoneinfo.available_timezones() - {"localtime"})
EDGES = (
    dt.date.min,
    dt.date.max,
    time.EARLIEST,
    time.LATEST,
    time.EPOCH,
    time.HORIZON,
    dt.date(2011, 12, 30),
    dt.date(2024, 2, 29),
)
dates = st.sampled_from(EDGES) | st.dates()
offsets = st.timedeltas(dt.timedelta(hours=-23, minutes=-59), dt.timedelta(hours=23, minutes=59))
moments = st.builds(
    dt.datetime.combine,
    dates,
    st.sampled_from((dt.time.min, dt.time.max)) | st.times(),
    offsets.map(
        lambda offset: dt.timezone(dt.timedelta(minutes=offset // dt.timedelta(minutes=1)))
    ),
)
zones = st.sampled_from(ZONES)
names = st.text(max_size=70) | st.lists(
    st.sampled_from(
        ("", ".", "..", "/", "America", "Europe/Berlin", "zone.tab", "__init__.py", "\0")
    ),
    max_size=4,
).map("/".join)


@settings(max_examples=200)
@given(names)
def test_a_zone_is_known_or_refused(name: str) -> None:
    with contextlib.suppress(Refusal):
        time.check_zone(name)

        assert name in ZONES


@settings(max_examples=100)
@given(moments, zones, st.integers(0, 1439))
def test_a_moment_has_a_day_or_is_refused(at: dt.datetime, tz: str, day_start: int) -> None:
    with contextlib.suppress(Refusal):
        stored = time.to_stored(at)

        day = time.local_date(stored, tz, day_start)
        assert stored < time.end_of_day(day + time.DAY, tz, day_start)
        assert 0 <= time.minute_of(stored, tz) < 1440


@settings(max_examples=100)
@given(dates, zones, st.integers(0, 1439))
def test_a_date_is_followed_or_refused(day: dt.date, tz: str, day_start: int) -> None:
    with contextlib.suppress(Refusal):
        time.check_date(day, "/day")

        assert time.start_of_day(day, tz) <= time.end_of_day(day, tz, day_start)
        assert time.last_moment_of_day(day, tz) < time.end_of_day(day, tz)
        assert all(first <= day <= last for first, last in (time.week_of(day), time.month_of(day)))
        assert day not in time.anniversaries(day)


@given(
    st.builds(Repeat, st.sampled_from(("day", "week", "month", "year")), st.integers(1, 366)),
    st.dates(time.EARLIEST, time.LATEST) | st.sampled_from((time.EARLIEST, time.LATEST)),
    st.dates(time.EARLIEST, time.LATEST) | st.sampled_from((time.EARLIEST, time.LATEST)),
    st.dates(time.EARLIEST, time.LATEST),
)
def test_a_series_goes_on_or_ends(
    repeats: Repeat, series: dt.date, due: dt.date, completed: dt.date
) -> None:
    following = next_date(repeats, series, due, completed)

    assert following is None or max(due, completed) < following <= time.LATEST


@settings(max_examples=100)
@given(
    st.one_of(
        st.builds(Every, st.integers(1, 366), dates),
        st.builds(Rate, st.integers(1, 366), st.integers(1, 366)),
        st.builds(Recurring, st.just("FREQ=YEARLY;INTERVAL=999"), dates),
        st.just(Weekdays((7,))),
    ),
    st.dates(time.EPOCH, time.HORIZON) | st.sampled_from((time.EPOCH, time.HORIZON)),
    zones,
)
def test_a_schedule_is_followed_or_refused(schedule: Schedule, day: dt.date, tz: str) -> None:
    with contextlib.suppress(Refusal):
        check_new_schedule(schedule)

        due = due_from(schedule, day)
        assert due is None or (due >= day and schedule.is_due(due))
        begin = dt.datetime.combine(day, dt.time(), dt.UTC)
        reminders = (Reminder(time="00:00"), Reminder(time="23:59"))
        coming = occurrences(
            reminders, tz, 1439, begin, begin + time.WEEK, is_asked=schedule.is_due
        )
        assert all(begin < reminder.at <= begin + time.WEEK for reminder in coming)
