import datetime as dt

import pytest
from hypothesis import given
from hypothesis import strategies as st

from models.base.time import DAY, end_of_day, exists
from models.habits.schedules import Daily, Rate, Weekdays
from models.learners.due_days import closes_at, next_due
from models.learners.history import HabitHistory

ZONES = ("UTC", "Europe/Berlin", "Pacific/Apia", "Australia/Lord_Howe", "America/Havana")


def length(day: dt.date, tz: str) -> dt.timedelta:
    return end_of_day(day, tz) - end_of_day(day - DAY, tz)


@pytest.mark.parametrize(
    ("tz", "day", "hours"),
    [
        ("UTC", dt.date(2026, 3, 29), 24),
        ("Europe/Berlin", dt.date(2026, 3, 29), 23),
        ("Europe/Berlin", dt.date(2026, 10, 25), 25),
        ("Australia/Lord_Howe", dt.date(2026, 4, 5), 24.5),
        ("Australia/Lord_Howe", dt.date(2026, 10, 4), 23.5),
        ("Pacific/Apia", dt.date(2011, 12, 29), 24),
        ("Pacific/Apia", dt.date(2011, 12, 30), 0),
        ("Pacific/Apia", dt.date(2011, 12, 31), 24),
    ],
)
def test_a_day_is_as_long_as_its_zone_makes_it(tz: str, day: dt.date, hours: float) -> None:
    actual = length(day, tz)

    assert actual == dt.timedelta(hours=hours)


def test_a_day_closes_three_hours_after_its_local_midnight() -> None:
    closing = closes_at(dt.date(2026, 1, 1), "America/New_York")

    assert closing == dt.datetime(2026, 1, 2, 8, tzinfo=dt.UTC)


def test_a_day_that_never_was_is_not_due() -> None:
    day = next_due(Daily(), HabitHistory(), "Pacific/Apia", after=dt.date(2011, 12, 29))

    assert day == dt.date(2011, 12, 31)


def test_a_schedule_of_weekdays_is_due_on_them() -> None:
    monday = dt.date(2026, 1, 5)

    day = next_due(Weekdays((1, 4)), HabitHistory(), "UTC", after=monday)

    assert day == dt.date(2026, 1, 8)


@given(
    done=st.sets(st.integers(0, 30), max_size=20),
    days=st.integers(1, 14),
    share=st.floats(0.01, 1.0),
    after=st.integers(0, 30),
)
def test_a_rate_is_due_until_its_window_satisfies_it(
    done: set[int], days: int, share: float, after: int
) -> None:
    start = dt.date(2026, 1, 1)
    times = max(1, round(days * share))
    history = HabitHistory()
    for number in sorted(done):
        history.mark(start + number * DAY)

    day = next_due(Rate(times, days), history, "UTC", after=start + after * DAY)

    expected = after + 1
    while len(done & set(range(expected - days + 1, expected))) >= times:
        expected += 1
    assert day == start + expected * DAY


@given(day=st.dates(dt.date(1995, 1, 1), dt.date(2030, 1, 1)), tz=st.sampled_from(ZONES))
def test_days_follow_each_other(day: dt.date, tz: str) -> None:
    following = next_due(Daily(), HabitHistory(), tz, after=day)

    assert following is not None
    assert exists(following, tz)
    assert end_of_day(following - DAY, tz) == end_of_day(day, tz) or not exists(following - DAY, tz)


@given(days=st.lists(st.integers(0, 900), max_size=40))
def test_a_history_remembers_the_days_of_a_year(days: list[int]) -> None:
    start = dt.date(2026, 1, 1)
    history = HabitHistory()
    for number in days:
        history.mark(start + number * DAY)

    newest = max(days, default=0)
    actual = history.times_done(start + (newest + 1) * DAY, 366)

    assert actual == len({number for number in days if number > newest - 366})
    assert len(history.days_done) <= 46  # 366 bits
