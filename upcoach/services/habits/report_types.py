"""The types of reports about habits."""

import datetime as dt

import msgspec

from models.base.trend import Trend
from models.habits.achievements import Achievement
from models.habits.correlation import Correlation
from models.habits.entry import State
from models.habits.evaluation import Span
from models.habits.freezes import FreezeTokens
from models.habits.habit import HabitCategory
from models.habits.overview import Day, PartsOfDay
from models.habits.statistics import (
    BestTime,
    Point,
    Rated,
    WeekdayRate,
)
from models.habits.streaks import Run, Streak, Window
from models.habits.today import Times


class HabitToday(msgspec.Struct, frozen=True, kw_only=True):
    """One habit today.

    Attributes
    ----------
    state, value
        What was logged.
    remaining
        What of the target is still to be done, or of a ceiling still to be had.
    at_risk
        Whether a streak ends unless it is done before *ends_at*, when the day is over.
    habit
        The habit.
    name
        What the habit is called.
    local_date
        The day.
    ends_at
        When the day ends.
    due
        Whether it is due.
    done
        Whether it is done.
    times
        How many times are needed in the window around the day.
    streak
        How many units in a row were kept.
    unit
        What streaks are counted in.

    """

    habit: str
    name: str
    local_date: dt.date
    ends_at: dt.datetime
    due: bool
    done: bool
    state: State | None
    value: float | None
    remaining: float | None
    times: Times | None
    streak: int
    unit: Span
    at_risk: bool


class StreakAnswer(Streak, frozen=True, kw_only=True):
    """A streak with the windows that it was evaluated in, oldest first.

    Attributes
    ----------
    habit
        The habit.
    as_of
        The day that it is about.
    ends_at
        When that day ends.
    windows
        The windows that it was evaluated in, the oldest first.
    freezes
        The freeze tokens, which keep a streak.

    """

    habit: str
    as_of: dt.date
    ends_at: dt.datetime
    windows: tuple[Window, ...]
    freezes: FreezeTokens


class Score(msgspec.Struct, frozen=True, kw_only=True):
    """The strength at the end of a day; null before the first step.

    Attributes
    ----------
    date
        The day.
    score
        The strength at its end; null before the first step.

    """

    date: dt.date
    score: float | None


class Analytics(msgspec.Struct, frozen=True, kw_only=True):
    """One habit from *first* to *last*.

    Attributes
    ----------
    strength, streak, best, formation
        As of *last*, from all that was logged up to it; see docs/habits.md.
    heatmap
        What each day was worth, from *first* on; null where nothing is to be said.
    hours
        How often it was done on each weekday in each hour: 7 rows of 24.
    trend
        Of the moving rate.
    mood
        How the day's mood goes with it; null for those who may not see moods.
    habit
        The habit.
    first
        The first day.
    last
        The last day.
    strengths
        The strength, day by day.
    unit
        What streaks are counted in.
    total
        What was kept in all of the time.
    moving
        The moving rate of 28 days, a point a week.
    weekdays
        The days of the week.
    best_time
        When it is done most often.

    """

    habit: str
    first: dt.date
    last: dt.date
    strength: float | None
    strengths: list[Score]
    streak: Run | None
    best: Run | None
    unit: Span
    formation: float | None
    total: Rated
    moving: list[Point]
    heatmap: list[float | None]
    weekdays: list[WeekdayRate]
    hours: list[list[int]]
    best_time: BestTime | None
    trend: Trend | None
    mood: Correlation | None = None


class Summary(msgspec.Struct, frozen=True, kw_only=True):
    """One habit among all.

    Attributes
    ----------
    habit
        The habit.
    name
        What the habit is called.
    category
        The area of life.
    strength
        How strong it is, from 0 to 1.
    streak
        How long the streak is.
    best
        How long the longest streak was.
    unit
        What streaks are counted in.
    total
        What was kept.
    formation
        How far the habit is formed, from 0 to 1.

    """

    habit: str
    name: str
    category: HabitCategory | None
    strength: float | None
    streak: int
    best: int
    unit: Span
    formation: float | None
    total: Rated


class CategoryRate(Rated, frozen=True, kw_only=True):
    """The habits of a category together; null are those without one.

    Attributes
    ----------
    category
        The area of life.
    habits
        How many habits are in it.

    """

    category: HabitCategory | None
    habits: int


class Overview(msgspec.Struct, frozen=True, kw_only=True):
    """All habits that are not archived, from *first* to *last*; see `Analytics`.

    Attributes
    ----------
    first
        The first day.
    last
        The last day.
    habits
        Each habit.
    total
        All habits together.
    perfect_days
        On how many days all that was due was kept.
    days
        Each day.
    moving
        The moving rate of 28 days, a point a week.
    categories
        The habits by category.
    parts
        How often something was done in each part of the day.
    hours
        How often something was done on each weekday in each hour: 7 rows of 24.
    best_time
        When something is done most often.
    formation
        The mean of the habits' formation, from 0 to 1.

    """

    first: dt.date
    last: dt.date
    habits: list[Summary]
    total: Rated
    formation: float | None
    perfect_days: int
    days: list[Day]
    moving: list[Point]
    categories: list[CategoryRate]
    parts: PartsOfDay
    hours: list[list[int]]
    best_time: BestTime | None


class UnlockedAchievement(Achievement, frozen=True, kw_only=True):
    """An achievement of a habit.

    Attributes
    ----------
    habit
        The habit.
    name
        What the habit is called.

    """

    habit: str
    name: str


class HabitTime(msgspec.Struct, frozen=True, kw_only=True):
    """When a habit is to be done: at a moment, or some time on a day.

    Attributes
    ----------
    habit
        The id of the habit.
    name
        What it is called.
    on
        The local date that it is about.
    at
        The moment of a reminder; null for some time of the day.

    """

    habit: str
    name: str
    on: dt.date
    at: dt.datetime | None = None


class UpcomingReminder(msgspec.Struct, frozen=True, kw_only=True):
    """A reminder of a habit: the moment, and what the clock of *tz* shows then.

    Attributes
    ----------
    habit
        The habit.
    name
        What the habit is called.
    at
        The moment.
    time
        The wall time.
    tz
        The time zone of the wall time.
    local_date
        The day that it is about.

    """

    habit: str
    name: str
    at: dt.datetime
    time: str
    tz: str
    local_date: dt.date
