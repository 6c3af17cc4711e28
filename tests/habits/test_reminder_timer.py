"""When a habit next reminds: the first of its reminders, whatever the clocks do."""

import datetime as dt
from typing import Final

import msgspec
from hypothesis import given
from hypothesis import strategies as st

from models.base.reminders import Reminder, occurrences
from models.base.time import DAY, local_date, minute_of
from models.habits import HABIT_REMINDER, Habit, NewHabit

EPOCH: Final = dt.datetime(2025, 12, 30, tzinfo=dt.UTC)
ZONES: Final = (
    "UTC",
    "Europe/Berlin",
    "America/New_York",
    "Australia/Lord_Howe",
    "Pacific/Apia",
    "Asia/Kathmandu",
    "America/St_Johns",
    "Africa/Casablanca",
)

reminders = st.builds(
    Reminder,
    time=st.times().map(lambda time: f"{time:%H:%M}"),
    weekdays=st.sets(st.integers(1, 7), min_size=1).map(lambda days: tuple(sorted(days))),
)


def a_habit(**fields: object) -> Habit:
    """A habit since the first of January 2026."""
    draft = NewHabit(name="Run", starts_on=dt.date(2026, 1, 1))
    habit = Habit.drafted(draft, owner="usr_1", at=EPOCH)
    return msgspec.structs.replace(habit, **fields)


@given(
    chosen=st.lists(reminders, min_size=1, max_size=4).map(tuple),
    tz=st.sampled_from(ZONES),
    minutes=st.integers(0, 400 * 24 * 60),
    day_start=st.sampled_from((0, 180)),
)
def test_it_is_the_first_that_comes(
    chosen: tuple[Reminder, ...], tz: str, minutes: int, day_start: int
) -> None:
    habit = a_habit(reminders=chosen, tz=tz, day_start=day_start)
    after = EPOCH + 4 * DAY + dt.timedelta(minutes=minutes)
    due = habit.next_reminder(after)
    assert due is not None
    assert after < due <= after + 8 * DAY
    assert (
        list(
            occurrences(chosen, tz, day_start, after, due - dt.timedelta.resolution, lambda _: True)
        )
        == []
    )
    # An hour that is left out moves a reminder by as much; nothing else does.
    shown = minute_of(due, tz)
    assert min((shown - reminder.minute) % 1440 for reminder in chosen) <= 60


def test_nobody_is_reminded_before_the_first_day() -> None:
    habit = a_habit(reminders=(Reminder(time="07:30"),), tz="Asia/Tokyo")
    due = habit.next_reminder(EPOCH - 300 * DAY)
    assert due is not None
    assert (local_date(due, habit.tz), minute_of(due, habit.tz)) == (dt.date(2026, 1, 1), 450)


def test_archived_habits_and_those_without_reminders_have_no_timer() -> None:
    assert a_habit().next_reminder(EPOCH) is None
    archived = a_habit(reminders=(Reminder(time="07:30"),), archived=True)
    assert archived.next_reminder(EPOCH) is None
    assert HABIT_REMINDER.next_due is Habit.next_reminder


@given(starts_on=st.dates(), tz=st.sampled_from(ZONES))
def test_no_first_day_is_too_much(starts_on: dt.date, tz: str) -> None:
    habit = a_habit(reminders=(Reminder(time="07:30"),), tz=tz, starts_on=starts_on)
    due = habit.next_reminder(EPOCH)
    assert due is None or due > EPOCH
