"""The writes of one connection: in the order in which they come, no faster than the node takes.

They are taken from the same ledger as those over REST.  What comes behind a write that was sent
away is sent away, too, until that one is there again: a later write may build on it.
"""

import asyncio
from collections.abc import Callable
from typing import Final

import msgspec

from handlers.http.operation_runner import OperationRunner
from handlers.http.operations import parse_body
from handlers.live.base import limits
from handlers.live.websocket.sent_writes import SentWrites
from handlers.sync import MutFrame, brief, encoded_body, mutate, refusal_frame, size_of
from models.access.caller import Caller
from models.access.limits import PAGE_BYTES, PUBLIC_BYTES
from models.access.rate_limiter import RateLimiter
from models.access.rate_limits import Cost, extra_write_cost, kib
from models.access.request_origin import RequestOrigin
from models.access.token_bucket import TokenBucket
from models.base.errors import Refusal, Unavailable
from models.wire.frames import Mut, Res
from streams.base.transport import Transport

LEDGER_S: Final = 0.5  # in which the ledger has room for one more write
SPREAD_S: Final = 10.0  # the longest that one behind another is asked to wait beyond it
LOOK_S: Final = 1.0  # how often it is looked what other roads have told to come again
LAPSE_S: Final = 5.0  # how long a write that was sent away is waited for beyond its time


class DeferredMutation(msgspec.Struct):
    """A write that may come again at *due*, on the loop's clock.

    So many *behind* it were sent away since; of those there is room for one in each *every_s*.
    """

    id: str
    number: int
    due: float
    every_s: float
    behind: int = 0

    def next_due(self) -> float:
        """When the next one behind it may come: all at once would mostly be sent away again."""
        self.behind += 1
        return self.due + min(SPREAD_S, self.behind * self.every_s)


class MutationQueue:
    """The writes of one connection that are under way, and the limits on them."""

    def __init__(
        self,
        runner: OperationRunner,
        ledger: RateLimiter,
        send_frame: Callable[[Res], int],
        transport: Transport,
        rate_s: int,
        origin: RequestOrigin,
    ) -> None:
        self._runner = runner
        self._ledger = ledger
        self._send_frame = send_frame
        self._transport = transport
        self._origin = origin
        self._rate = TokenBucket(rate_s, limits.BURST)
        self._every_s = 1 / rate_s
        self._slots = asyncio.Semaphore(limits.WRITES_AT_ONCE)
        self._tasks: set[asyncio.Task[None]] = set()
        self._sent = SentWrites()
        self._sent_away: DeferredMutation | None = None
        self._under_way: set[str] = set()
        self._looks_at = 0.0
        self._is_closed = False

    @property
    def tasks(self) -> tuple[asyncio.Task[None], ...]:
        """The writes that are under way."""
        return tuple(self._tasks)

    def close(self) -> None:
        """Begin no more writes."""
        self._is_closed = True

    async def refuses(self, caller: Caller, frame: Mut, now: float) -> bool:
        """Whether *frame* comes too soon; then the client was told when to send it again."""
        first = self._sent_away
        if first is not None and (frame.id == first.id or now > first.due + LAPSE_S):
            first = self._sent_away = None
        number = self._sent.number_of(frame.id)
        if first is not None and number > first.number:
            wait_s = first.next_due() - now
        else:
            wait_s, every_s = await self._wait_s(caller.scope.user, frame, now)
            if not wait_s:
                return False
            self._sent_away = DeferredMutation(frame.id, number, now + wait_s, every_s)
        refusal = _too_many(max(0.0, wait_s))
        await self._runner.order.refuse(caller.scope.user, (frame.id,), refusal)
        self._send_frame(refusal_frame(frame, refusal))
        return True

    async def _wait_s(self, user: str, frame: Mut, now: float) -> tuple[float, float]:
        """How long *frame* waits, and how much longer each that comes behind it."""
        wait_s = self._rate.take(now)
        if wait_s:
            return wait_s, self._every_s
        wait_s = await self._held_s(user, frame, now)
        if wait_s:
            return wait_s, self._every_s
        cost = Cost(1, kib(len(frame.body)))
        return (await self._ledger.take("write", {"user": user}, cost)).wait_s, LEDGER_S

    async def _held_s(self, user: str, frame: Mut, now: float) -> float:
        """How long what *frame* names as earlier takes, which another road told to come again.

        What is under way here is ahead of it anyway.
        """
        held = self._runner.order.held
        if frame.follows or now >= self._looks_at:
            self._looks_at = now + LOOK_S
            await held.look(user, (frame.id,))
        return held.wait_s(user, set(frame.follows) - self._under_way)

    async def begin(self, caller: Caller, frame: Mut) -> None:
        """Carry *frame* out, as soon as there is a slot; the answer comes when it comes."""
        parsed = frame if len(frame.body) <= PUBLIC_BYTES else await asyncio.to_thread(_read, frame)
        if isinstance(parsed, Refusal):
            self._sent.end(frame.id)
            self._send_frame(refusal_frame(frame, parsed))
            return
        await self._slots.acquire()
        if self._is_closed:
            self._slots.release()
            return
        follows = self._sent.begin(frame.id)
        self._under_way.add(frame.id)
        task = asyncio.create_task(self._mutate(caller, parsed, len(frame.body), follows))
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)

    async def _mutate(
        self, caller: Caller, frame: Mut | MutFrame, size: int, follows: tuple[str, ...]
    ) -> None:
        try:
            answer = await mutate(self._runner, caller, frame, follows, origin=self._origin)
            if not _comes_again(answer):
                self._sent.end(frame.id)
            owed = extra_write_cost(size, self._send_fitted(answer))
            if owed is not None:
                await self._ledger.owe("write", {"user": caller.scope.user}, owed)
        finally:
            self._under_way.discard(frame.id)
            self._slots.release()

    def _send_fitted(self, answer: Res) -> int:
        """Send *answer*, and say how many bytes it is charged as.

        It shows no document while a mebibyte waits to be read: many writes are carried out at once.
        """
        unsent = self._transport.unsent
        if not unsent:
            return self._send_frame(answer)
        encoded = encoded_body(answer)
        size = size_of(encoded)
        if unsent + size <= PAGE_BYTES:
            return self._send_frame(encoded)
        return max(size, self._send_frame(brief(encoded)))


def _read(frame: Mut) -> MutFrame | Refusal:
    """*frame* with its body, which would hold the loop; or why that cannot be read."""
    try:
        body = parse_body(bytes(frame.body))
    except Refusal as refusal:
        return refusal
    return MutFrame(
        id=frame.id,
        op=frame.op,
        path=frame.path,
        base=frame.base,
        follows=frame.follows,
        body=body,
    )


def _comes_again(answer: Res) -> bool:
    """Whether the client sends the write again that *answer* is about."""
    if answer.status in (429, 503):
        return True
    return isinstance(answer.problem, dict) and answer.problem["code"] == "mutation_running"


def _too_many(wait_s: float) -> Unavailable:
    return Unavailable(
        "writes_too_many",
        "Too many writes at once. Send this one again, under the same id, a little later.",
        extra={"after": round(wait_s * 1000) + 1},
    )
