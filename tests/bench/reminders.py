"""A node of ours whose people have habits with reminders, all due at the same time of day."""

import asyncio
import datetime as dt
import time
from typing import Any, Final

from models.access.scope import Scope
from models.base.clock import utc_now
from models.base.metrics import Metrics
from models.base.reminders import Reminder
from models.habits import HABIT_REMINDER, Habit, NewHabit
from models.notifications import Notification
from tests.bench.child import obey
from tests.bench.crowd import make_people
from tests.bench.node import SETTLED_S, Bench, running
from upcoach.services.base.timers import TimerRunner
from upcoach.services.notifications.reminders.habit_reminders import HabitReminders
from upcoach.store.write.changes import WriteContext
from upcoach.store.write.outcomes import Outcome
from upcoach.store.write.refs import Ref
from upcoach.store.write.requests import Write
from upcoach.store.write.timers import Timers

HABITS: Final = 10  # of each person
DAY: Final = dt.timedelta(days=1)
POLL_S: Final = 0.05


class Mornings:
    """One morning after another, on each of which everybody's reminders are due at once."""

    def __init__(self, bench: Bench) -> None:
        self._bench = bench
        self._database = bench.node.database
        self._due = utc_now()
        self._kept = 0

    async def prepare(self, count: int) -> dict[str, Any]:
        """Make people with *count* habits together."""
        people = await make_people(self._bench.node, self._bench.settings, count // HABITS)
        self._due = max([await self._make_habits(person["user"]) for person in people])
        return {}

    async def pass_over(self, count: int) -> dict[str, Any]:
        """Let a morning come with *count* reminders; how many seconds they took."""
        began = time.perf_counter()
        await self._scheduler(self._due + dt.timedelta(seconds=1)).run_due()
        while await self._database.handle["push_outbox"].estimated_document_count():
            await asyncio.sleep(POLL_S)
        seconds = time.perf_counter() - began
        await asyncio.sleep(SETTLED_S)  # as in `node`: their marks belong to their cost
        self._due += DAY
        self._kept += count
        kept = await self._database[Notification.collection].count_documents({})
        assert kept == self._kept, f"{kept} reminders came, and not {self._kept}"
        return {"seconds": seconds}

    async def _make_habits(self, owner: str) -> dt.datetime:
        """Give *owner* habits with a reminder each; when these are due next."""
        drafts = [
            NewHabit(name=f"Habit {number}", reminders=(Reminder(time="07:30"),))
            for number in range(HABITS)
        ]
        now = utc_now()
        habits = [Habit.drafted(draft, owner=owner, at=now) for draft in drafts]

        def decide(changes: WriteContext) -> Outcome[None]:
            for habit in habits:
                changes.create(habit)
            return Outcome(verb="created", document=None)

        reads = tuple(Ref(Habit, owner, habit.id) for habit in habits)
        write = Write(scope=Scope(user=owner), reads=reads, decide=decide)
        await self._bench.node.committer.submit(write)
        due = habits[0].next_reminder(now)
        assert due is not None
        return due

    def _scheduler(self, now: dt.datetime) -> TimerRunner:
        """A scheduler of habits' reminders for which it is *now*."""
        services = self._bench.node.services
        documents = services.habits.habits._documents
        runner = TimerRunner(Timers(self._database, lambda: now), documents, lambda: now, Metrics())
        reports, sender = services.habits.habit_reports, services.notifications.sender
        runner.handles(HABIT_REMINDER.name, HabitReminders(documents, reports, sender))
        return runner


async def main() -> None:
    async with running() as bench:
        mornings = Mornings(bench)
        await obey({"prepare": mornings.prepare, "pass_over": mornings.pass_over})


if __name__ == "__main__":
    asyncio.run(main())
