"""What a long history costs to look at: thirty habits, each logged every day for five years."""

import asyncio
import datetime as dt
import random
import time
from collections.abc import Awaitable, Callable

import msgspec

from config.settings import Settings
from models.access.scope import Scope
from models.base.clock import utc_now
from models.habits import Entry, EntryDraft, Habit, NewHabit
from models.habits.entry import entry_id
from models.habits.measures import Amount, Measure, YesNo
from models.habits.schedules import Daily, PerMonth, PerWeek, Rate, Schedule, Weekdays
from tests.bench.crowd import make_people
from tests.bench.report import Table, say
from tests.support.engines import TestEngines
from tests.support.server import serving
from upcoach.node import app
from upcoach.store.base import codec
from upcoach.store.write.changes import WriteContext
from upcoach.store.write.outcomes import Outcome
from upcoach.store.write.refs import Ref
from upcoach.store.write.requests import Write

HABITS, YEARS = 30, 5
BOUND_MS = 50  # of CPU, of the process that answers
KINDS: tuple[tuple[Schedule, Measure], ...] = (
    (Daily(), YesNo()),
    (Weekdays((1, 3, 5)), YesNo()),
    (PerWeek(4), YesNo()),
    (PerMonth(20), YesNo()),
    (Rate(3, 7), YesNo()),
    (Daily(), Amount(8.0, "cups")),
)


async def measure(engines: TestEngines, repeats: int) -> list[Table]:
    """Fill a database, and ask."""
    settings = Settings.from_environ(engines.environ())
    async with serving(settings) as server:
        node = server.node
        [person] = await make_people(node, settings, 1)
        scope = Scope(user=person["user"])
        habits = [await _make(node, scope, number) for number in range(HABITS)]
        entries = await _fill(node, scope, habits)
        say(f"{entries:,} entries of {HABITS} habits")
        first = utc_now().date() - dt.timedelta(days=YEARS * 365)
        reports = node.services.habits.habit_reports
        asked: dict[str, Callable[[], Awaitable[object]]] = {
            "nothing, for a quarter of a second": lambda: asyncio.sleep(0.25),
            "analytics of all, one year": lambda: reports.overview(scope, None, None),
            "analytics of all, five years": lambda: reports.overview(scope, first, None),
            "today": lambda: reports.today(scope, None, None),
            "achievements": lambda: reports.achievements(scope),
            "analytics of one, five years": lambda: reports.analytics(
                scope, habits[0].id, first, None
            ),
            "streak of one": lambda: reports.streak(scope, habits[0].id, None, 14),
        }
        rows = [(name, *await _cost(ask, max(5, repeats))) for name, ask in asked.items()]
    return [
        Table(
            f"Habits: {entries:,} entries, CPU of the process that answers (bound: {BOUND_MS} ms)",
            ("question", "CPU ms", "of the bound", "wall ms", "answer kB"),
            [
                (name, f"{cpu:.1f}", f"{cpu / BOUND_MS:.0%}", f"{wall:.0f}", f"{size / 1000:.0f}")
                for name, cpu, wall, size in rows
            ],
        )
    ]


async def _make(node: app.Node, scope: Scope, number: int) -> Habit:
    schedule, measure_ = KINDS[number % len(KINDS)]
    start = utc_now().date() - dt.timedelta(days=YEARS * 365)
    draft = NewHabit(name=f"Habit {number}", schedule=schedule, measure=measure_, starts_on=start)
    habit = Habit.drafted(draft, owner=scope.user, at=utc_now())

    def decide(changes: WriteContext) -> Outcome[None]:
        changes.create(habit)
        return Outcome(verb="created", document=None)

    reads = (Ref(Habit, scope.user, habit.id),)
    await node.committer.submit(Write(scope=scope, reads=reads, decide=decide))
    return habit


async def _fill(node: app.Node, scope: Scope, habits: list[Habit]) -> int:
    """Past days, put straight into the database."""
    dice = random.Random(1)
    await node.keyring.load([scope.user])
    key = node.keyring[scope.user]
    count = 0
    for habit in habits:
        documents = []
        for number in range(YEARS * 365):
            day = habit.starts_on + dt.timedelta(days=number)
            state = dice.choices(("done", "missed", "skip"), (80, 15, 5))[0]
            value = 6.0 + dice.randrange(4) if isinstance(habit.measure, Amount) else None
            draft = EntryDraft(state=state, value=value if state == "done" else None)  # type: ignore[arg-type]
            entry = Entry.drafted(draft, habit=habit, day=day, at=utc_now())
            minute = dice.randrange(360, 1320)
            documents.append(codec.to_bson(msgspec.structs.replace(entry, minute=minute), key))
            assert entry.id == entry_id(habit.id, day)
        await node.database[Entry.collection].insert_many(documents)
        count += len(documents)
    return count


async def _cost(ask: Callable[[], Awaitable[object]], repeats: int) -> tuple[float, float, int]:
    """The least CPU and wall time in ms over some repeats, with the encoding of the answer."""
    best, wall, size = float("inf"), float("inf"), 0
    for _ in range(repeats):
        await asyncio.sleep(0.2)
        cpu_began, wall_began = time.process_time(), time.monotonic()
        size = len(msgspec.json.encode(msgspec.to_builtins(await ask())))
        best = min(best, (time.process_time() - cpu_began) * 1000)
        wall = min(wall, (time.monotonic() - wall_began) * 1000)
    return best, wall, size
