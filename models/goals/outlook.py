"""The outlook of a goal: expected progress, velocity, and whether it is at risk.

The rule and its thresholds are those of the product: at risk is an active goal that is more than a
fifth behind a straight line, that nobody has measured for two weeks, that is slower than half of
what is needed, or that is past its date.  What cannot be known yet is null.
"""

import datetime as dt
import math
from typing import Final, Literal

import msgspec

from models.base.time import DAY
from models.goals.goal import Goal

Reason = Literal["behind", "stale", "slow", "overdue"]

BEHIND: Final = 0.2
STALE: Final = dt.timedelta(days=14)
WINDOW: Final = dt.timedelta(days=14)  # over which velocity is taken
SLOW: Final = 0.5


class Outlook(msgspec.Struct, frozen=True, kw_only=True):
    """The outlook of a goal on a day.

    Attributes
    ----------
    expected
        The progress of a straight line from the start to the target date; null without one.
    velocity
        Progress a day over the last 14 days, or since the start; null on the first day.
    required
        Progress a day that is needed to be done in time; null without a date, or past it.
    safe_days
        Days until it is *behind* if nothing happens; null without a date.
    eta
        When it is done at its velocity; null while that is not above 0.
    at_risk
        Null for a goal that is not active.
    day
        The day that it is about.
    progress
        The progress on that day, from 0 to 1.
    reasons
        Why, in words.

    """

    day: dt.date
    progress: float
    expected: float | None
    velocity: float | None
    required: float | None
    safe_days: int | None
    eta: dt.date | None
    at_risk: bool | None
    reasons: tuple[Reason, ...]


def outlook(goal: Goal, day: dt.date) -> Outlook:
    """The outlook of *goal* on the local date *day*."""
    expected = expected_progress(goal, day)
    speed = velocity(goal, day)
    needed = _required(goal, day)
    reasons = _reasons(goal, day, expected, speed, needed)
    active = goal.status == "active"
    return Outlook(
        day=day,
        progress=goal.progress,
        expected=expected,
        velocity=speed,
        required=needed,
        safe_days=_safe_days(goal, day) if active else None,
        eta=_eta(goal, day, speed) if active else None,
        at_risk=bool(reasons) if active else None,
        reasons=reasons if active else (),
    )


def expected_progress(goal: Goal, day: dt.date) -> float | None:
    """The progress on *day* of a straight line from start to target; null without a target date."""
    if goal.target_date is None:
        return None
    total = (goal.target_date - _start(goal)).days
    elapsed = (day - _start(goal)).days
    if total <= 0:
        return 1.0 if day >= goal.target_date else 0.0
    return min(1.0, max(0.0, elapsed / total))


def velocity(goal: Goal, day: dt.date) -> float | None:
    """Progress a day over the last two weeks; null before a whole day has gone by."""
    first = max(_start(goal), day - WINDOW)
    days = (day - first).days
    if days < 1:
        return None
    earlier = [daily.progress for daily in goal.track if daily.day <= first]
    # Before the track begins the goal was where it was made; an older one was cut off its track.
    begin = earlier[-1] if earlier else (goal.track[0].progress if goal.track else goal.progress)
    return (goal.progress - begin) / days


def _start(goal: Goal) -> dt.date:
    return goal.starts_on or goal.created_at.date()


def _required(goal: Goal, day: dt.date) -> float | None:
    if goal.target_date is None or day >= goal.target_date:
        return None
    return (1 - goal.progress) / (goal.target_date - day).days


def _reasons(
    goal: Goal,
    day: dt.date,
    expected: float | None,
    speed: float | None,
    needed: float | None,
) -> tuple[Reason, ...]:
    begun = day >= _start(goal)
    reasons: list[Reason] = []
    if expected is not None and goal.progress < expected - BEHIND:
        reasons.append("behind")
    if begun and day - _last_activity(goal) > STALE:
        reasons.append("stale")
    # In the first two weeks nobody has a pace yet.
    settled = day - _start(goal) >= WINDOW
    if settled and speed is not None and needed is not None and speed < SLOW * needed:
        reasons.append("slow")
    if goal.target_date is not None and day > goal.target_date:
        reasons.append("overdue")
    return tuple(reasons)


def _last_activity(goal: Goal) -> dt.date:
    """The last day on which it was measured or moved, or on which it began."""
    measured = [moment.date() for moment in goal.measured.values()]
    tracked = [daily.day for daily in goal.track]
    return max((*measured, *tracked, _start(goal)))


def _safe_days(goal: Goal, day: dt.date) -> int | None:
    if goal.target_date is None:
        return None
    total = (goal.target_date - _start(goal)).days
    if total <= 0 or goal.progress + BEHIND >= 1:
        return max(0, (goal.target_date - day).days)
    behind_on = _start(goal) + math.floor((goal.progress + BEHIND) * total) * DAY
    return max(0, (behind_on - day).days)


def _eta(goal: Goal, day: dt.date, speed: float | None) -> dt.date | None:
    if goal.progress >= 1 or speed is None or speed <= 0:
        return None
    days = math.ceil((1 - goal.progress) / speed)
    return None if days > 36_500 else day + days * DAY
