"""Weeks of reminders in some seconds: a clock that a test moves, and schedulers that die."""

import asyncio
import datetime as dt
import random
from collections.abc import Callable, Iterator
from typing import Final

import msgspec

from models.base.metrics import Metrics
from models.base.reminders import Reminder, occurrences
from models.base.time import DAY, zone_of
from models.goals import GOAL_REMINDER, GOAL_TARGET, Goal
from models.habits import HABIT_REMINDER, Habit
from models.notifications import Notification
from models.tasks import TASK_REMINDER, Task
from tests.support.server import Server
from tests.support.wire.answers import done
from upcoach.client import RestClient
from upcoach.services.base.timers import TimerRunner
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
RULES: Final = (HABIT_REMINDER, GOAL_REMINDER, GOAL_TARGET, TASK_REMINDER)
BEFORE: Final = [1440, 600, 90, 30]  # minutes, further apart than a step and a lease
DUE: Final = "18:00"
MORNING: Final = dt.time(9)


class Simulation:
    """One installation, whose schedulers go by a clock of their own."""

    def __init__(self, server: Server, chance: random.Random, *, days: int) -> None:
        self.now = dt.datetime.now(dt.UTC).replace(microsecond=0)
        self.began = self.now
        self.until = self.began + days * DAY
        self.habits: list[Habit] = []
        self.goals: list[Goal] = []
        self.tasks: list[Task] = []
        self._days = days
        self._server = server
        self._chance = chance

    def clock(self) -> dt.datetime:
        return self.now

    async def add(self, person: RestClient, tz: str, times: list[str]) -> None:
        """Give *person* a habit, a goal and a task with reminders."""
        zone = {"tz": tz}
        reminders = {"reminders": [{"time": time} for time in times]}
        started = {"starts_on": str((self.now - 3 * DAY).date())}
        habit = {"name": f"Walk in {tz}"} | zone | reminders | started
        made = (await done(person.call("POST", "/v1/habits", habit))).body
        self.habits.append(msgspec.convert(made, Habit, strict=False))
        before = {"reminder_minutes_before": BEFORE}
        goal = {"title": f"Far in {tz}", "target_date": self._some_day()} | zone
        made = (await done(person.call("POST", "/v1/goals", goal | reminders | before))).body
        self.goals.append(msgspec.convert(made, Goal, strict=False))
        task = {"title": f"Call {tz}", "due_date": self._some_day(), "due_time": DUE} | zone
        made = (await done(person.call("POST", "/v1/tasks", task | before))).body
        self.tasks.append(msgspec.convert(made, Task, strict=False))

    async def run(self, *, kills: float) -> None:
        """Let time go on in steps, and two schedulers work, each of which is killed at times."""
        while self.now < self.until:
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
        return sorted((*self._of_habits(), *self._of_goals(), *self._of_tasks()))

    def _of_habits(self) -> Iterator[str]:
        for habit in self.habits:
            yield from self._daily(habit, habit.tz, habit.reminders, lambda _: True)

    def _of_goals(self) -> Iterator[str]:
        for goal in self.goals:
            last = goal.target_date
            assert goal.tz is not None
            assert last is not None
            yield from self._daily(goal, goal.tz, goal.reminders, last.__ge__)
            for minutes in self._before(goal, last, MORNING, goal.tz):
                yield f"goal_reminder:{goal.id}:{last}:-{minutes}"

    def _of_tasks(self) -> Iterator[str]:
        for task in self.tasks:
            assert task.due_date is not None
            for minutes in self._before(task, task.due_date, dt.time.fromisoformat(DUE), task.tz):
                yield f"task_reminder:{task.id}:{minutes}"

    def _daily(
        self,
        document: Habit | Goal,
        tz: str,
        reminders: tuple[Reminder, ...],
        is_asked: Callable[[dt.date], bool],
    ) -> Iterator[str]:
        """The keys of what comes at times of day."""
        for occurrence in occurrences(reminders, tz, 0, document.created_at, self.now, is_asked):
            of_day = f"{document.id}:{occurrence.local_date}:{occurrence.time}"
            yield f"{document.kind}_reminder:{of_day}"

    def _before(self, document: Goal | Task, day: dt.date, time: dt.time, tz: str) -> Iterator[int]:
        """The minutes of the reminders before a wall time that have come."""
        due = dt.datetime.combine(day, time, zone_of(tz))
        for minutes in BEFORE:
            days, rest = divmod(minutes, 1440)
            wall = due - days * DAY  # of the calendar
            moment = wall.astimezone(dt.UTC) - dt.timedelta(minutes=rest)
            if document.created_at < moment <= self.now:
                yield minutes

    def _some_day(self) -> str:
        return str((self.began + self._chance.randint(1, self._days) * DAY).date())

    def _scheduler(self) -> TimerRunner:
        node = self._server.node
        documents = node.services.habits.habits._documents
        runner = TimerRunner(Timers(node.database, self.clock), documents, self.clock, Metrics())
        for rule in RULES:
            runner.handles(rule.name, node.assembly.timers._handlers[rule.name])
        return runner
