"""Sends the events of feeds to webhooks: each in the order of its feed, and each at its own pace.

One task at a time has a webhook, under a lease in the database, so that any number of processes
share the work and go on with that of one that has died.  It sends one event after another; one that
is not taken holds up those behind it, and nobody else: webhooks of which the last try failed have
places of their own, so that those that hang are a few places less, and never all.

An event is sent at least once: it may come twice where a process has died before it had saved that
it was taken, and it comes under the same identifier then.
"""

import asyncio
import contextlib
import datetime as dt
import random
from collections.abc import AsyncIterator, Collection
from typing import Final

import structlog

from models.base.clock import Clock
from models.base.errors import Unavailable
from models.base.ids import new_id
from models.base.metrics import Metrics
from models.webhooks import RETRY_WAITS, Webhook, WebhookProgress, retry_wait
from models.wire.cursor import Cursor
from models.wire.events import Event, feed_owner, user_feed
from upcoach.services.webhooks import WebhookServices
from upcoach.services.webhooks.sending import Sent, event_message
from upcoach.store.base.sealing import Unreadable
from upcoach.store.collections.webhook_progress import WebhookKey
from upcoach.store.log.event_log import EventLog
from upcoach.store.log.heads import Heads

LOOK_EVERY_S: Final = 1.0  # for what is due
PLACES: Final = 64  # webhooks that are sent to at once, by one process
FAILING_PLACES: Final = 32  # beside them, of those of which the last try failed
ROWS: Final = 500  # records of one query
PAGE: Final = 50  # events
PAGE_BYTES: Final = 4 * 1024 * 1024
TURN: Final = 100  # deliveries, after which others have a turn
SOON: Final = dt.timedelta(minutes=1)
BROKEN: Final = dt.timedelta(minutes=5)  # after which one is looked at again that broke its task

_log = structlog.get_logger(__name__)


class DeliveryRunner:
    """Sends to webhooks until cancelled.

    Attributes
    ----------
    waits
        After which a delivery is tried again.
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
        self.waits = RETRY_WAITS
        self.places, self.failing_places = PLACES, FAILING_PLACES
        self._webhooks = services.webhooks
        self._sender = services.sender
        self._progress = services.progress
        self._deliveries = services.deliveries
        self._log = log
        self._heads = heads
        self._clock = clock
        self._epoch = epoch
        self._metrics = metrics
        self._holder = new_id("wdr")
        self._woken: set[str] = set()
        self._changed: set[str] = set()  # whose webhooks are others than before
        self._has_begun = False
        self._event = asyncio.Event()
        self._tasks: dict[WebhookKey, asyncio.Task[None]] = {}
        self._failing: set[WebhookKey] = set()  # those of the tasks that have such a place

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
        if not self._has_begun:
            await self._begin_unknown()
            self._has_begun = True
        async for page in self._pages():
            seqs: dict[str, int] = {}
            for progress in page:
                if progress.at is None and not progress.is_off:
                    feed = user_feed(progress.owner)
                    seqs[feed] = min(progress.seq, seqs.get(feed, progress.seq))
            self.wake(set(map(feed_owner, await self._heads.passed(seqs))))
        return await self._progress.owners()

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
        try:
            while True:
                self._event.clear()
                with contextlib.suppress(Unavailable):  # the next look makes up for it
                    await self._look()
                with contextlib.suppress(TimeoutError):
                    async with asyncio.timeout(LOOK_EVERY_S):
                        await self._event.wait()
        finally:
            await self._end()

    async def _look(self) -> None:
        """Begin with what is due, as far as there are places."""
        now = self._clock()
        if self._changed:
            changed, self._changed = self._changed, set()
            for owner in changed:
                await self._begin_unknown(owner)
            await self._progress.wake(changed, now)
        for is_failing in (False, True):
            places = self._places(is_failing=is_failing)
            if places > 0:
                # Those that are under way may be due again: their leases are renewed late.
                limit = places + len(self._tasks)
                for key in await self._progress.due(now, limit, is_failing=is_failing):
                    self._begin(key, is_failing=is_failing)
        if self._woken and self._places(is_failing=False) > 0:
            woken, self._woken = self._woken, set()
            for key in await self._progress.idle(woken):
                if not self._begin(key, is_failing=False):
                    self._woken.add(key.owner)

    def _places(self, *, is_failing: bool) -> int:
        if is_failing:
            return self.failing_places - len(self._failing)
        return self.places - (len(self._tasks) - len(self._failing))

    def _begin(self, key: WebhookKey, *, is_failing: bool) -> bool:
        """Begin a task for a webhook; False when there is one, or no place for it."""
        if key in self._tasks or self._places(is_failing=is_failing) <= 0:
            return False
        task = asyncio.create_task(self._serve(key), name=f"webhook {key.webhook}")
        self._tasks[key] = task
        if is_failing:
            self._failing.add(key)
        task.add_done_callback(lambda _: self._ended(key))
        return True

    def _ended(self, key: WebhookKey) -> None:
        del self._tasks[key]
        self._failing.discard(key)
        self._event.set()

    async def _end(self) -> None:
        """Cancel all tasks, and let other processes go on with their webhooks."""
        tasks = dict(self._tasks)
        while any(not task.done() for task in tasks.values()):
            for task in tasks.values():
                task.cancel()
            await asyncio.wait(tasks.values(), timeout=0.2)
        with contextlib.suppress(Unavailable):
            now = self._clock()
            await asyncio.gather(
                *(self._progress.hand_over(key, self._holder, now) for key in tasks)
            )

    async def _serve(self, key: WebhookKey) -> None:
        """Send to a webhook what there is, if no other process does."""
        try:
            progress = await self._progress.claim(key, self._clock(), self._holder)
            if progress is not None:
                await self._deliver(key, progress)
        except Unavailable:  # the lease runs out, and then it is due
            pass
        # One webhook that breaks its task must not end the others.  It is logged with its trace,
        # and looked at again later.
        except Exception:  # noqa: BLE001
            _log.exception("webhook_broken", webhook=key.webhook)
            with contextlib.suppress(Unavailable):
                await self._progress.put_off(key, self._holder, 0, self._clock() + BROKEN)

    async def _deliver(self, key: WebhookKey, progress: WebhookProgress) -> None:
        feed, seq, tries, sent = user_feed(key.owner), progress.seq, progress.tries, 0
        while sent < TURN:
            page = await self._log.bounded_page(feed, seq, PAGE, PAGE_BYTES)
            await self._log.load_keys([feed])
            for event in page.items:
                webhook = await self._webhooks.find(key)
                if webhook is None or not webhook.enabled:
                    await self._give_up(key, webhook)
                    return
                outcome = await self._send(key, webhook, event, tries + 1)
                if outcome is not None and not outcome.delivery.delivered:
                    await self._put_off(key, webhook, tries + 1, outcome)
                    return
                seq, tries = event.seq, 0
                sent += outcome is not None
                is_last = event is page.items[-1]
                if is_last and not page.has_more:
                    break  # where it has come to is saved as it comes to rest
                if (outcome is not None or is_last) and not await self._progress.advance(
                    key, self._holder, seq, self._clock()
                ):
                    return
            if not page.has_more:
                await self._rest(key, feed, seq, tries)
                return
        await self._progress.hand_over(key, self._holder, self._clock())

    async def _send(
        self, key: WebhookKey, webhook: Webhook, event: Event, attempt: int
    ) -> Sent | None:
        """Send *event*; None if it is not for this webhook, or nobody can read it any more."""
        if not webhook.wants(event.type):
            return None
        try:
            line = self._log.open_line(event)
        except Unreadable:
            return None
        cursor = str(Cursor(self._epoch, event.seq))
        message = event_message(webhook, event.type, event.at, cursor, line)
        outcome = await self._sender.send(webhook, message, attempt)
        self._metrics.webhooks_sent.labels(str(outcome.delivery.status or "none")).inc()
        self._metrics.webhook_s.observe(outcome.delivery.duration_ms / 1_000)
        await self._deliveries.add(key, outcome.delivery)
        return outcome

    async def _put_off(self, key: WebhookKey, webhook: Webhook, tries: int, sent: Sent) -> None:
        """Try again later, or disable a webhook that is gone, or has failed for long enough."""
        share = random.random()  # noqa: S311 - not all at once
        wait = retry_wait(tries, share, sent.retry_after, self.waits)
        if sent.is_gone or wait is None:
            # Whoever has it by now, as after a replay, judges by its own tries.
            if not await self._progress.keep(key, self._holder, self._clock()):
                return
            await self._webhooks.disable(key, "gone" if sent.is_gone else "failing")
            await self._switch_off(key)
            _log.info("webhook_disabled", webhook=webhook.id, status=sent.delivery.status)
            return
        await self._progress.put_off(key, self._holder, tries, self._clock() + wait)
        if wait < SOON:  # the usual look would be late for it
            asyncio.get_running_loop().call_later(wait.total_seconds(), self._event.set)

    async def _give_up(self, key: WebhookKey, webhook: Webhook | None) -> None:
        if webhook is not None:
            await self._switch_off(key)
            return
        await self._progress.remove(key)
        await self._deliveries.remove(key)

    async def _switch_off(self, key: WebhookKey) -> None:
        """Wait until a webhook is enabled, which it may have been while it was still taken."""
        await self._progress.switch_off(key, self._holder)
        webhook = await self._webhooks.find(key)
        if webhook is None or webhook.enabled:
            self.look_anew(key.owner)

    async def _rest(self, key: WebhookKey, feed: str, seq: int, tries: int) -> None:
        """Wait for something new, which may have come while the webhook was still taken."""
        await self._progress.rest(key, self._holder, seq, tries)
        if await self._log.page(feed, seq, 1):
            self.wake([key.owner])
