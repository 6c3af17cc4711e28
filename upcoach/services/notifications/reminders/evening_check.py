"""What is looked at every evening: streaks that end tonight, and goals at risk."""

import datetime as dt
from collections.abc import Iterator, Sequence
from typing import Final

from models.access.scope import Scope
from models.account import User
from models.base.time import local_date, week_of
from models.goals import Goal
from models.notifications.timers import EVENING_CHECK
from upcoach.services.base.timers import DocumentTimer
from upcoach.services.goals import Goals
from upcoach.services.goals.goals import Assessment
from upcoach.services.habits.habit_reports import HabitReports
from upcoach.services.habits.report_types import HabitToday
from upcoach.services.notifications.base.notifying import (
    NotificationRequest,
    NotificationSender,
    moment_of_date,
)
from upcoach.services.notifications.texts import Value
from upcoach.store.collections.documents import Documents

SHORTEST: Final = 3  # units in a row that are worth a word
MOST: Final = 3  # of each type in one evening


class EveningChecks(DocumentTimer[User]):
    """Warns of streaks that end tonight, once each day, and of goals at risk, once each week."""

    kind = User
    rule = EVENING_CHECK

    def __init__(
        self, documents: Documents, reports: HabitReports, goals: Goals, sender: NotificationSender
    ) -> None:
        super().__init__(documents)
        self._reports = reports
        self._goals = goals
        self._sender = sender

    async def act(self, document: User, due: dt.datetime, _now: dt.datetime) -> bool:
        """See `DocumentTimer.act`."""
        scope = Scope(user=document.id)
        day = local_date(due, document.tz)
        habits = await self._reports.today(scope, None, None)
        assessed = await self._goals.assess_all(scope, day)
        requests = [
            *_streaks(habits, document.id),
            *await self._at_risk(scope, assessed),
        ]
        sent = [await self._sender.send(request) for request in requests]
        return any(sent)

    async def _at_risk(
        self, scope: Scope, assessed: Sequence[Assessment]
    ) -> list[NotificationRequest]:
        worst = [one.goal for one in assessed if one.outlook.at_risk][:MOST]
        goals = await self._documents.find_many(Goal, scope.user, worst)
        days = {one.goal: one.outlook.day for one in assessed}
        return [_goal_at_risk(goal, days[goal.id]) for goal in goals]


def _streaks(habits: Sequence[HabitToday], owner: str) -> Iterator[NotificationRequest]:
    """The longest of the streaks that end tonight."""
    open_ones = [
        habit for habit in habits if habit.at_risk and not habit.done and habit.streak >= SHORTEST
    ]
    for habit in sorted(open_ones, key=lambda habit: -habit.streak)[:MOST]:
        yield NotificationRequest(
            owner=owner,
            type="streak_at_risk",
            at=moment_of_date(habit.local_date),
            key=f"streak_at_risk:{habit.habit}:{habit.local_date}",
            values={"habit": habit.name, "count": habit.streak},
            link=f"/habits/{habit.habit}",
            about=habit.habit,
        )


def _goal_at_risk(goal: Goal, day: dt.date) -> NotificationRequest:
    """The notification of a goal at risk, which is the same all week."""
    first, _ = week_of(day)
    values: dict[str, Value] = {"goal": goal.title, "progress": round(100 * goal.progress)}
    if goal.target_date is None:
        case = "undated"
    elif goal.target_date < day:
        case = "overdue"
    else:
        case, values["count"] = "", (goal.target_date - day).days
    return NotificationRequest(
        owner=goal.owner,
        type="at_risk_goal",
        case=case,
        at=moment_of_date(first),
        key=f"at_risk_goal:{goal.id}",
        values=values,
        link=f"/goals/{goal.id}",
        about=goal.id,
    )
