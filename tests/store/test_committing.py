"""One number a time, whoever writes beside it, and no write twice."""

import asyncio
import contextlib
from collections.abc import AsyncIterator

import msgspec
import pytest
from pymongo.asynchronous.database import AsyncDatabase

from config.settings import Settings
from models.access.scope import Scope
from models.base.clock import utc_now
from models.base.errors import Conflict, Invalid, NotFound, Unavailable
from models.base.ids import new_mutation_id
from models.goals import Goal, NewGoal
from tests.store.opened import bare, new_goal
from tests.support.laws.context import FULL_GOAL as GOAL
from tests.support.people.scopes import scope_of
from tests.support.server import serving
from upcoach.store.base.database import Bson, Database, unavailable
from upcoach.store.outbox.outboxes import Outboxes
from upcoach.store.secrets.keyring import KeyRing, MasterKeys
from upcoach.store.write.changes import WriteContext
from upcoach.store.write.committer import Committer
from upcoach.store.write.outcomes import Outcome, Replay
from upcoach.store.write.queue import BATCH
from upcoach.store.write.refs import Ref
from upcoach.store.write.requests import Mutation, Write


def refused(scope: Scope) -> Write[None]:
    """A write that stages a change and is refused then."""
    goal = Goal.drafted(NewGoal(id=GOAL, title="Never"), owner=scope.user, at=utc_now())

    def decide(changes: WriteContext) -> Outcome[None]:
        changes.create(goal)
        raise Conflict("never", "Not today.")

    return Write(scope=scope, reads=(Ref(Goal, scope.user, GOAL),), decide=decide)


async def seqs_of(database: AsyncDatabase[Bson], feed: str) -> list[int]:
    """The numbers of a feed in the log, in order."""
    found = await database["events"].find({"feed": feed}, sort=[("seq", 1)]).to_list()
    return [stored["seq"] for stored in found]


async def test_thirty_writes_at_once_take_thirty_numbers(settings: Settings) -> None:
    async with serving(settings) as server, bare(settings) as database:
        person = await server.person()
        scope = scope_of(server, person)
        submit = server.node.committer.submit

        outcomes = await asyncio.gather(*(submit(new_goal(scope, str(n))) for n in range(30)))

        assert [outcome.seq for outcome in outcomes] == list(range(3, 33))
        assert await seqs_of(database, scope.feed) == list(range(1, 33))
        assert await database["goals"].count_documents({}) == 30


async def test_a_refused_write_harms_nobody_in_its_batch(settings: Settings) -> None:
    async with serving(settings) as server, bare(settings) as database:
        person, stranger = await server.person(), await server.person()
        scope, other = scope_of(server, person), scope_of(server, stranger)
        submit = server.node.committer.submit
        writes = [
            write
            for n in range(5)
            for write in (new_goal(scope, str(n)), refused(scope), new_goal(other, str(n)))
        ]

        outcomes = await asyncio.gather(*map(submit, writes), return_exceptions=True)

        accepted = [one.seq for one in outcomes if isinstance(one, Outcome)]
        assert accepted == [n for n in range(3, 8) for _ in range(2)]
        assert [type(one) for one in outcomes[1::3]] == [Conflict] * 5
        assert await seqs_of(database, scope.feed) == list(range(1, 8))
        assert await seqs_of(database, other.feed) == list(range(1, 8))
        assert await database["goals"].find_one({"_id": f"{scope.user}/{GOAL}"}) is None


async def test_a_write_that_crashes_harms_nobody_in_its_batch(settings: Settings) -> None:
    async with serving(settings) as server, bare(settings) as database:
        person = await server.person()
        scope = scope_of(server, person)
        submit = server.node.committer.submit

        def crash(_: WriteContext) -> Outcome[None]:
            raise ZeroDivisionError

        broken = Write(scope=scope, reads=(), decide=crash)
        outcomes = await asyncio.gather(
            *map(submit, (new_goal(scope, "a"), broken, new_goal(scope, "b"))),
            return_exceptions=True,
        )

        assert isinstance(outcomes[1], ZeroDivisionError)
        assert await seqs_of(database, scope.feed) == [1, 2, 3, 4]
        assert await database["goals"].count_documents({}) == 2


async def test_later_writes_of_a_batch_see_the_earlier_ones(settings: Settings) -> None:
    async with serving(settings) as server:
        person = await server.person()
        scope = scope_of(server, person)
        goals = server.node.services.goals.goals

        created, changed, missed, deleted, gone, again = await asyncio.gather(
            goals.create(scope, NewGoal(id=GOAL, title="Run")),
            goals.change(scope, GOAL, {"title": "Walk"}, 1),
            goals.change(scope, GOAL, {"title": "Swim"}, 1),
            goals.delete(scope, GOAL, 2),
            goals.delete(scope, GOAL),
            goals.create(scope, NewGoal(id=GOAL, title="Rest")),
            return_exceptions=True,
        )

        assert isinstance(created, Outcome)
        assert isinstance(changed, Outcome)
        assert isinstance(deleted, Outcome)
        assert isinstance(again, Outcome)
        assert [created.seq, changed.seq, deleted.seq, again.seq] == [3, 4, 5, 6]
        assert [type(missed), type(gone)] == [Conflict, NotFound]
        goal = await goals.get(scope, GOAL)
        assert (goal.title, goal.version) == ("Rest", 4)


async def test_two_nodes_write_to_one_feed_without_a_hole_or_a_repeat(settings: Settings) -> None:
    async with serving(settings) as one, serving(settings) as two, bare(settings) as database:
        person = await one.person()
        scope = scope_of(one, person)
        nodes = [server.node.committer.submit for server in (one, two)]

        async def writer(number: int) -> list[int]:
            outcomes = [await nodes[number % 2](new_goal(scope, f"{number}")) for _ in range(4)]
            return [outcome.seq for outcome in outcomes]

        async with asyncio.TaskGroup() as writers:
            tasks = [writers.create_task(writer(number)) for number in range(50)]
        taken = [task.result() for task in tasks]

        assert sorted(seq for seqs in taken for seq in seqs) == list(range(3, 203))
        assert all(seqs == sorted(seqs) for seqs in taken)
        assert await seqs_of(database, scope.feed) == list(range(1, 203))
        assert await database["goals"].count_documents({}) == 200


async def test_two_nodes_do_not_lose_each_others_changes(settings: Settings) -> None:
    async with serving(settings) as one, serving(settings) as two:
        person = await one.person()
        scope = scope_of(one, person)
        nodes = [server.node.services.goals.goals for server in (one, two)]
        await nodes[0].create(scope, NewGoal(id=GOAL, title="0"))

        async def count_up(number: int) -> None:
            for _ in range(5):
                while True:
                    goal = await nodes[number % 2].get(scope, GOAL)
                    patch = {"title": str(int(goal.title) + 1)}
                    with contextlib.suppress(Conflict):
                        await nodes[number % 2].change(scope, GOAL, patch, goal.version)
                        break

        async with asyncio.TaskGroup() as writers:
            for number in range(6):
                writers.create_task(count_up(number))

        goal = await nodes[0].get(scope, GOAL)
        assert (goal.title, goal.version) == ("30", 31)


async def test_a_mutation_is_carried_out_once_on_two_nodes(settings: Settings) -> None:
    async with serving(settings) as one, serving(settings) as two, bare(settings) as database:
        person = await one.person()
        scope = scope_of(one, person)
        nodes = [server.node.committer.submit for server in (one, two)]
        mutation = Mutation(new_mutation_id(), b"asked")

        both = await asyncio.gather(
            *(submit(new_goal(scope, "Run", mutation)) for submit in nodes), return_exceptions=True
        )
        again = await nodes[1](new_goal(scope, "Run", mutation))
        with pytest.raises(Invalid) as refusal:
            await nodes[0](new_goal(scope, "Walk", Mutation(mutation.id, b"other")))

        [made] = [one for one in both if isinstance(one, Outcome)]
        assert [one for one in both if one is not made] == [again]
        told = msgspec.json.decode(msgspec.json.encode(made.body))
        assert again == Replay(verb="created", version=1, body=told, seq=3)
        assert refusal.value.code == "mutation_reused"
        assert await seqs_of(database, scope.feed) == [1, 2, 3]


async def test_somebody_elses_mutation_id_is_not_ours(settings: Settings) -> None:
    async with serving(settings) as server:
        person, stranger = await server.person(), await server.person()
        scope, other = scope_of(server, person), scope_of(server, stranger)
        submit = server.node.committer.submit
        mutation = Mutation(new_mutation_id(), b"asked")

        outcomes = await asyncio.gather(
            submit(new_goal(scope, "Run", mutation)), submit(new_goal(other, "Run", mutation))
        )

        assert [outcome.replayed for outcome in outcomes] == [False, False]


class Shaky(Database):
    """A database that can be away."""

    is_away = False

    @contextlib.asynccontextmanager
    async def connection(self) -> AsyncIterator[None]:
        if self.is_away:
            raise unavailable()
        async with super().connection():
            yield


async def test_what_follows_a_write_that_found_no_database_is_given_back_with_it(
    settings: Settings,
) -> None:
    async with serving(settings) as server, contextlib.AsyncExitStack() as stack:
        person, stranger = await server.person(), await server.person()
        scope, other = scope_of(server, person), scope_of(server, stranger)
        assert settings.mongo_url is not None
        database = Shaky(settings.mongo_url, settings.mongo_database)
        stack.push_async_callback(database.close)
        masters = MasterKeys(next(iter(settings.master_keys)), settings.master_keys)
        keyring, outboxes = KeyRing(database, masters), Outboxes.of(database, masters, utc_now)
        committer = Committer(database, keyring, outboxes, utc_now, lambda _: None)
        names = [new_mutation_id() for _ in range(BATCH + 2)]
        writes = [
            new_goal(scope, str(n), Mutation(name, b"asked", follows=tuple(names[:n])))
            for n, name in enumerate(names)
        ]
        stranger_goal = new_goal(other, "Swim", Mutation(new_mutation_id(), b"asked"))

        def leave(changes: WriteContext) -> Outcome[Goal]:
            database.is_away = True
            return writes[0].decide(changes)

        first = asyncio.ensure_future(
            committer.submit(msgspec.structs.replace(writes[0], decide=leave))
        )
        rest = asyncio.gather(
            *map(committer.submit, (*writes[1:], stranger_goal)), return_exceptions=True
        )
        with pytest.raises(Unavailable):
            await first
        database.is_away = False
        answers = await rest
        again = [await committer.submit(write) for write in writes]

        # A stranger's write is given back only if its batch began while nobody answered.
        strangers = await committer.submit(stranger_goal)
        assert [type(answer) for answer in answers[:-1]] == [Unavailable] * (BATCH + 1)
        assert strangers.replayed is isinstance(answers[-1], Outcome)
        assert [outcome.seq for outcome in again] == list(range(3, 3 + len(writes)))
