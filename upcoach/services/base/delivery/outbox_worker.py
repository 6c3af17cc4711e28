"""The worker of an outbox, the same for every channel: it delivers what is due, or puts it off."""

import asyncio
import datetime as dt
from collections.abc import Awaitable, Callable
from typing import Final, Generic, TypeVar

import structlog

from models.base.errors import Unavailable
from models.base.jobs import PeriodicJob
from upcoach.store.outbox.outbox import Outbox, Pending

LOOK_EVERY_S: Final = 5.0  # for what others have put off, or left behind
FIRST_WAIT: Final = dt.timedelta(seconds=10)
LONGEST_WAIT: Final = dt.timedelta(minutes=10)

R = TypeVar("R")

_log = structlog.get_logger(__name__)


class Later(Exception):
    """Postpones a request until *wait* is over."""

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
    """Delivers what is due in *outbox*, up to *at_once* requests at a time.

    *deliver* returns when a request is done with, or raises one of the errors above.
    """

    def __init__(
        self,
        name: str,
        outbox: Outbox[R],
        deliver: Callable[[Pending[R]], Awaitable[None]],
        at_once: int = 1,
    ) -> None:
        self._name = name
        self._outbox = outbox
        self._deliver = deliver
        self._at_once = at_once
        self._requested = asyncio.Event()
        outbox.on_added = self._requested.set

    @property
    def jobs(self) -> tuple[PeriodicJob, ...]:
        """The periodic delivery."""
        job = PeriodicJob(
            name=self._name,
            every_s=LOOK_EVERY_S,
            run=self._deliver_all,
            at_once=True,
            sooner=self._requested,
        )
        return (job,)

    async def deliver_one(self) -> bool:
        """Deliver the first request that is due, or postpone it; return whether any was due."""
        pending = await self._outbox.take()
        if pending is None:
            return False
        wait = await self._wait_after(pending)
        if wait is None:
            await self._outbox.discard(pending.id)
        else:
            await self._outbox.put_off(pending.id, wait)
        return True

    async def _deliver_all(self) -> None:
        workers = (self._deliver_due() for _ in range(self._at_once))
        results = await asyncio.gather(*workers, return_exceptions=True)
        for failure in filter(None, results):
            raise failure

    async def _deliver_due(self) -> None:
        while await self.deliver_one():
            pass

    async def _wait_after(self, pending: Pending[R]) -> dt.timedelta | None:
        """Try *pending*, and return how long it is put off; None when it is done with."""
        kind = type(pending.request).__name__
        about = {"channel": self._name, "letter": pending.id, "wish": kind}
        try:
            await self._deliver(pending)
        except Undeliverable:
            _log.info("delivery_given_up", **about)
        except CarrierAway as failure:
            _log.warning("delivery_put_off", **about, why=str(failure))
            return max(_wait(pending), failure.wait)
        except Later as later:
            return later.wait
        except Unavailable:  # the database is away: for all
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
