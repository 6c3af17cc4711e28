"""Turns of webhooks: what is sent to one of them while it has a place, and what is saved of that.

A webhook is leased in the database, so that any number of processes share the work and go on with
that of one that has died.  It is sent one event after another; one that is not taken holds up those
behind it, and nobody else.

Whatever is read and written in between is so for all that have a place, in round trips that they
share; what is sent is not.

An event is sent at least once: it may come twice where a process has died before it had saved that
it was taken, and it comes under the same identifier then.
"""

import asyncio
import contextlib
import datetime as dt
import itertools
import random
from collections.abc import Callable, Sequence
from typing import Final

import structlog

from models.base.clock import Clock
from models.base.errors import Unavailable
from models.base.ids import new_id
from models.base.metrics import Metrics
from models.webhooks import RETRY_WAITS, Webhook, WebhookDelivery, WebhookProgress, retry_wait
from models.wire.cursor import Cursor
from models.wire.events import Event, user_feed
from upcoach.services.webhooks import WebhookServices
from upcoach.services.webhooks.sending import Sent, event_message
from upcoach.store.base.broken_documents import BrokenDocument, unreadable
from upcoach.store.base.pages import Page
from upcoach.store.base.sealing import Unreadable
from upcoach.store.base.shared_calls import SharedCalls
from upcoach.store.collections.webhook_progress import (
    Change,
    WebhookKey,
    advanced,
    handed_over,
    kept,
    put_off,
    rested,
    switched_off,
)
from upcoach.store.log.event_log import EventLog
from upcoach.store.log.heads import Heads

NEXT: Final = 2  # events that are read for many at once: mostly there is one, and they may be large
# Webhooks that they are read for at once: an event may have the 2 MiB of a document, so that these
# hold 64 MiB at the worst, as the pages of as many webhooks do.
READ_AT_ONCE: Final = 16
PAGE: Final = 50  # events
PAGE_BYTES: Final = 4 * 1024 * 1024
TURN: Final = 100  # deliveries, after which others have a turn
TURN_EVENTS: Final = 500  # the same, also of those that a webhook does not want
TURN_S: Final = 10.0
BROKEN: Final = dt.timedelta(minutes=5)  # after which one is looked at again that broke its task

_log = structlog.get_logger(__name__)


class Turn:
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


class DeliveryTurns:
    """Serves webhooks, each as often as it is its turn.

    Attributes
    ----------
    waits
        After which a delivery is tried again.
    turn_s
        After how long a webhook lets others have its place.

    """

    def __init__(
        self,
        services: WebhookServices,
        log: EventLog,
        heads: Heads,
        clock: Clock,
        epoch: str,
        metrics: Metrics,
        wake: Callable[[str], None],
        look_anew: Callable[[str], None],
    ) -> None:
        self.waits, self.turn_s = RETRY_WAITS, TURN_S
        self._webhooks = services.webhooks
        self._sender = services.sender
        self._progress = services.progress
        self._deliveries = services.deliveries
        self._log = log
        self._heads = heads
        self._clock = clock
        self._epoch = epoch
        self._metrics = metrics
        self._wake = wake
        self._look_anew = look_anew
        self._holder = new_id("wdr")
        # What breaks a shared read, as something stored that is malformed, breaks only its own.
        self._claimed = SharedCalls(self._claim_each, one_at_a_time=True)
        self._found = SharedCalls(self._webhooks.find_each, one_at_a_time=True)
        self._read = SharedCalls(self._read_each, one_at_a_time=True, most=READ_AT_ONCE)
        self._passed = SharedCalls(self._passed_each, one_at_a_time=True)
        # A failed write may have been done in part, and is not done twice.
        self._changed = SharedCalls(self._change_each, one_at_a_time=True, retries_each=False)
        self._noted = SharedCalls(self._note_each, one_at_a_time=True, retries_each=False)

    async def hand_over(self, keys: Sequence[WebhookKey]) -> None:
        """Let other processes go on with webhooks of which this one has stopped the turns."""
        if keys:
            now = self._clock()
            await self._progress.change([handed_over(key, now) for key in keys], self._holder)

    async def serve(self, key: WebhookKey) -> bool:
        """Send to a webhook what there is, if no other process does; whether it is due again."""
        try:
            progress = await self._claimed(key)
            return progress is not None and await self._deliver(key, progress)
        except Unavailable:  # the lease runs out, and then it is due
            pass
        # One webhook that breaks its task must not end the others.  It is logged with its trace,
        # and looked at again later.
        except Exception:  # noqa: BLE001
            _log.exception("webhook_broken", webhook=key.webhook)
            with contextlib.suppress(Unavailable):
                await self._changed(put_off(key, 0, self._clock() + BROKEN))
        return False

    async def _deliver(self, key: WebhookKey, progress: WebhookProgress) -> bool:
        feed, turn = user_feed(key.owner), Turn(progress, self.turn_s)
        page = await self._first_page(feed, turn.seq)
        while True:
            await self._log.load_keys([feed])
            if not await self._deliver_page(key, turn, page):
                return False
            if not page.has_more and (not page.items or turn.seq == page.items[-1].seq):
                await self._rest(key, feed, turn)
                return False
            if turn.is_over:
                await self._changed(put_off(key, 0, self._clock(), turn.seq))
                return True
            page = await self._page(feed, turn.seq)

    async def _first_page(self, feed: str, seq: int) -> Page[Event]:
        """What comes behind *seq*, which is one event mostly."""
        events = await self._read((feed, seq))
        if not events:  # no such numbers
            return await self._page(feed, seq)
        return Page(events, has_more=len(events) == NEXT)

    async def _page(self, feed: str, seq: int) -> Page[Event]:
        return await self._log.bounded_page(feed, seq, PAGE, PAGE_BYTES)

    async def _deliver_page(self, key: WebhookKey, turn: Turn, page: Page[Event]) -> bool:
        """Send the events of *page*; False if there is nothing more to do for now."""
        webhook, is_current = await self._find_enabled(key), True
        for event in page.items:
            if webhook is None or turn.is_over:
                break
            outcome = None
            if webhook.wants(event.type):
                if not is_current:  # it may be another by now
                    webhook = await self._find_enabled(key)
                    if webhook is None:
                        break
                outcome = await self._send(key, webhook, event, turn.tries + 1)
                is_current = False
                if outcome is not None and not outcome.delivery.delivered:
                    await self._put_off(key, webhook, turn, outcome)
                    return False
            turn.passed(event.seq, is_sent=outcome is not None)
            # Behind the last of all, it is saved as the webhook comes to rest.
            is_saved = page.has_more if event is page.items[-1] else outcome is not None
            if is_saved and not await self._changed(advanced(key, turn.seq, self._clock())):
                return False
        return webhook is not None

    async def _find_enabled(self, key: WebhookKey) -> Webhook | None:
        """The webhook; None if it is to be sent nothing more, which is saved."""
        webhook = await self._find(key)
        if webhook is None:
            await self._progress.remove(key)
            await self._deliveries.remove(key)
            return None
        if not webhook.enabled:
            await self._switch_off(key)
            return None
        return webhook

    async def _find(self, key: WebhookKey) -> Webhook | None:
        webhook = await self._found(key)
        if isinstance(webhook, BrokenDocument):
            raise unreadable(webhook)
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
        await self._noted((key, outcome.delivery))
        await self._deliveries.trim_sometimes(key)
        return outcome

    async def _put_off(self, key: WebhookKey, webhook: Webhook, turn: Turn, sent: Sent) -> None:
        """Try again later, or disable a webhook that is gone, or has failed for long enough."""
        share, tries = random.random(), turn.tries + 1  # noqa: S311 - not all at once
        wait = retry_wait(tries, share, sent.retry_after, self.waits)
        if sent.is_gone or wait is None:
            # Whoever has it by now, as after a replay, judges by its own tries.
            if not await self._changed(kept(key, self._clock())):
                return
            await self._webhooks.disable(key, "gone" if sent.is_gone else "failing")
            await self._switch_off(key)
            _log.info("webhook_disabled", webhook=webhook.id, status=sent.delivery.status)
            return
        await self._changed(put_off(key, tries, self._clock() + wait, turn.seq))

    async def _switch_off(self, key: WebhookKey) -> None:
        """Wait until a webhook is enabled, which it may have been while it was still taken."""
        await self._changed(switched_off(key))
        webhook = await self._find(key)
        if webhook is None or webhook.enabled:
            self._look_anew(key.owner)

    async def _rest(self, key: WebhookKey, feed: str, turn: Turn) -> None:
        """Wait for something new, which may have come while the webhook was still taken."""
        await self._changed(rested(key, turn.seq, turn.tries))
        if await self._passed((feed, turn.seq)):
            self._wake(key.owner)

    async def _claim_each(self, keys: Sequence[WebhookKey]) -> list[WebhookProgress | None]:
        claimed = await self._progress.claim(keys, self._clock(), self._holder)
        return [claimed.get(key) for key in keys]

    async def _change_each(self, changes: Sequence[Change]) -> list[bool]:
        return await self._progress.change(changes, self._holder)

    async def _read_each(self, places: Sequence[tuple[str, int]]) -> list[list[Event]]:
        """The events that have the next numbers behind each of *places* in a feed."""
        wanted: dict[str, set[int]] = {}
        for feed, seq in places:
            wanted.setdefault(feed, set()).update(range(seq + 1, seq + 1 + NEXT))
        found = {(event.feed, event.seq): event for event in await self._log.numbered(wanted)}
        await self._log.load_keys(wanted)
        return [_in_a_row(found, feed, seq) for feed, seq in places]

    async def _note_each(self, entries: Sequence[tuple[WebhookKey, WebhookDelivery]]) -> list[None]:
        await self._deliveries.add(*entries)
        return [None] * len(entries)

    async def _passed_each(self, places: Sequence[tuple[str, int]]) -> list[bool]:
        """Whether there is something behind each of *places*, or another one in its feed."""
        seqs: dict[str, int] = {}
        for feed, seq in places:
            seqs[feed] = min(seq, seqs.get(feed, seq))
        passed = await self._heads.passed(seqs)
        return [feed in passed for feed, _ in places]


def _in_a_row(found: dict[tuple[str, int], Event], feed: str, after: int) -> list[Event]:
    numbers = ((feed, number) for number in range(after + 1, after + 1 + NEXT))
    return [found[number] for number in itertools.takewhile(found.__contains__, numbers)]
