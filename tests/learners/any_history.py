"""Histories in which anything may be written: of sparse schedules, and of days of long ago."""

import datetime as dt
from typing import Any

import msgspec
from hypothesis import strategies as st

from models.habits.measures import Amount, YesNo
from models.habits.schedules import Daily, Every, PerMonth, PerWeek, Rate, Recurring, Weekdays
from models.wire.frames import Ev
from tests.learners.events import ADA, corrected, created, entered, event, noon, updated, withdrawn

START = dt.date(2026, 1, 5)
DAY = dt.timedelta(days=1)
LONG_AGO = dt.date(2020, 1, 1)
SCHEDULES = (
    Daily(),
    Weekdays((1, 4)),
    PerWeek(3),
    PerMonth(2),
    Rate(times=2, days=7),
    Rate(times=1, days=366),
    Every(days=366, anchor=dt.date(2028, 1, 1)),
    Recurring("FREQ=DAILY;COUNT=1", LONG_AGO),
    Recurring("FREQ=YEARLY;INTERVAL=2", LONG_AGO),
    Recurring("FREQ=WEEKLY;UNTIL=20251231", LONG_AGO),
)
HabitKey = tuple[str, str]  # feed and habit
Steps = list[Ev | dt.datetime]


@st.composite
def any_histories(draw: st.DrawFn, habits: tuple[HabitKey, ...] = ((ADA, "run"),)) -> Steps:
    """Up to 30 steps of *habits*: time passes, and anything is written of any day."""
    now = noon(START)
    steps: Steps = [draw(_creations(feed, habit, now)) for feed, habit in habits]
    for _ in range(draw(st.integers(0, 30))):
        now += draw(st.sampled_from((0, 0, 1, 24, 24, 100, 2500, 9000))) * dt.timedelta(hours=1)
        feed, habit = draw(st.sampled_from(habits))
        steps.append(draw(st.one_of(st.just(now), _writings(feed, habit, now))))
    return steps


def _creations(feed: str, habit: str, now: dt.datetime) -> st.SearchStrategy[Ev]:
    return st.builds(
        created,
        st.just(feed),
        st.just(habit),
        st.sampled_from((START, LONG_AGO, START + 50 * DAY)),
        at=st.just(now),
        schedule=st.sampled_from(SCHEDULES),
        measure=st.sampled_from((YesNo(), Amount(2.0, at_most=True))),
        tz=st.sampled_from(("UTC", "America/New_York")),
    )


@st.composite
def _writings(draw: st.DrawFn, feed: str, habit: str, now: dt.datetime) -> Ev:
    ago = draw(st.sampled_from((0, 1, 2, 400, 800)))
    day = now.date() - ago * DAY
    achieved = draw(st.sampled_from((True, True, False, None)))
    changes: tuple[dict[str, Any], ...] = (
        {"archived": True},
        {"archived": False},
        {"tz": "Asia/Tokyo"},
        {"starts_on": str(day)},
        {"starts_on": str(START + 100 * DAY)},
    )
    days = [
        entered(feed, habit, day, at=now),
        entered(feed, habit, day, achieved=achieved, at=now),
        corrected(feed, habit, day, now, achieved=achieved),
        withdrawn(feed, habit, day, now),
    ]
    plans = [updated(feed, habit, now, **change) for change in changes]
    return draw(
        st.one_of(
            st.sampled_from(days),
            st.sampled_from(days),
            st.sampled_from(plans),
            st.one_of(_other_schedules(feed, habit, now), _vacations(feed, habit, now)),
            st.one_of(
                st.just(event(feed, "habit.deleted", habit, now)), _creations(feed, habit, now)
            ),
        )
    )


def _other_schedules(feed: str, habit: str, now: dt.datetime) -> st.SearchStrategy[Ev]:
    """Updates to another schedule; a merge patch removes the fields of the one before."""
    names = {field for schedule in SCHEDULES for field in schedule.__struct_fields__}
    patches = [dict.fromkeys(names) | msgspec.to_builtins(schedule) for schedule in SCHEDULES]
    return st.sampled_from([updated(feed, habit, now, schedule=patch) for patch in patches])


def _vacations(feed: str, habit: str, now: dt.datetime) -> st.SearchStrategy[Ev]:
    first, last = now.date() - 3 * DAY, now.date() + 500 * DAY
    doc: dict[str, Any] = {"first": str(first), "last": str(last), "habits": [habit]}
    made = [
        event(feed, "habit.vacation.created", "away", now, doc=doc),
        event(feed, "habit.vacation.created", "all", now, doc=doc | {"habits": []}),
        event(feed, "habit.vacation.deleted", "away", now),
    ]
    return st.sampled_from(made)
