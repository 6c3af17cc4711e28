"""Builds the reports about habits from evaluated habits."""

import datetime as dt
from collections.abc import Iterator, Sequence
from typing import Any, Final

import msgspec

from models.base.time import DAY
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


def today_of(evaluated: EvaluatedHabit, now: TodayState, entry: Entry | None) -> HabitToday:
    """Report on *evaluated* today, where *entry* was logged."""
    current, _ = lengths(evaluated.units)
    value = entry.value if entry else None
    return HabitToday(
        habit=evaluated.habit.id,
        name=evaluated.habit.name,
        local_date=evaluated.today,
        ends_at=evaluated.ends_at,
        due=now.due,
        done=now.done,
        state=entry.state if entry else None,
        value=value,
        remaining=remaining(evaluated.habit.measure, value),
        times=now.times,
        streak=current,
        unit=evaluated.units.span,
        at_risk=current > 0 and evaluated.units.is_urgent,
    )


def streak_of(evaluated: EvaluatedHabit, newest: int) -> StreakAnswer:
    """The streak of *evaluated*."""
    current = streak(evaluated.schedule, evaluated.days, evaluated.units)
    return StreakAnswer(
        habit=evaluated.habit.id,
        as_of=evaluated.today,
        ends_at=evaluated.ends_at,
        windows=windows(evaluated.units, newest),
        freezes=evaluated.tokens,
        **_fields(current),
    )


def analytics_of(evaluated: EvaluatedHabit, since: dt.date | None) -> Analytics:
    """The analytics of *evaluated*."""
    first = since or evaluated.today - YEAR + DAY
    span = (first.toordinal(), evaluated.ordinal)
    judged = JudgedUnits.of(evaluated.units, evaluated.ordinal)
    strong = strengths(evaluated.schedule, evaluated.habit.measure, evaluated.days)
    moving = judged.moving(*span)
    times = DoneTimes.of(evaluated.history, *span)
    current = streak(evaluated.schedule, evaluated.days, evaluated.units)
    length = current.current.length if current.current else 0
    return Analytics(
        habit=evaluated.habit.id,
        first=first,
        last=evaluated.today,
        strength=strong.on(evaluated.ordinal),
        strengths=[
            Score(date=point.date, score=strong.on(point.date.toordinal())) for point in moving
        ],
        streak=current.current,
        best=current.best,
        unit=current.unit,
        formation=formation(judged, evaluated.history, length, evaluated.ordinal),
        total=judged.between(*span),
        moving=moving,
        heatmap=heatmap(evaluated.days, *span),
        weekdays=weekdays(evaluated.units, evaluated.history, *span),
        hours=times.hours().tolist(),
        best_time=best_time(times.minute),
        trend=trend({point.date: point.rate for point in moving if point.rate is not None}),
    )


def overview_of(
    summaries: Sequence[Summary], sums: HabitTotals, first: dt.date, last: dt.date
) -> Overview:
    """The overview of all habits."""
    formed = [summary.formation for summary in summaries if summary.formation is not None]
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


def unlocked_by(evaluated: EvaluatedHabit) -> Iterator[UnlockedAchievement]:
    """The achievements of *evaluated*."""
    for achievement in achievements(evaluated.history, evaluated.units, evaluated.ordinal):
        yield UnlockedAchievement(
            habit=evaluated.habit.id, name=evaluated.habit.name, **_fields(achievement)
        )


def summary_of(evaluated: EvaluatedHabit, first: dt.date) -> Summary:
    """The summary of *evaluated* in an overview."""
    judged = JudgedUnits.of(evaluated.units, evaluated.ordinal)
    current, best = lengths(evaluated.units)
    return Summary(
        habit=evaluated.habit.id,
        name=evaluated.habit.name,
        category=evaluated.habit.category,
        strength=strengths(evaluated.schedule, evaluated.habit.measure, evaluated.days).on(
            evaluated.ordinal
        ),
        streak=current,
        best=best,
        unit=evaluated.units.span,
        formation=formation(judged, evaluated.history, current, evaluated.ordinal),
        total=judged.between(first.toordinal(), evaluated.ordinal),
    )


def _categories(summaries: Sequence[Summary]) -> list[CategoryRate]:
    rates = []
    for category in dict.fromkeys(summary.category for summary in summaries):
        totals = [summary.total for summary in summaries if summary.category == category]
        kept, judged = sum(total.kept for total in totals), sum(total.judged for total in totals)
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
