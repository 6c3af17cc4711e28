"""Round trips that callers share."""

import asyncio
import datetime as dt
from collections.abc import Sequence

from models.base.clock import utc_now
from tests.support.engines import TestEngines
from tests.support.server import serving
from upcoach.store.base.grouping import Grouped
from upcoach.store.collections.webhook_progress import (
    WebhookKey,
    WebhookProgressStore,
    advanced,
    rested,
)


class Asked:
    """Doubles numbers, once it is let go on; refuses those below 0."""

    def __init__(self) -> None:
        self.groups: list[list[int]] = []
        self.freed = asyncio.Event()

    async def __call__(self, numbers: Sequence[int]) -> list[int]:
        self.groups.append(list(numbers))
        await self.freed.wait()
        if min(numbers) < 0:
            raise ValueError(numbers)
        return [2 * number for number in numbers]


async def test_who_comes_during_a_round_trip_takes_the_next_together() -> None:
    asked = Asked()
    grouped = Grouped(asked)
    first = [asyncio.create_task(grouped(number)) for number in (1, 2)]
    await asyncio.sleep(0)
    await asyncio.sleep(0)
    others = [asyncio.create_task(grouped(number)) for number in (3, 4, 5)]
    await asyncio.sleep(0)
    others[1].cancel()
    asked.freed.set()

    answers = await asyncio.gather(*first, *others, return_exceptions=True)

    assert asked.groups == [[1, 2], [3, 4, 5]]
    assert [answers[place] for place in (0, 1, 2, 4)] == [2, 4, 6, 10]
    assert isinstance(answers[3], asyncio.CancelledError)


async def test_what_fails_fails_for_those_who_share_it_and_for_nobody_else() -> None:
    asked = Asked()
    asked.freed.set()
    grouped = Grouped(asked)

    failed = await asyncio.gather(grouped(1), grouped(-1), return_exceptions=True)

    assert [type(one) for one in failed] == [ValueError, ValueError]
    assert await grouped(2) == 4


async def test_of_many_webhooks_each_has_one_holder(engines: TestEngines) -> None:
    async with serving(engines.settings(UPCOACH_ROLES="web")) as server:
        store, now = WebhookProgressStore(server.node.database), utc_now()
        keys = [WebhookKey(f"usr_{number}", f"whk_{number}") for number in range(6)]
        for key in keys[:5]:  # there is none of the last
            await store.begin(key, 7, now)

        claimed = [
            await store.claim(keys[:2], now, "one"),
            await store.claim(keys, now, "other"),
            await store.claim(keys, now, "third"),
        ]
        later = now + dt.timedelta(seconds=1)
        goes_on = await store.change([advanced(keys[0], 8, later)], "one")
        changes = [
            advanced(keys[1], 8, later),  # which the first one has
            advanced(keys[2], 9, later),
            rested(keys[3], 10, 0),
        ]
        mixed = await store.change(changes, "other")
        seqs = {one.webhook: (one.seq, one.at is None) for one in await store.page(None, 10)}

    assert [set(some) for some in claimed] == [set(keys[:2]), set(keys[2:5]), set()]
    assert {one.seq for one in claimed[1].values()} == {7}
    assert (goes_on, mixed) == ([True], [False, True, False])
    assert seqs == {
        "whk_0": (8, False),
        "whk_1": (7, False),
        "whk_2": (9, False),
        "whk_3": (10, True),
        "whk_4": (7, False),
    }


async def test_who_is_overtaken_by_a_replay_has_it_no_more(engines: TestEngines) -> None:
    async with serving(engines.settings(UPCOACH_ROLES="web")) as server:
        store, now = WebhookProgressStore(server.node.database), utc_now()
        key = WebhookKey("usr_1", "whk_1")
        await store.begin(key, 7, now)
        await store.claim([key], now, "one")
        await store.rewind(key, 3, now)

        lost = await store.change([advanced(key, 8, now)], "one")
        claimed = await store.claim([key], now, "other")

    assert lost == [False]
    assert claimed[key].seq == 3
