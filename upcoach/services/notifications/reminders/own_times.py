"""What people are asked and told at a time of day that they have set."""

import abc
import datetime as dt

from models.access.scope import Scope
from models.base.time import local_date
from models.journal import JournalEntry
from models.moods import Mood
from models.notifications import NotificationPreferences
from models.notifications.timers import DAILY_SUMMARY, JOURNAL_PROMPT, MOOD_CHECK_IN
from upcoach.services.base.timers import DocumentTimer
from upcoach.services.goals import Goals
from upcoach.services.habits.habit_reports import HabitReports
from upcoach.services.journal.prompts import Prompts
from upcoach.services.notifications.base.notifying import (
    NotificationRequest,
    NotificationSender,
    moment_of_date,
)
from upcoach.services.notifications.texts import Value
from upcoach.store.base.conditions import Range
from upcoach.store.collections.documents import Documents, Selection


class _OwnTime(DocumentTimer[NotificationPreferences]):
    """Notifies once on a local date of its person, if there is anything to say."""

    kind = NotificationPreferences

    def __init__(self, documents: Documents, sender: NotificationSender) -> None:
        super().__init__(documents)
        self._sender = sender

    async def act(
        self, document: NotificationPreferences, due: dt.datetime, _now: dt.datetime
    ) -> bool:
        """See `DocumentTimer.act`."""
        day = local_date(due, document.tz)
        request = await self.request(document, day)
        return request is not None and await self._sender.send(request)

    @abc.abstractmethod
    async def request(
        self, preferences: NotificationPreferences, day: dt.date
    ) -> NotificationRequest | None:
        """What is said on *day*; None if nothing."""


class MoodCheckIns(_OwnTime):
    """Asks how somebody feels, unless they have said so on that date."""

    rule = MOOD_CHECK_IN

    async def request(
        self, preferences: NotificationPreferences, day: dt.date
    ) -> NotificationRequest | None:
        """See `_OwnTime.request`."""
        wanted = Selection(order="at", where={"local_date": day}, limit=1)
        if await self._documents.select(Mood, preferences.owner, wanted):
            return None
        return NotificationRequest(
            owner=preferences.owner,
            type="mood_check_in",
            at=moment_of_date(day),
            key=f"mood_check_in:{day}",
            link="/moods/new",
            is_own_time=True,
        )


class JournalPrompts(_OwnTime):
    """Gives somebody something to write about, unless they have written on that date."""

    rule = JOURNAL_PROMPT

    def __init__(self, documents: Documents, prompts: Prompts, sender: NotificationSender) -> None:
        super().__init__(documents, sender)
        self._prompts = prompts

    async def request(
        self, preferences: NotificationPreferences, day: dt.date
    ) -> NotificationRequest | None:
        """See `_OwnTime.request`."""
        wanted = Selection(
            order="local_date",
            where={"trashed_at": None},
            span=Range(first=day, last=day),
            limit=1,
        )
        if await self._documents.select(JournalEntry, preferences.owner, wanted):
            return None
        # Apps that may see notifications need not know of moods and goals, which a prompt tells of.
        prompts = await self._prompts.of(Scope(user=preferences.owner), day)
        if not prompts:
            return None
        return NotificationRequest(
            owner=preferences.owner,
            type="journal_prompt",
            at=moment_of_date(day),
            key=f"journal_prompt:{day}",
            values={"prompt": prompts[0].text, "id": prompts[0].id},
            link=f"/journal/new?prompt={prompts[0].id}",
            is_own_time=True,
        )


class DailySummaries(_OwnTime):
    """Tells how the day went, if any habit asked for something."""

    rule = DAILY_SUMMARY

    def __init__(
        self, documents: Documents, reports: HabitReports, goals: Goals, sender: NotificationSender
    ) -> None:
        super().__init__(documents, sender)
        self._reports = reports
        self._goals = goals

    async def request(
        self, preferences: NotificationPreferences, day: dt.date
    ) -> NotificationRequest | None:
        """See `_OwnTime.request`."""
        scope = Scope(user=preferences.owner)
        habits = await self._reports.today(scope, preferences.tz, day)
        due = [habit for habit in habits if habit.due or habit.done]
        if not due:
            return None
        values: dict[str, Value] = {
            "done": sum(habit.done for habit in due),
            "count": len(due),
            "date": day,
        }
        progress = (await self._goals.stats(scope, day)).overview.mean_progress
        if progress is not None:
            values["goals_progress"] = round(100 * progress)
        return NotificationRequest(
            owner=preferences.owner,
            type="daily_summary",
            at=moment_of_date(day),
            key=f"daily_summary:{day}",
            values=values,
            link="/today",
            is_own_time=True,
        )
