import asyncio
from collections.abc import Hashable

import pytest

from models.base.errors import Conflict, Unavailable
from streams.consumers.publishing import MAX_CONCURRENT_WRITES, UnpublishedOutputs
from streams.redis.connection import RedisError
from upcoach.store.base.sealing import Unreadable


def parked_never(key: Hashable) -> None:
    raise AssertionError(key)


async def test_however_many_outputs_wait_few_are_written_at_a_time() -> None:
    written, most = list[int](), 0

    async def write(output: int) -> None:
        nonlocal most
        most = max(most, len(asyncio.all_tasks()))
        await asyncio.sleep(0)
        written.append(output)

    outputs = UnpublishedOutputs(write, parked_never)
    outputs.add({number: number for number in range(5_000)})
    await outputs.publish()
    await outputs.publish()

    assert sorted(written) == list(range(5_000))
    assert most <= MAX_CONCURRENT_WRITES + len(asyncio.all_tasks())


@pytest.mark.parametrize(
    ("failure", "is_parked", "is_settled", "tries"),
    [
        (Conflict("later", "Not now."), False, True, 2),
        (Unavailable("away", "Not there."), False, False, 2),
        (RedisError("away"), False, False, 2),
        (Unreadable(), False, True, 1),
        (RuntimeError("broken"), True, True, 1),
    ],
)
async def test_what_is_refused_or_away_is_tried_again_and_what_is_broken_is_parked(
    failure: Exception, *, is_parked: bool, is_settled: bool, tries: int
) -> None:
    tried, parked = list[str](), list[Hashable]()

    async def write(output: str) -> None:
        await asyncio.sleep(0)
        tried.append(output)
        if output == "odd" and tried.count(output) == 1:
            raise failure

    outputs = UnpublishedOutputs(write, parked.append)
    outputs.add({name: name for name in ("odd", "fine")})
    assert not outputs.is_settled
    await outputs.publish()

    assert sorted(tried) == ["fine", "odd"]
    assert parked == ["odd"] * is_parked
    assert outputs.is_settled == is_settled

    await outputs.publish()

    assert (tried.count("fine"), tried.count("odd")) == (1, tries)
    assert outputs.is_settled


async def test_what_is_newer_than_what_was_refused_is_not_settled() -> None:
    async def write(_output: str) -> None:
        raise Conflict("later", "Not now.")

    outputs = UnpublishedOutputs(write, parked_never)
    outputs.add({"key": "older"})
    await outputs.publish()
    outputs.add({"key": "newer"})

    assert not outputs.is_settled
