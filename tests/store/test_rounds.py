"""A batch begins again for the sake of one of its writes: how often, and at whose cost."""

import asyncio
import contextlib
from collections.abc import AsyncIterator, Callable

import msgspec
import pytest

from config.settings import Settings
from models.access.scope import Scope
from models.base.errors import Conflict, Refusal, Unavailable
from models.base.ids import new_id, new_mutation_id
from models.goals import Goal
from tests.store.opened import bare, new_goal
from tests.support.people.scopes import scope_of
from tests.support.server import Server, serving
from upcoach.store.base.database import Bson
from upcoach.store.write import committer
from upcoach.store.write.changes import WriteContext
from upcoach.store.write.errors import NeedsLookup
from upcoach.store.write.outcomes import Outcome
from upcoach.store.write.pending import PendingWrite
from upcoach.store.write.queue import BATCH, groups_of
from upcoach.store.write.refs import Ref
from upcoach.store.write.requests import Mutation, Write
from upcoach.store.write.transaction import Transaction, Work

STRANGERS = 8
FEW = 10  # rounds that somebody may owe to others


class Counted:
    """A write, and how often it has decided."""

    def __init__(self, write: Write[Goal]) -> None:
        self.rounds = 0
        self._decide = write.decide
        self.write = msgspec.structs.replace(write, decide=self.decide)

    def decide(self, changes: WriteContext) -> Outcome[Goal]:
        self.rounds += 1
        return self._decide(changes)


def reading(scope: Scope, rounds: int, mutation: Mutation | None = None) -> Write[Goal]:
    """A write that has to read more, and that so many times."""
    write = new_goal(scope, "Reads", mutation)
    names = [new_id(Goal.id_prefix) for _ in range(rounds)]

    def decide(changes: WriteContext) -> Outcome[Goal]:
        for name in names:
            changes.find_all(Goal, scope.user, [name])
        return write.decide(changes)

    return msgspec.structs.replace(write, decide=decide)


def looking(scope: Scope, rounds: int, mutation: Mutation | None = None) -> Write[Goal]:
    """A write that has to look something up so many times."""
    write, looked = new_goal(scope, "Looks", mutation), 0

    async def look() -> None:
        nonlocal looked
        looked += 1

    def decide(changes: WriteContext) -> Outcome[Goal]:
        if looked < rounds:
            raise NeedsLookup(look)
        return write.decide(changes)

    return msgspec.structs.replace(write, decide=decide)


Slow = Callable[[Scope, int, Mutation | None], Write[Goal]]
ENDLESS = 1_000
KINDS = pytest.mark.parametrize("slow", [reading, looking])


async def strangers_of(server: Server) -> list[Counted]:
    people = [scope_of(server, await server.person()) for _ in range(STRANGERS)]
    return [Counted(new_goal(scope, "Swim")) for scope in people]


@KINDS
@pytest.mark.parametrize("place", [0, STRANGERS // 2, STRANGERS])
async def test_what_needs_many_rounds_is_done_apart(
    settings: Settings, slow: Slow, place: int
) -> None:
    async with serving(settings) as server:
        scope = scope_of(server, await server.person())
        writes = await strangers_of(server)
        others = list(writes)
        late = Counted(slow(scope, 25, None))
        writes.insert(place, late)
        answered = []

        async def submit(counted: Counted) -> int:
            outcome = await server.node.committer.submit(counted.write)
            answered.append(counted)
            return outcome.seq

        numbers = await asyncio.gather(*map(submit, writes))

        assert numbers == [3] * (STRANGERS + 1)
        assert answered[-1] is late
        assert max(other.rounds for other in others) <= FEW


@KINDS
async def test_what_needs_rounds_without_an_end_is_refused_alone(
    settings: Settings, slow: Slow
) -> None:
    async with serving(settings) as server:
        scope = scope_of(server, await server.person())
        others = await strangers_of(server)
        endless = [Counted(slow(scope, ENDLESS, None)) for _ in range(3)]
        writes = [*endless, *others[:4], Counted(new_goal(scope, "Run")), *others[4:]]

        submit = server.node.committer.submit
        answers = await asyncio.gather(
            *(submit(counted.write) for counted in writes), return_exceptions=True
        )

        kind = Conflict if slow is reading else Unavailable
        assert [type(answer) for answer in answers] == [kind] * 3 + [Outcome] * (STRANGERS + 1)
        assert max(other.rounds for other in others) <= FEW


@pytest.mark.parametrize("count", [BATCH // 2, BATCH])
async def test_many_who_need_one_more_read_get_it_together(settings: Settings, count: int) -> None:
    async with serving(settings) as server:
        scopes = [scope_of(server, await server.person()) for _ in range(4)]
        writes = [Counted(reading(scopes[number % 4], 1)) for number in range(count)]

        submit = server.node.committer.submit
        outcomes = await asyncio.gather(*(submit(counted.write) for counted in writes))

        assert [type(outcome) for outcome in outcomes] == [Outcome] * count
        assert {counted.rounds for counted in writes} == {2}


async def test_what_follows_a_write_that_was_given_up_is_given_back_with_it(
    settings: Settings,
) -> None:
    async with serving(settings) as server:
        scope = scope_of(server, await server.person())
        others = await strangers_of(server)
        names = [new_mutation_id() for _ in range(4)]
        asked = [
            Mutation(name, b"asked", follows=names[:number][-1:])
            for number, name in enumerate(names)
        ]
        # The last follows only the one before it, which follows another in its turn.
        followers = [new_goal(scope, "Run", mutation) for mutation in asked[1:]]
        free = new_goal(scope, "Free", Mutation(new_mutation_id(), b"asked"))
        writes = [looking(scope, ENDLESS, asked[0]), *followers, free]

        submit = server.node.committer.submit
        answers = await asyncio.gather(
            *map(submit, writes), *(submit(one.write) for one in others), return_exceptions=True
        )

        assert [type(answer) for answer in answers] == [
            *[Unavailable] * 4,
            *[Outcome] * (STRANGERS + 1),
        ]


@contextlib.asynccontextmanager
async def held(settings: Settings, goal: str) -> AsyncIterator[None]:
    """A transaction of somebody else's that has changed *goal*, and does not end."""
    async with bare(settings) as database, database.client.start_session() as session:
        await session.start_transaction()
        query = {"_id": {"$regex": f"{goal}$"}}
        await database["goals"].update_one(query, {"$set": {"category": "health"}}, session=session)
        yield
        await session.abort_transaction()


async def test_a_write_that_loses_every_race_is_refused_alone(
    settings: Settings, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(committer, "PATIENCE_S", 1.0)
    async with serving(settings) as server:
        scope = scope_of(server, await server.person())
        others = await strangers_of(server)
        submit = server.node.committer.submit
        contested = (await server.node.committer.commit(new_goal(scope, "Contested"))).document

        def decide(changes: WriteContext) -> Outcome[None]:
            changes.delete(changes.get(Goal, scope.user, contested.id))
            return Outcome(verb="deleted", document=None)

        lost = Write(scope=scope, reads=(Ref(Goal, scope.user, contested.id),), decide=decide)
        async with held(settings, contested.id):
            answers = await asyncio.gather(
                submit(lost), *(submit(one.write) for one in others), return_exceptions=True
            )

        assert [type(answer) for answer in answers] == [Unavailable, *[Outcome] * STRANGERS]
        assert max(other.rounds for other in others) <= FEW
        assert isinstance(answers[0], Refusal)
        assert answers[0].code == "feed_contended"


async def test_who_comes_to_need_a_feed_that_is_written_to_waits_for_it(
    settings: Settings, monkeypatch: pytest.MonkeyPatch
) -> None:
    async with serving(settings) as server:
        one, other = [scope_of(server, await server.person()) for _ in range(2)]
        submit, gate, entered = server.node.committer.submit, asyncio.Event(), asyncio.Event()
        plain = Transaction.commit

        async def commit(self: Transaction, work: Work, answers: list[Bson]) -> None:
            if {event["feed"] for event in work.events} == {other.feed}:
                entered.set()
                await gate.wait()
            await plain(self, work, answers)

        def decide(changes: WriteContext) -> Outcome[Goal]:
            changes.find_refs([theirs_too])
            return beside.decide(changes)

        monkeypatch.setattr(Transaction, "commit", commit)
        beside, theirs_too = new_goal(one, "Swim"), Ref(Goal, other.user, new_id(Goal.id_prefix))
        theirs = asyncio.create_task(submit(new_goal(other, "Run")))
        await entered.wait()
        needing = Counted(msgspec.structs.replace(beside, decide=decide))
        waiting = asyncio.create_task(submit(needing.write))
        await submit(new_goal(scope_of(server, await server.person()), "Walk"))
        before = waiting.done()
        gate.set()
        await asyncio.gather(theirs, waiting)

        assert (before, needing.rounds) == (False, 2)
        assert server.node.committer.contended_feeds == set()


async def test_groups_have_no_feed_in_common() -> None:
    def pending(*owners: str) -> PendingWrite:
        scope = Scope(user=owners[0])
        reads = tuple(Ref(Goal, owner, "gol_x") for owner in owners)
        return PendingWrite(msgspec.structs.replace(new_goal(scope, "Run"), reads=reads))

    writes = [pending(*owners) for owners in ("a", "b", "c", "ad", "b", "dc", "e")]

    groups = [sorted(map(writes.index, group)) for group in groups_of(writes)]

    assert sorted(groups) == [[0, 2, 3, 5], [1, 4], [6]]
