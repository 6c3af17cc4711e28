"""The types of reports about habits."""

import datetime as dt

import msgspec

from models.base.trend import Trend
from models.habits.achievements import Achievement
from models.habits.correlation import Correlation
from models.habits.entry import State
from models.habits.evaluation import Span
from models.habits.freezes import FreezeTokens
from models.habits.habit import Category
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
    """A streak with the windows that it was evaluated in, oldest first."""

    habit: str
    as_of: dt.date
    ends_at: dt.datetime
    windows: tuple[Window, ...]
    freezes: FreezeTokens


class Score(msgspec.Struct, frozen=True, kw_only=True):
    """The strength at the end of a day; null before the first step."""

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
    """One habit among all."""

    habit: str
    name: str
    category: Category | None
    strength: float | None
    streak: int
    best: int
    unit: Span
    formation: float | None
    total: Rated


class CategoryRate(Rated, frozen=True, kw_only=True):
    """The habits of a category together; null are those without one."""

    category: Category | None
    habits: int


class Overview(msgspec.Struct, frozen=True, kw_only=True):
    """All habits that are not archived, from *first* to *last*; see `Analytics`."""

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
    """An achievement of a habit."""

    habit: str
    name: str


class UpcomingReminder(msgspec.Struct, frozen=True, kw_only=True):
    """A reminder of a habit: the moment, and what the clock of *tz* shows then."""

    habit: str
    name: str
    at: dt.datetime
    time: str
    tz: str
    local_date: dt.date
