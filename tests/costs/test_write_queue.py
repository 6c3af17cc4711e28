"""What a backlog costs whoever asks for a batch, and what the queue knows of those set apart."""

import random
from collections.abc import Callable

import pytest

from models.access.scope import Scope
from models.account import User
from models.base.errors import Unavailable
from tests.costs.steps import steps
from upcoach.store.write.changes import WriteContext
from upcoach.store.write.outcomes import Outcome
from upcoach.store.write.pending import PendingWrite
from upcoach.store.write.queue import BATCH, WriteQueue, set_apart, singly
from upcoach.store.write.refs import Ref
from upcoach.store.write.requests import Mutation, Write

FEW, MANY = 100, 1_000
REFUSAL = Unavailable("database_away", "Try again.")


def pending(name: str, user: str = "usr_a", *follows: str) -> PendingWrite:
    """A write that nobody has taken yet."""

    def decide(_: WriteContext) -> Outcome[None]:
        return Outcome(verb="unchanged", document=None)

    return PendingWrite(
        Write(
            scope=Scope(user=user),
            reads=(Ref(User, user, user),),
            decide=decide,
            mutation=Mutation(name, b"", follows),
        )
    )


def backlog(count: int, *, are_apart: bool, one_more: bool) -> WriteQueue:
    """So many writes that wait, all apart or none; in front of them perhaps one of the others."""
    queue = WriteQueue()
    waiting = [pending(f"m{number}", f"usr_{number}") for number in range(count)]
    one = [pending("one", "usr_one")] * one_more
    set_apart(singly(one if not are_apart else waiting))
    queue.put_back([*one, *waiting])
    return queue


def of_nobody(queue: WriteQueue, *, is_apart: bool) -> Callable[[], list[PendingWrite]]:
    """Asks for a batch while the feed of the only one that could be in it is written to."""
    queue.busy_feeds.add("u:usr_one")
    return lambda: queue.take(is_apart=is_apart)


@pytest.mark.parametrize("is_apart", [True, False])
@pytest.mark.parametrize("one_more", [True, False])
async def test_writes_that_cannot_be_taken_are_not_looked_at(
    *, is_apart: bool, one_more: bool
) -> None:
    queues = [backlog(n, are_apart=not is_apart, one_more=one_more) for n in (FEW, MANY)]
    before = [list(queue) for queue in queues]

    few, many = (steps(of_nobody(queue, is_apart=is_apart)) for queue in queues)

    assert 0 < many < 2 * few
    assert [list(queue) for queue in queues] == before


def drained(queue: WriteQueue) -> list[PendingWrite]:
    """What both sides take, until nothing is left for either."""
    found: list[PendingWrite] = []
    while batch := queue.take(is_apart=True) or queue.take(is_apart=False):
        found += batch
    return found


@pytest.mark.parametrize("seed", range(20))
async def test_nobody_is_forgotten_whatever_was_done_to_the_queue(seed: int) -> None:
    chance = random.Random(seed)
    queue, waiting, held = WriteQueue(), set[PendingWrite](), list[PendingWrite]()
    for number in range(300):
        match chance.choice(["put", "put", "take", "take apart", "back", "refuse"]):
            case "put":
                after = [f"m{chance.randrange(number)}"] if number else []
                one = pending(f"m{number}", f"usr_{chance.randrange(4)}", *after)
                queue.put(one)
                waiting.add(one)
            case "take" | "take apart" as side:
                batch = queue.take(is_apart=side == "take apart")
                assert all((one.group is not None) is (side == "take apart") for one in batch)
                held += batch
                waiting -= {*batch}
            case "back":
                set_apart(singly(one for one in held if chance.random() < 0.5))
                queue.put_back(held)
                waiting |= {*held}
                held = []
            case "refuse" if held:
                gone = [*held, *queue.refuse_followers(held, REFUSAL)]
                waiting -= {*gone}
                for one in gone:
                    one.fail(REFUSAL)
                    one.done.exception()
                held = []
        assert {*queue} == waiting

    assert {*drained(queue)} == waiting
    assert [queue.take(is_apart=side) for side in (True, False)] == [[], []]


async def test_a_batch_is_as_large_as_before() -> None:
    queue = backlog(BATCH + 1, are_apart=False, one_more=True)

    sizes = [len(queue.take(is_apart=side)) for side in (False, True, False, True)]

    assert sizes == [BATCH, 1, 1, 0]
