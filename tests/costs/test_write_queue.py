"""What a backlog costs whoever asks for a batch, whose turn it is, and what the queue knows."""

import random
from collections.abc import Callable, Sequence

import pytest

from models.access.scope import Scope
from models.account import User
from models.base.errors import Unavailable
from tests.costs.steps import steps
from upcoach.store.write.changes import WriteContext
from upcoach.store.write.outcomes import Outcome
from upcoach.store.write.pending import PendingWrite, Side
from upcoach.store.write.queue import BATCH, WriteQueue, set_apart, singly
from upcoach.store.write.refs import Ref
from upcoach.store.write.requests import Mutation, Write

FEW, MANY = 100, 1_000
REFUSAL = Unavailable("database_away", "Try again.")
SIDES = pytest.mark.parametrize("side", Side)


def pending(name: str, user: str = "usr_a", *follows: str, other: str = "") -> PendingWrite:
    """A write that nobody has taken yet, and that perhaps writes to somebody *other*'s feed too."""

    def decide(_: WriteContext) -> Outcome[None]:
        return Outcome(verb="unchanged", document=None)

    return PendingWrite(
        Write(
            scope=Scope(user=user),
            reads=tuple(Ref(User, owner, owner) for owner in (user, other) if owner),
            decide=decide,
            mutation=Mutation(name, b"", follows),
        )
    )


def moved(waiting: Sequence[PendingWrite], side: Side) -> Sequence[PendingWrite]:
    """The same writes on a *side*."""
    if side is not Side.SHARED:
        set_apart(singly(waiting))
    for write in waiting:
        write.is_heavy = side is Side.HEAVY
    return waiting


def backlog(count: int, side: Side, *one: PendingWrite) -> WriteQueue:
    """So many writes of as many people that wait on a *side*, behind *one*."""
    queue = WriteQueue()
    queue.put_back([*one, *moved([pending(f"m{n}", f"usr_{n}") for n in range(count)], side)])
    return queue


def names(batch: Sequence[PendingWrite]) -> list[str]:
    return [taken.write.name for taken in batch]


@SIDES
@pytest.mark.parametrize("one_more", [True, False])
async def test_writes_that_cannot_be_taken_are_not_looked_at(side: Side, *, one_more: bool) -> None:
    others = [other for other in Side if other is not side]
    ones = [moved([pending("one", "usr_one")] * one_more, side) for _ in (FEW, MANY)]

    def ask(count: int, one: Sequence[PendingWrite], other: Side) -> Callable[[], object]:
        queue = backlog(count, other, *one)
        queue.busy_feeds.add("u:usr_one")
        return lambda: queue.take(side)

    for other in others:
        few, many = (steps(ask(n, one, other)) for n, one in zip((FEW, MANY), ones, strict=True))
        assert 0 < many < 2 * few


@SIDES
async def test_a_batch_is_gathered_without_looking_at_those_for_the_next(side: Side) -> None:
    few, many = (backlog(count, side) for count in (FEW, MANY))

    asked = [steps(lambda queue=queue: queue.take(side)) for queue in (few, many)]  # type: ignore[misc]

    assert asked[1] < 1.1 * asked[0]


async def test_what_waits_behind_a_batch_of_its_writer_is_not_looked_at() -> None:
    def ask(count: int) -> Callable[[], object]:
        queue = WriteQueue()
        for number in range(count):
            queue.put(pending(f"m{number}"))
        queue.busy_feeds.add("u:usr_a")
        return lambda: queue.take(Side.SHARED)

    few, many = steps(ask(FEW)), steps(ask(MANY))

    assert 0 < many < 1.1 * few


async def test_strangers_are_not_looked_at_for_followers() -> None:
    def ask(count: int) -> Callable[[], object]:
        queue = backlog(count, Side.SHARED, pending("two", "usr_a", "one"))
        return lambda: queue.refuse_followers([pending("one", "usr_a")], REFUSAL)

    few, many = steps(ask(FEW)), steps(ask(MANY))

    assert 0 < many < 1.1 * few


async def test_a_long_queue_of_one_writer_keeps_nobody_from_the_next_batch() -> None:
    queue = WriteQueue()
    for number in range(10 * BATCH):
        queue.put(pending(f"m{number}"))
    queue.put(pending("other", "usr_b"))
    queue.put(pending("third", "usr_c"))

    batch = names(queue.take(Side.SHARED))

    assert batch[:4] == ["m0", "other", "third", "m1"]
    assert len(batch) == BATCH


async def test_what_only_waits_holds_no_feed_but_its_writers() -> None:
    queue = WriteQueue()
    queue.busy_feeds.add("u:usr_a")
    for name, user, other in (("a", "usr_a", "usr_b"), ("b", "usr_b", ""), ("c", "usr_b", "")):
        queue.put(pending(name, user, other=other))

    assert names(queue.take(Side.SHARED)) == ["b", "c"]


async def test_who_waits_for_two_feeds_is_first_when_both_are_free() -> None:
    queue = WriteQueue()
    queue.busy_feeds.add("u:usr_b")
    queue.put(pending("a", "usr_a", other="usr_b"))
    for number in range(2 * BATCH):
        queue.put(pending(f"b{number}", "usr_b"))

    waited = queue.take(Side.SHARED)
    queue.busy_feeds.clear()

    assert waited == []
    assert names(queue.take(Side.SHARED))[0] == "a"


def drained(queue: WriteQueue) -> list[PendingWrite]:
    """What all sides take, until nothing is left for any."""
    found: list[PendingWrite] = []
    while batch := [taken for side in Side for taken in queue.take(side)]:
        found += batch
    return found


@pytest.mark.parametrize("seed", range(20))
async def test_nobody_is_forgotten_whatever_was_done_to_the_queue(seed: int) -> None:
    chance = random.Random(seed)
    queue, waiting, held = WriteQueue(), set[PendingWrite](), list[PendingWrite]()
    for number in range(300):
        match chance.choice(["put", "put", *Side, "back", "refuse"]):
            case "put":
                after = [f"m{chance.randrange(number)}"] if number else []
                one = pending(f"m{number}", f"usr_{chance.randrange(4)}", *after)
                queue.put(one)
                waiting.add(one)
            case Side() as side:
                batch = queue.take(side)
                assert all(one.side is side for one in batch)
                assert len({one.group for one in batch}) <= 1
                held += batch
                waiting -= {*batch}
                assert_in_order(held, waiting)
            case "back":
                for some in (Side.APART, Side.HEAVY):
                    moved([one for one in held if chance.random() < 0.3], some)
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
    assert [queue.take(side) for side in Side] == [[], [], []]


def assert_in_order(taken: Sequence[PendingWrite], waiting: set[PendingWrite]) -> None:
    """Nobody's write was taken before an earlier one of theirs."""
    for one in taken:
        assert not any(
            number_of(other) < number_of(one)
            for other in waiting
            if other.write.scope == one.write.scope
        )


def number_of(one: PendingWrite) -> int:
    return int(one.write.name.removeprefix("m"))


async def test_a_batch_is_as_large_as_before() -> None:
    queue = backlog(BATCH + 1, Side.SHARED, *moved([pending("one", "usr_one")], Side.APART))

    sizes = [len(queue.take(side)) for side in (Side.SHARED, Side.APART) * 2]

    assert sizes == [BATCH, 1, 1, 0]
