"""The answers about habits: how they are put together."""

import datetime as dt
from collections.abc import Iterator, Sequence
from typing import Any, Final

import msgspec

from models.base.time import DAY, end_of_day
from models.base.trend import trend
from models.habits import Entry
from models.habits.achievements import achievements
from models.habits.overview import HabitTotals
from models.habits.statistics import (
    DoneTimes,
    JudgedUnits,
    best_time,
    formation,
    heatmap,
    weekdays,
)
from models.habits.streaks import lengths, streak, windows
from models.habits.strength import strengths
from models.habits.today import TodayState, remaining
from upcoach.services.habits.habit_history import EvaluatedHabit
from upcoach.services.habits.report_types import (
    Analytics,
    CategoryRate,
    HabitToday,
    Overview,
    Score,
    StreakAnswer,
    Summary,
    UnlockedAchievement,
)

YEAR: Final = 365 * DAY


def today_of(one: EvaluatedHabit, now: TodayState, entry: Entry | None) -> HabitToday:
    """What *one* asks of today, where *entry* was logged."""
    current, _ = lengths(one.units)
    value = entry.value if entry else None
    return HabitToday(
        habit=one.habit.id,
        name=one.habit.name,
        local_date=one.today,
        ends_at=end_of_day(one.today, one.habit.tz, one.habit.day_start),
        due=now.due,
        done=now.done,
        state=entry.state if entry else None,
        value=value,
        remaining=remaining(one.habit.measure, value),
        times=now.times,
        streak=current,
        unit=one.units.span,
        at_risk=current > 0 and one.units.is_urgent,
    )


def streak_of(one: EvaluatedHabit, newest: int, ends_at: dt.datetime) -> StreakAnswer:
    """The streak of *one*."""
    found = streak(one.schedule, one.days, one.units)
    return StreakAnswer(
        habit=one.habit.id,
        as_of=one.today,
        ends_at=ends_at,
        windows=windows(one.units, newest),
        freezes=one.tokens,
        **_fields(found),
    )


def analytics_of(one: EvaluatedHabit, since: dt.date | None) -> Analytics:
    """What *one* comes to."""
    first = since or one.today - YEAR + DAY
    span = (first.toordinal(), one.ordinal)
    judged = JudgedUnits.of(one.units, one.ordinal)
    strong = strengths(one.schedule, one.habit.measure, one.days)
    moving = judged.moving(*span)
    times = DoneTimes.of(one.history, *span)
    found = streak(one.schedule, one.days, one.units)
    length = found.current.length if found.current else 0
    return Analytics(
        habit=one.habit.id,
        first=first,
        last=one.today,
        strength=strong.on(one.ordinal),
        strengths=[
            Score(date=point.date, score=strong.on(point.date.toordinal())) for point in moving
        ],
        streak=found.current,
        best=found.best,
        unit=found.unit,
        formation=formation(judged, one.history, length, one.ordinal),
        total=judged.between(*span),
        moving=moving,
        heatmap=heatmap(one.days, *span),
        weekdays=weekdays(one.units, one.history, *span),
        hours=times.hours().tolist(),
        best_time=best_time(times.minute),
        trend=trend({one.date: one.rate for one in moving if one.rate is not None}),
    )


def overview_of(
    summaries: Sequence[Summary], sums: HabitTotals, first: dt.date, last: dt.date
) -> Overview:
    """What all habits come to."""
    formed = [one.formation for one in summaries if one.formation is not None]
    return Overview(
        first=first,
        last=last,
        habits=list(summaries),
        total=sums.rate(),
        formation=sum(formed) / len(formed) if formed else None,
        perfect_days=sums.perfect_days(),
        days=sums.days(),
        moving=sums.moving(),
        categories=_categories(summaries),
        parts=sums.parts(),
        hours=sums.hours(),
        best_time=sums.best_time(),
    )


def unlocked_by(one: EvaluatedHabit) -> Iterator[UnlockedAchievement]:
    """The achievements of *one*."""
    for found in achievements(one.history, one.units, one.ordinal):
        yield UnlockedAchievement(habit=one.habit.id, name=one.habit.name, **_fields(found))


def summary_of(one: EvaluatedHabit, first: dt.date) -> Summary:
    """What *one* comes to among all."""
    judged = JudgedUnits.of(one.units, one.ordinal)
    current, best = lengths(one.units)
    return Summary(
        habit=one.habit.id,
        name=one.habit.name,
        category=one.habit.category,
        strength=strengths(one.schedule, one.habit.measure, one.days).on(one.ordinal),
        streak=current,
        best=best,
        unit=one.units.span,
        formation=formation(judged, one.history, current, one.ordinal),
        total=judged.between(first.toordinal(), one.ordinal),
    )


def _categories(summaries: Sequence[Summary]) -> list[CategoryRate]:
    rates = []
    for category in dict.fromkeys(one.category for one in summaries):
        totals = [one.total for one in summaries if one.category == category]
        kept, judged = sum(one.kept for one in totals), sum(one.judged for one in totals)
        rates.append(
            CategoryRate(
                category=category,
                habits=len(totals),
                kept=kept,
                judged=judged,
                rate=kept / judged if judged else None,
            )
        )
    return rates


def _fields(struct: msgspec.Struct) -> dict[str, Any]:
    return msgspec.structs.asdict(struct)
