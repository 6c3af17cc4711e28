"""Timers: kept with their documents, claimed by one, and done once more where nobody knows."""

import asyncio
import datetime as dt
from typing import Any

import msgspec

from config.settings import Settings
from models.base.clock import utc_now
from models.base.errors import Unavailable
from models.base.metrics import Metrics
from models.habits import HABIT_REMINDER, Habit
from models.notifications.timers import EVENING_CHECK
from models.tasks import TASK_DUE
from tests.store.opened import database_of
from tests.support.people.furnished import HABIT, ONE_HABIT
from tests.support.people.scopes import scope_of
from tests.support.server import Server, serving
from tests.support.wire.answers import done
from tests.support.wire.sockets import mut
from tests.support.wire.writes import MUTATIONS
from upcoach.client import RestClient
from upcoach.services.base.timers import FIRST_WAIT, PER_OWNER, Fired, TimerRunner
from upcoach.services.notifications.reminders.habit_reminders import HabitReminders
from upcoach.store.base.database import Bson, Database
from upcoach.store.write.timers import COLLECTION, LEASE, Advance, DueTimer, Timers

RULES = (HABIT_REMINDER.name, TASK_DUE.name)
# Hours from now, so that no test is begun before it and ended after.
AHEAD = (utc_now() + dt.timedelta(hours=6)).replace(minute=30)
EVERY_MORNING = {"id": HABIT, "name": "Run", "reminders": [{"time": f"{AHEAD:%H:30}"}]}
TOMORROW = (utc_now() + dt.timedelta(days=1)).date()
TASK = {"title": "Call", "due_date": str(TOMORROW), "due_time": "18:00", "tz": "UTC"}

BEFORE = [60, 28 * 24 * 60]  # one of which is past when it is written
GOAL = {
    "title": "Run far",
    "target_date": str(TOMORROW),
    "reminders": [{"time": f"{AHEAD:%H:30}"}],
    "reminder_minutes_before": BEFORE,
}


class Watch:
    """A clock that a test sets."""

    def __init__(self) -> None:
        self.now = utc_now()

    def __call__(self) -> dt.datetime:
        return self.now

    def pass_over(self, moment: dt.datetime) -> None:
        """Let it be a little later than *moment*."""
        self.now = moment + dt.timedelta(seconds=1)


class Recorder:
    """A handler that says what fired, and when it is due next."""

    def __init__(self, *, next_in: dt.timedelta | None = None) -> None:
        self.fired: list[tuple[str, dt.datetime, bool]] = []
        self.failures: list[Exception] = []
        self._next_in = next_in

    async def fire(self, timer: DueTimer, now: dt.datetime, *, is_late: bool) -> Fired:
        self.fired.append((timer.about, timer.due, is_late))
        if self.failures:
            raise self.failures.pop()
        next_due = None if self._next_in is None else now + self._next_in
        return Fired("dropped" if is_late else "done", next_due)


async def newcomer(server: Server) -> RestClient:
    """Somebody new, whose evenings nobody looks at."""
    person = await server.person()
    async with server.node.database.connection():
        await server.node.database[COLLECTION].delete_many({"rule": EVENING_CHECK.name})
    return person


async def rows(database: Database) -> list[Bson]:
    """All timers, in order of their keys."""
    async with database.connection():
        return await database[COLLECTION].find({}, sort=[("_id", 1)]).to_list()


async def due_of(server: Server, person: RestClient, about: str = HABIT) -> Any:
    """When a document of *person*'s asks for something next."""
    owner = scope_of(server, person).user
    found = [row for row in await rows(server.node.database) if row["about"] == about]
    assert all(row["owner"] == owner for row in found)
    return found[0]["due"] if found else None


def runner_of(server: Server, watch: Watch, handler: Recorder) -> TimerRunner:
    """A scheduler beside the node, by a clock of its own, whose only handler is *handler*."""
    node = server.node
    documents = node.services.habits.habits._documents
    runner = TimerRunner(Timers(node.database, watch), documents, watch, Metrics())
    runner.handles(HABIT_REMINDER.name, handler)
    return runner


async def test_a_timer_follows_its_document(settings: Settings) -> None:
    async with serving(settings) as server:
        person = await newcomer(server)
        made = (await done(person.call("POST", "/v1/habits", EVERY_MORNING))).body
        habit = msgspec.convert(made, Habit, strict=False)
        first = await due_of(server, person)
        assert first == HABIT_REMINDER.next_due(habit, utc_now())

        path = ONE_HABIT.format(id=HABIT)

        async def change(patch: Bson) -> Any:
            version = (await done(person.call("GET", path))).body["version"]
            headers = {"If-Match": f'"v{version}"'}
            await done(person.call("PATCH", path, patch, headers=headers))
            return await due_of(server, person)

        [before] = await rows(server.node.database)
        assert await change({"name": "Run far"}) == first
        assert await rows(server.node.database) == [before]  # not even written
        later = await change({"reminders": [{"time": f"{AHEAD:%H:31}"}]})
        assert (later - first) % dt.timedelta(days=1) == dt.timedelta(minutes=1)
        assert await change({"archived": True}) is None
        assert await change({"archived": False}) == later
        assert await change({"reminders": []}) is None
        assert await change({"reminders": [{"time": f"{AHEAD:%H:30}"}]}) == first
        await done(person.call("DELETE", path))
        assert await rows(server.node.database) == []


async def test_a_task_has_no_timer_when_it_is_done(settings: Settings) -> None:
    async with serving(settings) as server:
        person = await newcomer(server)
        task = (await done(person.call("POST", "/v1/tasks", TASK))).body
        at_six = dt.datetime.combine(TOMORROW, dt.time(18), dt.UTC)
        assert await due_of(server, person, task["id"]) == at_six
        done_now = {"status": "completed"}
        path, headers = f"/v1/tasks/{task['id']}", {"If-Match": '"v1"'}
        await done(person.call("PATCH", path, done_now, headers=headers))
        assert await due_of(server, person, task["id"]) is None


async def test_what_is_refused_sets_no_timer(settings: Settings) -> None:
    async with serving(settings) as server:
        person = await newcomer(server)
        assert (await person.call("POST", "/v1/habits", EVERY_MORNING)).status == 201
        kept = await rows(server.node.database)
        again = EVERY_MORNING | {"reminders": [{"time": "09:00"}]}
        assert (await person.call("POST", "/v1/habits", again)).status == 409
        flawed = mut("POST", "/v1/habits", {"name": "A", "reminders": [{"time": "9"}]})
        [answer] = (await person.call("POST", MUTATIONS, [flawed])).body
        assert answer["status"] == 422
        assert await rows(server.node.database) == kept


async def test_two_schedulers_never_claim_the_same(settings: Settings) -> None:
    async with serving(settings) as server, database_of(settings) as other:
        person = await newcomer(server)
        for number in range(40):
            minute = {"time": f"{AHEAD:%H}:{number:02}"}
            await done(person.call("POST", "/v1/habits", {"name": "x", "reminders": [minute]}))
        watch = Watch()
        watch.pass_over(max(row["due"] for row in await rows(other)))
        schedulers = [Timers(server.node.database, watch), Timers(other, watch)]
        claimed = await asyncio.gather(*(timers.claim(10, RULES) for timers in schedulers * 4))
        names = [timer.about for timers in claimed for timer in timers]
        assert len(names) == len(set(names)) > 0

        # What the dead have claimed is claimed again, and not before their minute is over.
        left = [timer for _ in range(8) for timer in await schedulers[0].claim(10, RULES)]
        assert sorted(names + [timer.about for timer in left]) == sorted(
            row["about"] for row in await rows(other)
        )
        watch.now += LEASE
        again = await schedulers[1].claim(100, RULES)
        assert (len(again), {timer.failures for timer in again}) == (40, {0})


async def test_a_document_that_is_written_meanwhile_has_the_last_word(settings: Settings) -> None:
    async with serving(settings) as server:
        person = await newcomer(server)
        await done(person.call("POST", "/v1/habits", EVERY_MORNING))
        watch = Watch()
        watch.pass_over(await due_of(server, person))
        timers = Timers(server.node.database, watch)
        [claimed] = await timers.claim(10, RULES)

        headers = {"If-Match": '"v1"'}
        path = ONE_HABIT.format(id=HABIT)
        later = {"reminders": [{"time": f"{AHEAD:%H:45}"}]}
        await done(person.call("PATCH", path, later, headers=headers))
        due = await due_of(server, person)

        await timers.advance([Advance(claimed, None)])
        await timers.put_off([claimed], dt.timedelta(days=400))
        await timers.fail(claimed, "late", dt.timedelta())
        [row] = await rows(server.node.database)
        assert (row["due"], row["claim_at"], row["due"].minute) == (due, due, 45)


async def test_what_is_due_is_done_and_waits_for_its_next_time(settings: Settings) -> None:
    async with serving(settings) as server:
        person = await newcomer(server)
        await done(person.call("POST", "/v1/habits", EVERY_MORNING))
        due, watch = await due_of(server, person), Watch()
        recorder = Recorder(next_in=dt.timedelta(hours=7))
        runner = runner_of(server, watch, recorder)

        await runner.run_due()
        assert recorder.fired == []
        watch.pass_over(due)
        await runner.run_due()
        await runner.run_due()
        assert recorder.fired == [(HABIT, due, False)]
        second = watch.now + dt.timedelta(hours=7)
        assert await due_of(server, person) == second

        # An hour late it helps nobody any more.
        watch.now = second + dt.timedelta(hours=1, seconds=1)
        await runner.run_due()
        assert recorder.fired[1:] == [(HABIT, second, True)]
        assert runner._metrics.timers.labels("habit_reminder", "dropped")._value.get() == 1


async def test_what_cannot_be_done_is_tried_again_until_it_is_too_late(settings: Settings) -> None:
    async with serving(settings) as server:
        person = await newcomer(server)
        await done(person.call("POST", "/v1/habits", EVERY_MORNING))
        due, watch, recorder = await due_of(server, person), Watch(), Recorder()
        runner = runner_of(server, watch, recorder)
        watch.pass_over(due)

        recorder.failures = [Unavailable("feed_contended", "Too many writers.")]
        await runner.run_due()
        [row] = await rows(server.node.database)
        assert (row["failures"], "failure" in row) == (0, False)
        watch.now += FIRST_WAIT
        recorder.failures = [KeyError("broken")]
        await runner.run_due()
        [count] = await runner.timers.counts()
        assert (count.rule, count.failed, count.late) == ("habit_reminder", 1, 0)
        [failed] = await runner.timers.failed(10)
        assert (failed.name.split("/")[1:], failed.failures, failed.failure) == (
            [HABIT, HABIT_REMINDER.name],
            1,
            "KeyError",
        )
        watch.now += dt.timedelta(hours=2)
        await runner.run_due()
        assert [is_late for _, _, is_late in recorder.fired] == [False, False, True]
        assert await rows(server.node.database) == []


async def test_a_timer_that_failed_is_run_by_hand(settings: Settings) -> None:
    async with serving(settings) as server:
        person = await newcomer(server)
        await done(person.call("POST", "/v1/habits", EVERY_MORNING))
        watch = Watch()
        watch.pass_over(await due_of(server, person))
        runner = runner_of(server, watch, Recorder())
        [claimed] = await runner.timers.claim(1, RULES)
        await runner.timers.fail(claimed, "KeyError", dt.timedelta(days=1))
        await runner.run_due()
        [failed] = await runner.timers.failed(10)

        assert await runner.timers.run_now(failed.name)
        assert not await runner.timers.run_now("usr_none/hab_none/habit_reminder")
        await runner.run_due()
        assert await rows(server.node.database) == []


async def test_one_that_fails_takes_no_other_along(settings: Settings) -> None:
    async with serving(settings) as server:
        people = [await newcomer(server) for _ in range(3)]
        for person in people:
            await done(person.call("POST", "/v1/habits", EVERY_MORNING))
        watch, recorder = Watch(), Recorder(next_in=dt.timedelta(days=1))
        recorder.failures = [Unavailable("feed_contended", "Too many writers.")]
        watch.pass_over(max(row["due"] for row in await rows(server.node.database)))

        await runner_of(server, watch, recorder).run_due()

        assert len(recorder.fired) == 3
        ahead = [row["due"] > watch.now for row in await rows(server.node.database)]
        assert sorted(ahead) == [False, True, True]


async def test_what_cannot_be_read_keeps_its_timer_and_refuses_no_write(settings: Settings) -> None:
    async with serving(settings) as server:
        person = await newcomer(server)
        await done(person.call("POST", "/v1/habits", EVERY_MORNING))
        due, node = await due_of(server, person), server.node
        key = {"_id": f"{scope_of(server, person).user}/{HABIT}"}
        await node.database.handle["habits"].update_one(key, {"$set": {"schedule": "never"}})
        watch = Watch()
        watch.pass_over(due)
        documents = node.services.habits.habits._documents
        runner = TimerRunner(Timers(node.database, watch), documents, watch, Metrics())
        sender = node.services.notifications.sender
        handler = HabitReminders(documents, node.services.habits.habit_reports, sender)
        runner.handles(HABIT_REMINDER.name, handler)

        await runner.run_due()

        assert [row["due"] for row in await rows(node.database)] == [due]
        version = {"If-Match": '"v1"'}
        path = ONE_HABIT.format(id=HABIT)
        changed = await person.call("PATCH", path, {"name": "Walk"}, headers=version)
        assert changed.status == 409
        await done(person.call("DELETE", path))
        assert await rows(node.database) == []


async def test_nobody_has_all_the_turns(settings: Settings) -> None:
    async with serving(settings) as server:
        busy, other = await newcomer(server), await newcomer(server)
        minute = {"reminders": [{"time": f"{AHEAD:%H:30}"}]}
        for _ in range(3 * PER_OWNER):
            await done(busy.call("POST", "/v1/habits", {"name": "x", **minute}))
        await done(other.call("POST", "/v1/habits", EVERY_MORNING))
        watch, recorder = Watch(), Recorder()
        watch.pass_over(max(row["due"] for row in await rows(server.node.database)))

        await runner_of(server, watch, recorder).run_due()

        fired = [about for about, _, _ in recorder.fired]
        assert len(fired) == 3 * PER_OWNER + 1
        assert fired.index(HABIT) <= PER_OWNER


async def test_the_end_of_the_calendar_refuses_no_write(settings: Settings) -> None:
    async with serving(settings) as server:
        person = await newcomer(server)
        far = EVERY_MORNING | {"starts_on": "9999-12-31"}
        assert (await person.call("POST", "/v1/habits", far)).status == 201
        assert await rows(server.node.database) == []
        documents = await server.node.services.habits.habits.page(scope_of(server, person))
        assert await Timers(server.node.database, Watch()).add_missing(documents) == 0


async def test_timers_are_counted_by_how_they_stand(settings: Settings) -> None:
    async with serving(settings) as server:
        person = await newcomer(server)
        for number in range(4):
            minute = {"time": f"{AHEAD:%H}:{number:02}"}
            await done(person.call("POST", "/v1/habits", {"name": "x", "reminders": [minute]}))
        watch = Watch()
        timers = Timers(server.node.database, watch)
        [count] = await timers.counts()
        assert (count.waiting, count.late, count.running, count.failed) == (4, 0, 0, 0)
        assert count.next_due == min(row["due"] for row in await rows(server.node.database))
        watch.pass_over(max(row["due"] for row in await rows(server.node.database)))
        await timers.claim(1, RULES)
        [count] = await timers.counts()
        assert (count.waiting, count.late, count.running, count.failed) == (0, 3, 1, 0)


async def test_what_an_older_build_wrote_gets_its_timers(settings: Settings) -> None:
    async with serving(settings) as server:
        people = [await newcomer(server) for _ in range(3)]
        for person in people:
            await done(person.call("POST", "/v1/habits", EVERY_MORNING))
            await done(person.call("POST", "/v1/tasks", TASK | {"reminder_minutes_before": BEFORE}))
            await done(person.call("POST", "/v1/goals", GOAL))
        kept = [row["due"] for row in await rows(server.node.database)]
        async with server.node.database.connection():
            await server.node.database[COLLECTION].delete_many({"owner": {"$ne": ""}})
        runner = runner_of(server, Watch(), Recorder())

        await runner.repair()
        made = [
            row for row in await rows(server.node.database) if row["rule"] != EVENING_CHECK.name
        ]
        assert [row["due"] for row in made] == kept
        assert len(made) == 5 * len(people)
        assert all(row["due"] > utc_now() for row in made)
        evenings = await rows(server.node.database)
        assert len(evenings) == len(made) + len(people)
        await runner.repair()
        assert await rows(server.node.database) == evenings
