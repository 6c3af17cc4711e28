"""Reminders of habits, at the times that their person has set."""

import datetime as dt

from models.base.reminders import Occurrence, occurrence_at
from models.habits import HABIT_REMINDER, Entry, Habit, entry_id
from upcoach.services.base.timers import DocumentTimer
from upcoach.services.habits.habit_reports import HabitReports
from upcoach.services.notifications.base.notifying import (
    NotificationRequest,
    NotificationSender,
    as_seen,
    moment_of_date,
)
from upcoach.store.base.shared_calls import SharedCalls, by_key
from upcoach.store.collections.documents import Documents
from upcoach.store.write.refs import Ref


class HabitReminders(DocumentTimer[Habit]):
    """Reminds of a habit on days that ask for it, as long as it is not done."""

    kind = Habit
    rule = HABIT_REMINDER

    def __init__(
        self, documents: Documents, reports: HabitReports, sender: NotificationSender
    ) -> None:
        super().__init__(documents)
        self._entries = SharedCalls(by_key(documents.state))
        self._reports = reports
        self._sender = sender

    async def act(self, document: Habit, due: dt.datetime, _now: dt.datetime) -> bool:
        """See `DocumentTimer.act`."""
        occurrence = occurrence_at(document.reminders, document.tz, document.day_start, due)
        if occurrence is None:
            return False
        entry = Ref(Entry, document.owner, entry_id(document.id, occurrence.local_date))
        before = await self._entries(entry)
        today, streak = await self._reports.on_day(document, occurrence.local_date)
        if not today.due or today.done:
            return False
        seen = {**as_seen(document), entry: 0 if before is None else before.version}
        return await self._sender.send(_request(document, occurrence, streak), seen)


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
