"""The worker of an outbox, the same for every channel: it delivers what is due, or puts it off."""

import asyncio
import datetime as dt
import functools
from collections.abc import Awaitable, Callable, Iterable, Iterator, Mapping, Sequence
from types import MappingProxyType
from typing import Final, Generic, TypeVar

import structlog

from models.base.errors import Unavailable
from models.base.periodic_jobs import PeriodicJob
from upcoach.store.base.shared_calls import SharedCalls
from upcoach.store.outbox.outbox import KEPT, Claim, Outbox, Pending, Tries

LOOK_EVERY_S: Final = 5.0  # for what others have put off, or left behind
FIRST_WAIT: Final = dt.timedelta(seconds=10)
LONGEST_WAIT: Final = dt.timedelta(minutes=10)
ONE_PLACE: Final[Mapping[Tries, int]] = MappingProxyType({"any": 1})

R = TypeVar("R")

_log = structlog.get_logger(__name__)


class Later(Exception):
    """Postpones a request, which was not tried, until *wait* is over."""

    def __init__(self, wait: dt.timedelta) -> None:
        super().__init__()
        self.wait = wait


class CarrierAway(Exception):
    """It could not be carried just now; the text is no address and no word of what it is.

    Attributes
    ----------
    wait
        How long the other side wants to be left alone; at least so long is waited.
    setting
        The setting to look at, if it may be wrong.

    """

    def __init__(
        self, why: str, wait: dt.timedelta = dt.timedelta(0), *, setting: str = ""
    ) -> None:
        super().__init__(why)
        self.wait = wait
        self.setting = setting


class Undeliverable(Exception):
    """It can never be carried."""


class OutboxWorker(Generic[R]):
    """Delivers what is due in *outbox*, at each of so many *places* one request at a time.

    A place is for what any, the first, or a later try is due of.  Each is a job of its own, so that
    one that hangs holds up itself alone; what is due is taken for all of them together.  *deliver*
    returns when a request is done with, or raises one of the errors above.  What is older than
    *tried_for* is not put off any more.
    """

    def __init__(
        self,
        name: str,
        outbox: Outbox[R],
        deliver: Callable[[Pending[R]], Awaitable[None]],
        places: Mapping[Tries, int] = ONE_PLACE,
        tried_for: dt.timedelta = KEPT,
    ) -> None:
        self._name = name
        self._outbox = outbox
        self._deliver = deliver
        self._tried_for = tried_for
        self._queues = {tries: _Queue[R](count) for tries, count in places.items()}
        self._discarded = SharedCalls(self._discard)
        outbox.on_added = self._wake

    @property
    def periodic_jobs(self) -> tuple[PeriodicJob, ...]:
        """The periodic look for what is due of each sort, and the delivery at each place."""
        return tuple(
            job for tries, queue in self._queues.items() for job in self._jobs_of(tries, queue)
        )

    def _jobs_of(self, tries: Tries, queue: "_Queue[R]") -> Iterator[PeriodicJob]:
        name = f"{self._name}_{tries}"
        yield PeriodicJob(
            name=name,
            every_s=LOOK_EVERY_S,
            run=functools.partial(self._take, tries, queue),
            at_once=True,
            sooner=queue.wanted,
        )
        for number in range(queue.places):
            yield PeriodicJob(
                name=f"{name}_{number}",
                every_s=LOOK_EVERY_S,
                run=functools.partial(self._deliver_taken, queue),
                at_once=True,
            )

    async def deliver_one(self) -> bool:
        """Deliver the first request that is due, or postpone it; return whether any was due."""
        taken = await self._outbox.take(1)
        for pending in taken:
            await self._handle(pending)
        return bool(taken)

    def _wake(self) -> None:
        for tries, queue in self._queues.items():
            if tries != "later":
                queue.wanted.set()

    async def _take(self, tries: Tries, queue: "_Queue[R]") -> None:
        """Take what is due, as far as there are free places for it."""
        free = queue.free
        taken = await self._outbox.take(free, tries) if free else []
        queue.put(taken, has_more=len(taken) == free)

    async def _deliver_taken(self, queue: "_Queue[R]") -> None:
        while True:
            await self._handle(await queue.get())

    async def _handle(self, pending: Pending[R]) -> None:
        """Deliver *pending*, or postpone it."""
        try:
            wait = await self._wait_after(pending)
        except Later as later:
            await self._outbox.put_off(pending.claim, later.wait, is_tried=False)
            return
        if wait is not None and pending.age + wait > self._tried_for:
            _log.warning("delivery_given_up", **self._about(pending))
            wait = None
        if wait is None:
            await self._discarded(pending.claim)
        else:
            await self._outbox.put_off(pending.claim, wait)

    async def _discard(self, claims: Sequence[Claim]) -> list[None]:
        await self._outbox.discard(claims)
        return [None] * len(claims)

    def _about(self, pending: Pending[R]) -> dict[str, str]:
        kind = type(pending.request).__name__
        return {"channel": self._name, "letter": pending.id, "wish": kind}

    async def _wait_after(self, pending: Pending[R]) -> dt.timedelta | None:
        """Try *pending*, and return how long it is put off; None when it is done with."""
        about = self._about(pending)
        try:
            await self._deliver(pending)
        except Undeliverable:
            _log.info("delivery_given_up", **about)
        except CarrierAway as failure:
            named = {"setting": failure.setting} if failure.setting else {}
            _log.warning("delivery_put_off", **about, why=str(failure), **named)
            return max(_wait(pending), failure.wait)
        except (Later, Unavailable):  # the database is away: for all
            raise
        # One request that cannot be carried out must not hold up those behind it.  It is logged
        # with its trace, kept, and tried again later.
        except Exception:  # noqa: BLE001
            _log.exception("delivery_broken", **about)
            return _wait(pending)
        return None


class _Queue(Generic[R]):
    """What was taken for some *places*, which is never more than are free.

    Attributes
    ----------
    wanted
        Set when something may be due that there is a place for.

    """

    def __init__(self, places: int) -> None:
        self.places = places
        self.wanted = asyncio.Event()
        self._taken = asyncio.Queue[Pending[R]]()
        self._waiting = 0  # places
        self._has_more = False

    @property
    def free(self) -> int:
        """How many places have nothing to do."""
        return self._waiting - self._taken.qsize()

    def put(self, taken: Iterable[Pending[R]], *, has_more: bool) -> None:
        """Add what was *taken*, and remember whether there may be more."""
        for pending in taken:
            self._taken.put_nowait(pending)
        self._has_more = has_more

    async def get(self) -> Pending[R]:
        """Wait at a place for something to deliver."""
        self._waiting += 1
        if self._has_more:
            self.wanted.set()
        try:
            return await self._taken.get()
        finally:
            self._waiting -= 1


def _wait(pending: Pending[R]) -> dt.timedelta:
    doublings = min(pending.tries - 1, 10)
    return min(FIRST_WAIT * (1 << doublings), LONGEST_WAIT)
