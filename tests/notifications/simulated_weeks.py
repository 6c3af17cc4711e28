"""Weeks of reminders in some seconds: a clock that a test moves, and schedulers that die."""

import asyncio
import datetime as dt
import random
from typing import Final

import msgspec

from models.base.metrics import Metrics
from models.base.time import DAY
from models.habits import HABIT_REMINDER, Habit
from models.habits.reminders import occurrences
from models.notifications import Notification
from tests.support.server import Server
from tests.support.wire.answers import done
from upcoach.client import RestClient
from upcoach.services.base.timers import TimerRunner
from upcoach.services.notifications.reminders.habit_reminders import HabitReminders
from upcoach.store.write.timers import LEASE, Timers

ZONES: Final = (
    "UTC",
    "Europe/Berlin",
    "America/New_York",
    "Australia/Lord_Howe",
    "Pacific/Apia",
    "Asia/Kathmandu",
    "America/St_Johns",
    "Africa/Casablanca",
)
STEP: Final = dt.timedelta(minutes=20)


class Simulation:
    """One installation, whose schedulers go by a clock of their own."""

    def __init__(self, server: Server, chance: random.Random) -> None:
        self.now = dt.datetime.now(dt.UTC).replace(microsecond=0)
        self.began = self.now
        self.habits: list[Habit] = []
        self._server = server
        self._chance = chance

    def clock(self) -> dt.datetime:
        return self.now

    async def add(self, person: RestClient, tz: str, times: list[str]) -> None:
        """Give *person* a habit with reminders."""
        body = {
            "name": f"Walk in {tz}",
            "tz": tz,
            "reminders": [{"time": time} for time in times],
            "starts_on": str((self.now - 3 * DAY).date()),
        }
        made = (await done(person.call("POST", "/v1/habits", body))).body
        self.habits.append(msgspec.convert(made, Habit, strict=False))

    async def run(self, until: dt.datetime, *, kills: float) -> None:
        """Let time go on in steps, and two schedulers work, each of which is killed at times."""
        while self.now < until:
            self.now += STEP
            runners = [self._scheduler(), self._scheduler()]
            tasks = [asyncio.create_task(runner.run_due()) for runner in runners]
            dying = [task for task in tasks if self._chance.random() < kills]
            for task in dying:
                for _ in range(self._chance.randrange(40)):
                    await asyncio.sleep(0)
                task.cancel()
            await asyncio.gather(*tasks, return_exceptions=True)
            if dying:  # whoever lives goes on with theirs when the lease is over
                self.now += LEASE
                await self._scheduler().run_due()

    async def told(self) -> list[str]:
        """What was reminded of, by the keys of notifications: of which date, and for which time."""
        documents = self._server.node.services.habits.habits._documents
        found: list[str] = []
        for owner in {habit.owner for habit in self.habits}:
            after = ""
            while page := await documents.page(Notification, owner, after=after, limit=500):
                found += [notification.key for notification in page]
                after = page[-1].id
        return sorted(found)

    def expected(self) -> list[str]:
        """What has to be reminded of between the beginning and now."""
        return sorted(
            f"habit_reminder:{habit.id}:{occurrence.local_date}:{occurrence.time}"
            for habit in self.habits
            for occurrence in occurrences(
                habit.reminders,
                habit.tz,
                habit.day_start,
                habit.created_at,
                self.now,
                lambda _: True,
            )
        )

    def _scheduler(self) -> TimerRunner:
        node = self._server.node
        services, documents = node.services, node.services.habits.habits._documents
        runner = TimerRunner(Timers(node.database, self.clock), documents, self.clock, Metrics())
        handler = HabitReminders(
            documents, services.habits.habit_reports, services.notifications.sender
        )
        runner.handles(HABIT_REMINDER.name, handler)
        return runner
