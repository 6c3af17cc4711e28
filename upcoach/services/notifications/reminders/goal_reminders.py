"""Reminders of goals, at the times that their person has set, and before their target dates."""

import datetime as dt

from models.goals import GOAL_REMINDER, GOAL_TARGET, Goal, reminder_at, target_reminders
from upcoach.services.base.timers import DocumentTimer
from upcoach.services.notifications.base.notifying import (
    NotificationRequest,
    NotificationSender,
    as_seen,
    moment_of_date,
)
from upcoach.services.notifications.reminders.days_left import days_left
from upcoach.services.notifications.texts import Values
from upcoach.store.collections.documents import Documents


class GoalReminders(DocumentTimer[Goal]):
    """Reminds of an active goal at times of day."""

    kind = Goal
    rule = GOAL_REMINDER

    def __init__(self, documents: Documents, sender: NotificationSender) -> None:
        super().__init__(documents)
        self._sender = sender

    async def act(self, document: Goal, due: dt.datetime, _now: dt.datetime) -> bool:
        """See `DocumentTimer.act`."""
        occurrence = reminder_at(document, due)
        if occurrence is None:
            return False  # it is over, or was changed
        day, values = occurrence.local_date, {"date": occurrence.local_date}
        request = _request(document, day, occurrence.time, "", values)
        return await self._sender.send(request, as_seen(document))


class GoalTargets(DocumentTimer[Goal]):
    """Reminds of the target date of an active goal."""

    kind = Goal
    rule = GOAL_TARGET

    def __init__(self, documents: Documents, sender: NotificationSender) -> None:
        super().__init__(documents)
        self._sender = sender

    async def act(self, document: Goal, due: dt.datetime, now: dt.datetime) -> bool:
        """See `DocumentTimer.act`."""
        coming = (reminder for reminder in target_reminders(document) if reminder.at == due)
        reminder = next(coming, None)
        if reminder is None or document.target_date is None or document.tz is None:
            return False  # it is over, or was changed
        case, values = days_left(document.target_date, document.tz, now)
        which = f"-{reminder.minutes}"
        request = _request(document, document.target_date, which, case, values)
        return await self._sender.send(request, as_seen(document))


def _request(
    goal: Goal, day: dt.date, which: str, case: str, values: Values
) -> NotificationRequest:
    """The reminder of *goal* that is called so, of those that are about *day*."""
    return NotificationRequest(
        owner=goal.owner,
        type="goal_reminder",
        case=case,
        at=moment_of_date(day),
        key=f"goal_reminder:{goal.id}:{day}:{which}",
        values={"goal": goal.title, **values},
        link=f"/goals/{goal.id}",
        about=goal.id,
        is_own_time=True,
    )
