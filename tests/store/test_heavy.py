"""Writes that go through much, a long past or many children: nobody waits for them."""

import asyncio
import datetime as dt

import pytest

from config.settings import Settings
from models.access.scope import Scope
from models.base.errors import Conflict
from models.base.ids import new_id, new_mutation_id
from models.goals import Goal, GoalDraft, NewGoal
from models.habits import Entry, EntryDraft, Habit, NewHabit
from models.moods import Mood, NewMood
from tests.store.opened import new_goal
from tests.support.people.scopes import scope_of
from tests.support.people.wealth import EPOCH, hold, moods
from tests.support.server import Server, serving
from tests.support.wire.waiting import until
from upcoach.store.base.database import Bson
from upcoach.store.log.event_log import EventLog, size_of
from upcoach.store.write.changes import WriteContext
from upcoach.store.write.committer import LANES
from upcoach.store.write.document_versions import FAR_BYTES, NEAR_BYTES
from upcoach.store.write.outcomes import Outcome
from upcoach.store.write.pending import Side
from upcoach.store.write.reads import NEAR
from upcoach.store.write.refs import Ref
from upcoach.store.write.requests import Mutation, Write
from upcoach.store.write.transaction import Transaction, Work

STRANGERS = 4
NOTES = "\N{SEEDLING}" * 9_900  # some 40 kB


class Watch:
    """What is committed together, and the bytes that are read of pasts."""

    def __init__(self, monkeypatch: pytest.MonkeyPatch) -> None:
        self.shared: list[set[str]] = []  # the feeds of each transaction
        self.waiting = 0
        self.past_bytes = 0
        self.gate = asyncio.Event()
        self.gate.set()
        self._commit, self._history = Transaction.commit, EventLog.history
        watch = self

        async def commit(self: Transaction, work: Work, answers: list[Bson]) -> None:
            await watch.committed(self, work, answers)

        async def history(self: EventLog, *asked: object) -> object:
            events = await watch._history(self, *asked)  # type: ignore[arg-type]
            watch.past_bytes += sum(map(size_of, events))
            return events

        monkeypatch.setattr(Transaction, "commit", commit)
        monkeypatch.setattr(EventLog, "history", history)

    async def committed(self, transaction: Transaction, work: Work, answers: list[Bson]) -> None:
        if work.swept:
            self.waiting += 1
            await self.gate.wait()
            self.waiting -= 1
        await self._commit(transaction, work, answers)
        self.shared.append({event["feed"] for event in work.events})


async def a_habit(server: Server, scope: Scope, entries: int) -> str:
    """A habit with so many entries."""
    at = dt.datetime.now(dt.UTC)
    habit = Habit.drafted(NewHabit(name="Swim", starts_on=EPOCH), owner=scope.user, at=at)
    await hold(server, scope.user, [habit])
    days = (EPOCH + dt.timedelta(days=number) for number in range(entries))
    draft = EntryDraft(state="done")
    await hold(
        server, scope.user, [Entry.drafted(draft, habit=habit, day=day, at=at) for day in days]
    )
    return habit.id


async def a_goal(server: Server, scope: Scope, versions: int) -> Goal:
    """A goal with so many versions, each of which is large."""
    goals = server.node.services.goals.goals
    ref = Ref(Goal, scope.user, new_id(Goal.id_prefix))
    await goals.create(scope, NewGoal(id=ref.id, title="Run", private_notes=NOTES))
    while (goal := await goals.get(scope, ref.id)).version < versions:
        ends = min(goal.version + 100, versions)

        def decide(changes: WriteContext, ends: int = ends) -> Outcome[None]:
            while (before := changes.get(Goal, scope.user, ref.id)).version < ends:
                draft = GoalDraft(title="Run", private_notes=f"{before.version} {NOTES}")
                changes.update(before, before.revised(draft, changes.at))
            return Outcome(verb="updated", document=None)

        await server.node.committer.submit(Write(scope=scope, reads=(ref,), decide=decide))
    return goal


async def test_who_goes_through_much_shares_no_transaction(
    settings: Settings, monkeypatch: pytest.MonkeyPatch
) -> None:
    async with serving(settings) as server:
        people = [scope_of(server, await server.person()) for _ in range(STRANGERS + 3)]
        sweeping, stale, small, *others = people
        large = await a_habit(server, sweeping, NEAR.children + 1)
        few = await a_habit(server, small, NEAR.children)
        goal = await a_goal(server, stale, 10)
        watch = Watch(monkeypatch)
        submit, services = server.node.committer.submit, server.node.services
        asked = Mutation(new_mutation_id(), b"asked")

        answers = await asyncio.gather(
            *(submit(new_goal(scope, "Run")) for scope in others[:2]),
            services.habits.habits.delete(sweeping, large),
            services.habits.habits.delete(small, few),
            services.goals.goals.change(stale, goal.id, {"title": "Walk"}, 1, asked),
            *(submit(new_goal(scope, "Run")) for scope in others[2:]),
        )

        together = {scope.feed for scope in (small, *others)}
        assert sorted(map(sorted, watch.shared)) == sorted(
            [[sweeping.feed], [stale.feed], sorted(together)]
        )
        assert {type(answer) for answer in answers} == {Outcome}
        assert await server.node.database["habit_entries"].count_documents({}) == 0


async def test_who_has_much_to_be_counted_shares_no_transaction(
    settings: Settings, monkeypatch: pytest.MonkeyPatch
) -> None:
    async with serving(settings) as server:
        rich, poor = [scope_of(server, await server.person()) for _ in range(2)]
        await hold(server, rich.user, moods(rich.user, NEAR.counted + 1))
        committer = server.node.committer
        watch = Watch(monkeypatch)

        async def write_together() -> list[list[str]]:
            watch.shared.clear()
            mood = server.node.services.moods.moods.create(rich, NewMood(level=3))
            await asyncio.gather(mood, committer.submit(new_goal(poor, "Run")))
            return sorted(map(sorted, watch.shared))

        known = await write_together()
        committer.holdings.forget([(rich.user, Mood)])
        unknown = await write_together()
        counted = committer.holdings.of((rich.user, Mood))

        assert known == [sorted([rich.feed, poor.feed])]
        assert unknown == sorted([[rich.feed], [poor.feed]])
        assert counted is not None
        assert counted.count == NEAR.counted + 3


async def test_nobody_needs_the_lanes_of_those_who_go_through_much(
    settings: Settings, monkeypatch: pytest.MonkeyPatch
) -> None:
    async with serving(settings) as server:
        count = sum(LANES.values()) + 1
        people = [scope_of(server, await server.person()) for _ in range(count + 2)]
        *sweeping, small, other = people
        habits = [await a_habit(server, scope, NEAR.children + 1) for scope in sweeping]
        watch = Watch(monkeypatch)
        watch.gate.clear()
        delete = server.node.services.habits.habits.delete

        deleting = asyncio.gather(*map(delete, sweeping, habits))
        await until(lambda: watch.waiting == LANES[Side.HEAVY])
        await server.node.committer.submit(new_goal(other, "Run"))
        await server.node.committer.submit(new_goal(small, "Run"))
        before = list(watch.shared)
        watch.gate.set()
        await deleting

        assert before == [{other.feed}, {small.feed}]
        assert len(watch.shared) == count + 2


async def test_no_more_of_a_past_is_read_than_is_of_use(
    settings: Settings, monkeypatch: pytest.MonkeyPatch
) -> None:
    async with serving(settings) as server:
        scope = scope_of(server, await server.person())
        size = len(NOTES.encode())
        goal = await a_goal(server, scope, FAR_BYTES // size + 20)
        watch = Watch(monkeypatch)

        with pytest.raises(Conflict) as refusal:
            await server.node.services.goals.goals.change(
                scope, goal.id, {"title": "Walk"}, 1, Mutation(new_mutation_id(), b"asked")
            )

        assert refusal.value.code == "version_stale"
        assert NEAR_BYTES < watch.past_bytes < NEAR_BYTES + FAR_BYTES + 16 * size
