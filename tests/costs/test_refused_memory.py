"""What was read for a refused write goes with it, and does not wait for the garbage collector."""

import gc
from collections.abc import Iterator
from contextlib import contextmanager

import pytest

from config.settings import Settings
from models.base.errors import Refusal
from models.base.ids import new_id, new_mutation_id
from models.base.merge_patch import Json
from models.goals import Goal, NewGoal
from tests.support.people.scopes import scope_of
from tests.support.server import serving
from upcoach.store.write.changes import WriteContext
from upcoach.store.write.outcomes import Outcome
from upcoach.store.write.pending import PendingWrite
from upcoach.store.write.reads import ReadSet
from upcoach.store.write.requests import Mutation

LONG = "x" * 100_000
HOLDERS = ReadSet, WriteContext, PendingWrite


@contextmanager
def uncollected() -> Iterator[None]:
    """Nothing is freed but what nobody refers to."""
    gc.collect()
    gc.disable()
    try:
        yield
    finally:
        gc.enable()


def held() -> int:
    """How many hold on to what was read, or asked for."""
    # By its type: a weak proxy of what is gone can be asked for nothing.
    return sum(issubclass(type(found), HOLDERS) for found in gc.get_objects())


def asked() -> Mutation:
    return Mutation(new_mutation_id(), b"asked")


# A patch, the version that it was made from, and the code of the refusal.
PATCHES: tuple[tuple[Json, int, str], ...] = (
    ({"title": "Other"}, 1, "conflict"),
    ({"title": "Other"}, 99, "version_stale"),
    ({"title": LONG}, 2, "body_invalid"),
    ({"title": 5}, 1, "body_invalid"),
)


async def test_nothing_that_was_read_outlives_a_refusal(settings: Settings) -> None:
    async with serving(settings) as server:
        scope = scope_of(server, await server.person())
        goals = server.node.services.goals.goals
        gone, repeated = new_id(Goal.id_prefix), asked()
        await goals.create(scope, NewGoal(id=gone, title="Run"))
        await goals.delete(scope, gone)
        goal = await goals.create(scope, NewGoal(id=new_id(Goal.id_prefix), title="Run"))
        assert isinstance(goal, Outcome)
        name = goal.document.id
        await goals.change(scope, name, {"title": "Walk"}, 1)
        refused = [
            *((name, patch, base, code, asked()) for patch, base, code in PATCHES),
            *[(name, {"title": "Other"}, 99, "version_stale", repeated)] * 2,
            (gone, {"title": "Other"}, 1, "deleted", asked()),
            (new_id(Goal.id_prefix), {"title": "Other"}, 1, "not_found", asked()),
        ]
        left, refusals = [], []

        with uncollected():
            for document_id, patch, base, _, mutation in refused:
                with pytest.raises(Refusal) as refusal:
                    await goals.change(scope, document_id, patch, base, mutation)
                refusals.append(refusal.value)
                await server.node.committer.drain()
                left.append(held())

        assert [refusal.code for refusal in refusals] == [code for *_, code, _ in refused]
        assert left == [0] * len(refused)
