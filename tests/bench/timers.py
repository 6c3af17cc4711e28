"""What a reminder costs that is due: thousands in one minute, beside as many plain inserts."""

import asyncio
import datetime as dt
import time
from collections.abc import Awaitable
from typing import Final

from config.settings import Settings
from models.access.scope import Scope
from models.base.clock import utc_now
from models.base.metrics import Metrics
from models.base.reminders import Reminder
from models.habits import HABIT_REMINDER, Habit, NewHabit
from models.notifications import Notification
from tests.bench.crowd import make_people
from tests.bench.report import Table, median, say
from tests.support.engines import TestEngines
from tests.support.server import serving
from upcoach.node import app
from upcoach.services.base.timers import CLAIMED, TimerRunner
from upcoach.services.notifications.reminders.habit_reminders import HabitReminders
from upcoach.store.write.changes import WriteContext
from upcoach.store.write.outcomes import Outcome
from upcoach.store.write.refs import Ref
from upcoach.store.write.requests import Write
from upcoach.store.write.timers import Timers

PEOPLE: Final = 200
HABITS: Final = 10  # of each
A_MINUTE: Final = 100_000  # reminders that the product is to bear in one minute


async def measure(engines: TestEngines, repeats: int) -> list[Table]:
    """Let everybody's reminders come at once, day after day, and insert as many documents."""
    settings = Settings.from_environ(engines.environ())
    async with serving(settings) as server:
        node = server.node
        people = await make_people(node, settings, PEOPLE)
        due = [await _make(node, person["user"]) for person in people]
        count = PEOPLE * HABITS
        say(f"{count:,} reminders a day")
        day = dt.timedelta(days=1)
        reminders, inserts = [], []
        for turn in range(repeats):
            now = max(due) + turn * day + dt.timedelta(seconds=1)
            reminders.append(await _cost(_scheduler(node, now).run_due()))
            inserts.append(await _cost(_insert(node, count, turn)))
        kept = await node.database[Notification.collection].count_documents({})
    assert kept == count * repeats, f"{kept} reminders came"
    wall, cpu = (median(row[place] for row in reminders) / count for place in (0, 1))
    plain, plain_cpu = (median(row[place] for row in inserts) / count for place in (0, 1))
    return [
        Table(
            f"Reminders that are due together: {count:,}, on one process",
            ("", "a second", "beside insert_one", "CPU of the process", "beside insert_one"),
            [
                (
                    "reminder",
                    f"{1 / wall:,.0f}",
                    f"{plain / wall:.2f}",
                    f"{cpu * 1e3:.2f} ms",
                    f"{cpu / plain_cpu:.1f}",
                ),
                ("insert_one", f"{1 / plain:,.0f}", "1", f"{plain_cpu * 1e3:.2f} ms", "1"),
            ],
            [f"{A_MINUTE:,} in one minute are {A_MINUTE / 60:,.0f} a second."],
        )
    ]


async def _make(node: app.Node, owner: str) -> dt.datetime:
    """Give *owner* habits with a reminder each; when the last of them is due."""
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
    await node.committer.submit(Write(scope=Scope(user=owner), reads=reads, decide=decide))
    due = habits[0].next_reminder(now)
    assert due is not None
    return due


def _scheduler(node: app.Node, now: dt.datetime) -> TimerRunner:
    """A scheduler of habits' reminders for which it is *now*."""
    documents = node.services.habits.habits._documents
    runner = TimerRunner(Timers(node.database, lambda: now), documents, lambda: now, Metrics())
    reports, sender = node.services.habits.habit_reports, node.services.notifications.sender
    runner.handles(HABIT_REMINDER.name, HabitReminders(documents, reports, sender))
    return runner


async def _insert(node: app.Node, count: int, turn: int) -> None:
    """Insert as many documents, as many at once."""
    waiting = iter(range(count))

    async def insert() -> None:
        for number in waiting:
            row = {"_id": f"{turn}/{number}", "title": "Habit", "at": utc_now(), "body": "x" * 300}
            await node.database.handle["bench"].insert_one(row)

    await asyncio.gather(*(insert() for _ in range(CLAIMED)))


async def _cost(work: Awaitable[None]) -> tuple[float, float]:
    """The seconds that *work* takes, and those of CPU of this process."""
    began, cpu = time.monotonic(), time.process_time()
    await work
    return time.monotonic() - began, time.process_time() - cpu
