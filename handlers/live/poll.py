"""Long-polls: a request that waits, in every feed it asks about, for the next event.

Nothing is done for one that waits until something comes.  Then all that waited at the same place
get the same bytes, made once.
"""

import asyncio
import contextlib

import msgspec

from handlers.live.base import deadlines
from handlers.live.base.deadlines import run_deadlines, token_end
from handlers.sync import FeedPosition
from models.access.caller import Caller
from models.base.clock import Clock
from models.wire.close_codes import CloseCode
from streams.feed.encoded_batch import EncodedBatch


def as_array(lines: bytes, /) -> bytes:
    """*lines* as a JSON array."""
    return b"[" + b",".join(lines.splitlines()) + b"]"


class PollEvent(msgspec.Struct, frozen=True):
    """What a poll was woken by."""

    position: FeedPosition
    batch: EncodedBatch


class PollSubscriber:
    """The subscription of a poll to one feed."""

    def __init__(self, poll: "Poll", position: FeedPosition) -> None:
        self._poll = poll
        self._position = position
        position.topic.add(self)

    def push(self, batch: EncodedBatch) -> None:
        """See `fanout.Subscriber.push`."""
        if batch.last > self._position.seq:
            self._poll.wake(PollEvent(self._position, batch))

    def flush(self) -> None:
        """See `fanout.Flushed.flush`: the handler answers in a turn of its own."""

    def close(self) -> None:
        """End the subscription."""
        self._position.topic.remove(self)


class Poll:
    """A long-poll: a request that waits for an event.

    Attributes
    ----------
    closed_with
        Why the server ended the wait before its time; None if it did not.

    """

    kind = "poll"
    device = None

    def __init__(self, name: str, caller: Caller, clock: Clock, until: float) -> None:
        self.name = name
        self.caller = caller
        self.closed_with: int | None = None
        self._clock = clock
        self._until = until
        self._subscribers: list[PollSubscriber] = []
        self._is_over = False
        self._event: asyncio.Future[PollEvent | None] = asyncio.get_running_loop().create_future()

    def subscribe(self, position: FeedPosition) -> None:
        """Subscribe to what comes above *position*, which ends the wait."""
        self._subscribers.append(PollSubscriber(self, position))

    async def wait(self) -> PollEvent | None:
        """What came; None when nothing came in time.

        The node's one timer comes by within two seconds, which is long for who waits for one.
        """
        with contextlib.suppress(TimeoutError):
            async with asyncio.timeout_at(self._until):
                return await self._event
        return None

    def wake(self, event: PollEvent | None) -> None:
        """End the wait."""
        self._is_over |= event is None
        if not self._event.done():
            self._event.set_result(event)

    def wait_again(self) -> None:
        """Let `wait` return at the next event after the one that it returned with."""
        self._event = asyncio.get_running_loop().create_future()
        if self._is_over:
            self._event.set_result(None)

    def tick(self, now: float) -> float:
        """Do what is due: the end of the token; the time of the next deadline."""
        return run_deadlines(self, deadlines.POLL, now)

    def token_end(self) -> float:
        """See `PollTimes.token_end`."""
        return token_end(self.caller, self._clock)

    def close(self, code: int, _reason: str) -> None:
        """End the wait early."""
        self.closed_with = code
        self.wake(None)

    def go(self, after_ms: int, reason: str) -> None:
        """Have the client ask elsewhere in *after_ms*."""
        loop = asyncio.get_running_loop()
        loop.call_later(after_ms / 1000, self.close, CloseCode.DRAINING, reason)

    def check_channels(self) -> None:
        """See `LiveConnection.check_channels`: a poll follows none."""

    def end(self) -> None:
        """Close all subscriptions, and end the wait."""
        for subscriber in self._subscribers:
            subscriber.close()
        self._subscribers.clear()
        self.wake(None)
