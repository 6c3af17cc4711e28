"""Sends the events of feeds to webhooks: each in the order of its feed, and each at its own pace.

One task at a time has a webhook, for a turn (`delivery_turns`).  Webhooks of which the last try
failed have places of their own, so that those that hang are a few places less, and never all.
"""

import asyncio
import contextlib
from collections import Counter
from collections.abc import AsyncIterator, Collection
from typing import Final

from models.base import cancellation
from models.base.clock import Clock
from models.base.errors import Unavailable
from models.base.metrics import Metrics
from models.webhooks import WebhookProgress
from models.wire.events import feed_owner, user_feed
from upcoach.services.webhooks import WebhookServices
from upcoach.services.webhooks.delivery_turns import DeliveryTurns
from upcoach.store.collections.webhook_progress import WebhookKey
from upcoach.store.log.event_log import EventLog
from upcoach.store.log.heads import Heads

LOOK_EVERY_S: Final = 1.0  # for what is due
PLACES: Final = 64  # webhooks that are sent to at once, by one process
FAILING_PLACES: Final = 32  # beside them, of those of which the last try failed
PER_OWNER: Final = 2  # places of either sort for one person, by one process
# So many are looked at for a place, as most of a person's ten webhooks may have to wait for theirs.
ROWS_PER_PLACE: Final = 5
ROWS: Final = 500  # records of one query


class DeliveryRunner:
    """Sends to webhooks until cancelled.

    Attributes
    ----------
    turns
        What is done for a webhook that has a place.
    look_every_s
        How often it is looked for what is due.
    places, failing_places
        How many webhooks are sent to at once, and how many beside them of those of which the last
        try failed.

    """

    def __init__(
        self,
        services: WebhookServices,
        log: EventLog,
        heads: Heads,
        clock: Clock,
        epoch: str,
        metrics: Metrics,
    ) -> None:
        self.look_every_s = LOOK_EVERY_S
        self.places, self.failing_places = PLACES, FAILING_PLACES
        self.turns = DeliveryTurns(
            services,
            log,
            heads,
            clock,
            epoch,
            metrics,
            wake=lambda owner: self.wake([owner]),
            look_anew=self.look_anew,
        )
        self._progress = services.progress
        self._log = log
        self._heads = heads
        self._clock = clock
        self._woken: set[str] = set()
        self._changed: set[str] = set()  # whose webhooks are others than before
        self._event = asyncio.Event()
        self._look_at = 0.0  # when it is looked next, by the loop's clock
        # Of those that fail, and of the others: whether some may be due that are not waiting.
        self._is_stale = {False: True, True: True}
        self._waiting: dict[bool, list[WebhookKey]] = {False: [], True: []}
        self._tasks: dict[WebhookKey, asyncio.Task[bool]] = {}
        self._failing: set[WebhookKey] = set()  # those of the tasks that have such a place
        self._owned = Counter[tuple[str, bool]]()  # tasks, by owner and whether they fail

    def wake(self, owners: Collection[str]) -> None:
        """Look at the webhooks of *owners*, in whose feeds there is something new."""
        self._woken |= set(owners)
        self._event.set()

    def look_anew(self, owner: str) -> None:
        """Look at all webhooks of *owner*, of which one has changed."""
        self._changed.add(owner)
        self._event.set()

    async def catch_up(self) -> set[str]:
        """Find what no event has told of, and whoever has webhooks."""
        await self._begin_unknown()
        await self._progress.wake_enabled(ROWS, self._clock())
        owners = set[str]()
        async for page in self._pages():
            seqs: dict[str, int] = {}
            for progress in page:
                owners.add(progress.owner)
                if progress.at is None and not progress.is_off:
                    feed = user_feed(progress.owner)
                    seqs[feed] = min(progress.seq, seqs.get(feed, progress.seq))
            self.wake(set(map(feed_owner, await self._heads.passed(seqs))))
        return owners

    async def _pages(self) -> AsyncIterator[list[WebhookProgress]]:
        after = None
        while page := await self._progress.page(after, ROWS):
            yield page
            after = WebhookKey(page[-1].owner, page[-1].webhook)

    async def _begin_unknown(self, owner: str = "") -> None:
        """Begin with webhooks of which there is no record, from where they were made."""
        while unknown := await self._progress.unknown(ROWS, owner):
            ids: dict[str, list[str]] = {}
            for key in unknown:
                ids.setdefault(user_feed(key.owner), []).append(key.webhook)
            numbers = await self._log.last_numbers(ids)
            for key in unknown:
                seq = numbers.get((user_feed(key.owner), key.webhook), 0)
                await self._progress.begin(key, seq, self._clock())

    async def run(self) -> None:
        """Send what is due, and what is new, until cancelled."""
        loop = asyncio.get_running_loop()
        try:
            while True:
                self._event.clear()
                if loop.time() >= self._look_at:
                    self._look_at = loop.time() + self.look_every_s
                    self._is_stale = {False: True, True: True}
                with contextlib.suppress(Unavailable):  # the next look makes up for it
                    await self._look()
                with contextlib.suppress(TimeoutError):
                    async with asyncio.timeout_at(self._look_at):
                        await self._event.wait()
        finally:
            await self._end()

    async def _look(self) -> None:
        """Begin with what is due, as far as there are places."""
        if self._changed:
            changed, self._changed = self._changed, set()
            try:
                await self._begin_changed(changed)
            except BaseException:
                self._changed |= changed
                raise
        if self._woken:
            woken, self._woken = self._woken, set()
            try:
                await self._progress.wake(woken, self._clock(), also_off=False)
            except BaseException:
                self._woken |= woken
                raise
            self._is_stale[False] = True
        for is_failing in (False, True):
            await self._begin_due(is_failing=is_failing)

    async def _begin_changed(self, owners: Collection[str]) -> None:
        for owner in sorted(owners):
            await self._begin_unknown(owner)
        await self._progress.wake(owners, self._clock(), also_off=True)
        self._is_stale = {False: True, True: True}

    async def _begin_due(self, *, is_failing: bool) -> None:
        """Begin with those that wait, and then with what is due by now.

        That is in the order of their age: whoever has more than others, and whoever fails, comes
        after them.
        """
        self._begin_waiting(is_failing=is_failing)
        if not self._is_stale[is_failing] or self._places(is_failing=is_failing) <= 0:
            return
        limit = ROWS_PER_PLACE * (self.places + self.failing_places)
        self._is_stale[is_failing] = False
        due = await self._progress.due(self._clock(), limit, is_failing=is_failing)
        self._is_stale[is_failing] |= len(due) == limit
        self._waiting[is_failing] = due
        self._begin_waiting(is_failing=is_failing)

    def _begin_waiting(self, *, is_failing: bool) -> None:
        """Begin with as many of those that wait as there are places for."""
        left = []
        waiting = iter(self._waiting[is_failing])
        while self._places(is_failing=is_failing) > 0 and (key := next(waiting, None)) is not None:
            if self._owned[key.owner, is_failing] >= PER_OWNER:
                left.append(key)
            elif key not in self._tasks:
                self._begin(key, is_failing=is_failing)
        self._waiting[is_failing] = [*left, *waiting]

    def _places(self, *, is_failing: bool) -> int:
        if is_failing:
            return self.failing_places - len(self._failing)
        return self.places - (len(self._tasks) - len(self._failing))

    def _begin(self, key: WebhookKey, *, is_failing: bool) -> None:
        task = asyncio.create_task(self.turns.serve(key), name=f"webhook {key.webhook}")
        self._tasks[key] = task
        self._owned[key.owner, is_failing] += 1
        if is_failing:
            self._failing.add(key)
        task.add_done_callback(lambda _: self._ended(key, task, is_failing=is_failing))

    def _ended(self, key: WebhookKey, task: asyncio.Task[bool], *, is_failing: bool) -> None:
        del self._tasks[key]
        self._owned[key.owner, is_failing] -= 1
        if not self._owned[key.owner, is_failing]:
            del self._owned[key.owner, is_failing]
        self._failing.discard(key)
        self._is_stale[False] |= not task.cancelled() and task.result()
        self._event.set()

    async def _end(self) -> None:
        """Cancel all tasks, and let other processes go on with their webhooks."""
        tasks = dict(self._tasks)
        await cancellation.end(*tasks.values())
        with contextlib.suppress(Unavailable):
            await self.turns.hand_over(list(tasks))
