"""Reminders of habits, at the times that their person has set."""

import datetime as dt

from models.base.reminders import Occurrence, occurrence_at
from models.habits import HABIT_REMINDER, Habit
from upcoach.services.base.timers import DocumentTimer
from upcoach.services.habits.habit_reports import HabitReports
from upcoach.services.notifications.base.notifying import (
    NotificationRequest,
    NotificationSender,
    moment_of_date,
)
from upcoach.store.collections.documents import Documents


class HabitReminders(DocumentTimer[Habit]):
    """Reminds of a habit on days that ask for it, as long as it is not done."""

    kind = Habit
    rule = HABIT_REMINDER

    def __init__(
        self, documents: Documents, reports: HabitReports, sender: NotificationSender
    ) -> None:
        super().__init__(documents)
        self._reports = reports
        self._sender = sender

    async def act(self, document: Habit, due: dt.datetime, _now: dt.datetime) -> bool:
        """See `DocumentTimer.act`."""
        occurrence = occurrence_at(document.reminders, document.tz, document.day_start, due)
        if occurrence is None:
            return False
        today, streak = await self._reports.on_day(document, occurrence.local_date)
        if not today.due or today.done:
            return False
        return await self._sender.send(_request(document, occurrence, streak))


def _request(habit: Habit, occurrence: Occurrence, streak: int) -> NotificationRequest:
    return NotificationRequest(
        owner=habit.owner,
        type="habit_reminder",
        at=moment_of_date(occurrence.local_date),
        key=f"habit_reminder:{habit.id}:{occurrence.local_date}:{occurrence.time}",
        values={"habit": habit.name, "streak": streak, "date": occurrence.local_date},
        link=f"/habits/{habit.id}",
        about=habit.id,
        is_own_time=True,
    )
