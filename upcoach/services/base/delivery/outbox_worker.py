"""The worker of an outbox, the same for every channel: it delivers what is due, or puts it off."""

import asyncio
import datetime as dt
import functools
from collections.abc import Awaitable, Callable, Sequence
from typing import Final, Generic, TypeVar

import structlog

from models.base.errors import Unavailable
from models.base.periodic_jobs import PeriodicJob
from upcoach.store.outbox.outbox import KEPT, Outbox, Pending, Tries

LOOK_EVERY_S: Final = 5.0  # for what others have put off, or left behind
FIRST_WAIT: Final = dt.timedelta(seconds=10)
LONGEST_WAIT: Final = dt.timedelta(minutes=10)

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

    """

    def __init__(self, why: str, wait: dt.timedelta = dt.timedelta(0)) -> None:
        super().__init__(why)
        self.wait = wait


class Undeliverable(Exception):
    """It can never be carried."""


class OutboxWorker(Generic[R]):
    """Delivers what is due in *outbox*, at each of *places* one request at a time.

    A place is for what any, the first, or a later try is due of.  Each is a job of its own, so that
    one that hangs holds up itself alone.  *deliver* returns when a request is done with, or raises
    one of the errors above.  What is older than *tried_for* is not put off any more.
    """

    def __init__(
        self,
        name: str,
        outbox: Outbox[R],
        deliver: Callable[[Pending[R]], Awaitable[None]],
        places: Sequence[Tries] = ("any",),
        tried_for: dt.timedelta = KEPT,
    ) -> None:
        self._name = name
        self._outbox = outbox
        self._deliver = deliver
        self._tried_for = tried_for
        self._places = [(tries, asyncio.Event()) for tries in places]
        outbox.on_added = self._wake

    @property
    def periodic_jobs(self) -> tuple[PeriodicJob, ...]:
        """The periodic delivery, at each place."""
        return tuple(
            PeriodicJob(
                name=f"{self._name}_{number}" if number else self._name,
                every_s=LOOK_EVERY_S,
                run=functools.partial(self._deliver_due, tries),
                at_once=True,
                sooner=requested,
            )
            for number, (tries, requested) in enumerate(self._places)
        )

    async def deliver_one(self, tries: Tries = "any") -> bool:
        """Deliver the first request that is due, or postpone it; return whether any was due."""
        pending = await self._outbox.take(tries)
        if pending is None:
            return False
        try:
            wait = await self._wait_after(pending)
        except Later as later:
            await self._outbox.put_off(pending.id, later.wait, is_tried=False)
            return True
        if wait is None:
            await self._outbox.discard(pending.id)
        elif pending.age + wait > self._tried_for:
            _log.warning("delivery_given_up", **self._about(pending))
            await self._outbox.discard(pending.id)
        else:
            await self._outbox.put_off(pending.id, wait)
        return True

    def _wake(self) -> None:
        for tries, requested in self._places:
            if tries != "later":
                requested.set()

    async def _deliver_due(self, tries: Tries) -> None:
        while await self.deliver_one(tries):
            pass

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
            _log.warning("delivery_put_off", **about, why=str(failure))
            return max(_wait(pending), failure.wait)
        except (Later, Unavailable):  # the database is away: for all
            raise
        # One request that cannot be carried out must not hold up those behind it.  It is logged
        # with its trace, kept, and tried again later.
        except Exception:  # noqa: BLE001
            _log.exception("delivery_broken", **about)
            return _wait(pending)
        return None


def _wait(pending: Pending[R]) -> dt.timedelta:
    doublings = min(pending.tries - 1, 10)
    return min(FIRST_WAIT * (1 << doublings), LONGEST_WAIT)
