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
from upcoach.store.base.pages import Page
from upcoach.store.base.sealing import Unreadable
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
PAGE: Final = 50  # events
PAGE_BYTES: Final = 4 * 1024 * 1024
TURN: Final = 100  # deliveries, after which others have a turn
TURN_EVENTS: Final = 500  # the same, also of those that a webhook does not want
TURN_S: Final = 10.0
BROKEN: Final = dt.timedelta(minutes=5)  # after which one is looked at again that broke its task

_log = structlog.get_logger(__name__)


class _Turn:
    """How far a webhook has come, and what is left of its turn: deliveries, events and time."""

    def __init__(self, progress: WebhookProgress, length_s: float) -> None:
        self.seq, self.tries = progress.seq, progress.tries
        self._ends_at = asyncio.get_running_loop().time() + length_s
        self._events = self._sent = 0

    @property
    def is_over(self) -> bool:
        """Whether others are next; not before it has come further by one event."""
        is_late = self._events > 0 and asyncio.get_running_loop().time() >= self._ends_at
        return is_late or self._sent >= TURN or self._events >= TURN_EVENTS

    def passed(self, seq: int, *, is_sent: bool) -> None:
        """Go on behind event *seq*, which was sent or is not wanted."""
        self.seq, self.tries = seq, 0
        self._events += 1
        self._sent += is_sent


class DeliveryRunner:
    """Sends to webhooks until cancelled.

    Attributes
    ----------
    waits
        After which a delivery is tried again.
    look_every_s
        How often it is looked for what is due.
    places, failing_places
        How many webhooks are sent to at once, and how many beside them of those of which the last
        try failed.
    turn_s
        After how long one of them lets others have its place.

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
        self.look_every_s = LOOK_EVERY_S
        self.places, self.failing_places, self.turn_s = PLACES, FAILING_PLACES, TURN_S
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
        try:
            while True:
                self._event.clear()
                with contextlib.suppress(Unavailable):  # the next look makes up for it
                    await self._look()
                with contextlib.suppress(TimeoutError):
                    async with asyncio.timeout(self.look_every_s):
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
        # Those that are woken queue with the others by age: whoever has more than others, and
        # whoever fails, comes after them.
        for is_failing in (False, True):
            if self._places(is_failing=is_failing) > 0:
                limit = ROWS_PER_PLACE * (self.places + self.failing_places)
                due = await self._progress.due(self._clock(), limit, is_failing=is_failing)
                for key in due:
                    self._begin(key, is_failing=is_failing)

    async def _begin_changed(self, owners: Collection[str]) -> None:
        for owner in sorted(owners):
            await self._begin_unknown(owner)
        await self._progress.wake(owners, self._clock(), also_off=True)

    def _places(self, *, is_failing: bool) -> int:
        if is_failing:
            return self.failing_places - len(self._failing)
        return self.places - (len(self._tasks) - len(self._failing))

    def _begin(self, key: WebhookKey, *, is_failing: bool) -> None:
        """Begin a task for a webhook, unless there is one, or no place for it."""
        if key in self._tasks or self._places(is_failing=is_failing) <= 0:
            return
        if self._of_owner(key.owner, is_failing=is_failing) >= PER_OWNER:
            return
        task = asyncio.create_task(self._serve(key), name=f"webhook {key.webhook}")
        self._tasks[key] = task
        if is_failing:
            self._failing.add(key)
        task.add_done_callback(lambda _: self._ended(key))

    def _of_owner(self, owner: str, *, is_failing: bool) -> int:
        return sum(
            key.owner == owner and (key in self._failing) is is_failing for key in self._tasks
        )

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
        feed, turn = user_feed(key.owner), _Turn(progress, self.turn_s)
        while not turn.is_over:
            page = await self._log.bounded_page(feed, turn.seq, PAGE, PAGE_BYTES)
            await self._log.load_keys([feed])
            if not await self._deliver_page(key, turn, page):
                return
            if not page.has_more and (not page.items or turn.seq == page.items[-1].seq):
                await self._rest(key, feed, turn)
                return
        await self._progress.put_off(key, self._holder, 0, self._clock(), seq=turn.seq)

    async def _deliver_page(self, key: WebhookKey, turn: _Turn, page: Page[Event]) -> bool:
        """Send the events of *page*; False if there is nothing more to do for now."""
        webhook = await self._find_enabled(key)
        for event in page.items:
            if webhook is None or turn.is_over:
                break
            outcome = None
            if webhook.wants(event.type):
                webhook = await self._find_enabled(key)  # it may be another by now
                if webhook is None:
                    break
                outcome = await self._send(key, webhook, event, turn.tries + 1)
                if outcome is not None and not outcome.delivery.delivered:
                    await self._put_off(key, webhook, turn, outcome)
                    return False
            turn.passed(event.seq, is_sent=outcome is not None)
            # Behind the last of all, it is saved as the webhook comes to rest.
            is_saved = page.has_more if event is page.items[-1] else outcome is not None
            if is_saved and not await self._progress.advance(
                key, self._holder, turn.seq, self._clock()
            ):
                return False
        return webhook is not None

    async def _find_enabled(self, key: WebhookKey) -> Webhook | None:
        """The webhook; None if it is to be sent nothing more, which is saved."""
        webhook = await self._webhooks.find(key)
        if webhook is None or not webhook.enabled:
            await self._give_up(key, webhook)
            return None
        return webhook

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

    async def _put_off(self, key: WebhookKey, webhook: Webhook, turn: _Turn, sent: Sent) -> None:
        """Try again later, or disable a webhook that is gone, or has failed for long enough."""
        share, tries = random.random(), turn.tries + 1  # noqa: S311 - not all at once
        wait = retry_wait(tries, share, sent.retry_after, self.waits)
        if sent.is_gone or wait is None:
            # Whoever has it by now, as after a replay, judges by its own tries.
            if not await self._progress.keep(key, self._holder, self._clock()):
                return
            await self._webhooks.disable(key, "gone" if sent.is_gone else "failing")
            await self._switch_off(key)
            _log.info("webhook_disabled", webhook=webhook.id, status=sent.delivery.status)
            return
        until = self._clock() + wait
        await self._progress.put_off(key, self._holder, tries, until, seq=turn.seq)

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

    async def _rest(self, key: WebhookKey, feed: str, turn: _Turn) -> None:
        """Wait for something new, which may have come while the webhook was still taken."""
        await self._progress.rest(key, self._holder, turn.seq, turn.tries)
        if await self._log.page(feed, turn.seq, 1):
            self.wake([key.owner])
