"""Does what timers ask for, each on one node of all, and sees to it that none is missing."""

import abc
import asyncio
import collections
import datetime as dt
from collections.abc import Iterable, Sequence
from typing import ClassVar, Final, Generic, Literal, NamedTuple, Protocol, TypeVar

import structlog

from models.base.clock import Clock
from models.base.document import Document
from models.base.errors import Unavailable
from models.base.metrics import Metrics
from models.base.periodic_jobs import PeriodicJob
from models.base.timers import TimerRule
from models.contexts import TIMERS
from upcoach.store.base.broken_documents import BrokenDocument
from upcoach.store.base.shared_calls import SharedCalls, by_key
from upcoach.store.collections.documents import Documents
from upcoach.store.write.refs import Ref
from upcoach.store.write.timers import Advance, DueTimer, Timers

LOOK_EVERY_S: Final = 0.5  # for what is due
CLAIMED: Final = 128  # timers, done at once: their reads share queries, their writes transactions
BULK_CLAIMED: Final = 4  # of those that are much work
PATIENCE_S: Final = 10.0  # for one timer: all that a process claims are done within its lease
FIRST_WAIT: Final = dt.timedelta(seconds=5)
LONGEST_WAIT: Final = dt.timedelta(hours=1)
PER_OWNER: Final = 8  # timers of one person that are done in a round, of which everybody has one
REPAIR_EVERY_S: Final = 6 * 3600.0
REPAIRED: Final = 200  # documents at once

D = TypeVar("D", bound=Document)

_log = structlog.get_logger(__name__)


class Fired(NamedTuple):
    """What became of a timer, and when it is due next; None if never."""

    result: Literal["done", "skipped", "dropped"]
    next_due: dt.datetime | None


class TimerHandler(Protocol):
    """Does what timers of one rule ask for."""

    async def fire(self, timer: DueTimer, now: dt.datetime, *, is_late: bool) -> Fired:
        """Do it once, however often this is called; nothing but the next moment if it *is late*.

        The next moment lies after *now*: what was missed in between is one with this.  That of one
        which was dropped may be past, as long as it is not late as well.
        """


class TimerRunner:
    """Claims timers that are due, and has them done by the handlers of their rules."""

    def __init__(
        self, timers: Timers, documents: Documents, clock: Clock, metrics: Metrics
    ) -> None:
        self.timers = timers
        self._documents = documents
        self._clock = clock
        self._metrics = metrics
        self._handlers: dict[str, TimerHandler] = {}
        self._rules = {rule.name: rule for rules in TIMERS.values() for rule in rules}

    def handles(self, rule: str, handler: TimerHandler) -> None:
        """Register *handler* for the timers of a rule."""
        if rule not in self._rules or rule in self._handlers:
            raise ValueError(f"{rule} is no rule of timers, or has a handler.")
        self._handlers[rule] = handler

    def require_handlers(self) -> None:
        """Raise `ValueError` if nobody handles the timers of a rule."""
        if missing := sorted(self._rules.keys() - self._handlers.keys()):
            raise ValueError(f"Nobody handles these timers: {', '.join(missing)}.")

    @property
    def periodic_jobs(self) -> tuple[PeriodicJob, ...]:
        """The periodic search for what is due, and for timers that are missing."""
        return (
            PeriodicJob(name="timers", every_s=LOOK_EVERY_S, run=self.run_due, at_once=True),
            PeriodicJob(name="timers.bulk", every_s=LOOK_EVERY_S, run=self.run_bulk, at_once=True),
            PeriodicJob(
                name="timers.repair",
                every_s=REPAIR_EVERY_S,
                run=self.repair,
                at_once=True,
                leased=True,
            ),
        )

    async def run_due(self) -> None:
        """Do all that is due, but for what is much work."""
        await self._run_all(CLAIMED, is_bulk=False)

    async def run_bulk(self) -> None:
        """Do what is due and much work."""
        await self._run_all(BULK_CLAIMED, is_bulk=True)

    async def _run_all(self, limit: int, *, is_bulk: bool) -> None:
        rules = [name for name in self._handlers if self._rules[name].is_bulk is is_bulk]
        while claimed := await self.timers.claim(limit, rules):
            await self._run(await self._in_turn(claimed))

    async def repair(self) -> None:
        """Make the timers that are missing of what was written by builds that know none."""
        older = [kind for kind, rules in TIMERS.items() if any(rule.is_newer for rule in rules)]
        for kind in older:
            after = ""
            while True:
                documents, after = await self._documents.page_across_owners(kind, after, REPAIRED)
                readable = [
                    document for document in documents if not isinstance(document, BrokenDocument)
                ]
                await self.timers.add_missing(readable)
                if not after:
                    break

    async def _in_turn(self, claimed: Sequence[DueTimer]) -> list[DueTimer]:
        """Those of *claimed* whose turn it is, a few of each person; the others go to the end."""
        counts = collections.Counter[str]()
        now, later = list[DueTimer](), list[DueTimer]()
        for timer in claimed:
            counts[timer.owner] += 1
            (now if counts[timer.owner] <= PER_OWNER else later).append(timer)
        await self.timers.put_off(later, dt.timedelta())
        return now

    async def _run(self, claimed: Iterable[DueTimer]) -> None:
        """Do what *claimed* timers ask for, all at once."""
        advances: list[Advance] = []
        try:
            firing = (self._fire(timer, advances) for timer in claimed)
            for failure in await asyncio.gather(*firing, return_exceptions=True):
                if failure is not None:
                    raise failure
        finally:  # whatever ended this: what is done is done
            await self.timers.advance(advances)

    async def _fire(self, timer: DueTimer, advances: list[Advance]) -> None:
        """Do what *timer* asks for, and add when it is due next; or put it off."""
        now = self._clock()
        is_late = now > timer.due + self._rules[timer.rule].grace
        try:
            async with asyncio.timeout(PATIENCE_S):
                fired = await self._handlers[timer.rule].fire(timer, now, is_late=is_late)
                require_progress(timer, fired, now)
        except UnreadableDocument:  # by this build, or by any: it may be mended
            await self.timers.put_off([timer], LONGEST_WAIT)
        except DocumentChanged:  # it is looked at once more, as it is now
            await self.timers.put_off([timer], dt.timedelta())
        except Unavailable:  # of its feed, or of the whole database, in which case this raises too
            await self.timers.put_off([timer], FIRST_WAIT)
        # One timer that cannot be done must not hold up the others.  It is logged with its trace,
        # and tried again.
        except Exception as failure:  # noqa: BLE001
            _log.exception("timer_broken", rule=timer.rule, about=timer.about)
            await self._fail(timer, failure)
        else:
            advances.append(Advance(timer, fired.next_due))
            self._metrics.timers.labels(timer.rule, fired.result).inc()
            if fired.result == "done":
                lateness = (self._clock() - timer.due).total_seconds()
                self._metrics.timer_late_s.labels(timer.rule).observe(max(0.0, lateness))

    async def _fail(self, timer: DueTimer, failure: Exception) -> None:
        """Try *timer* again later, until it is too late."""
        self._metrics.timers.labels(timer.rule, "failed").inc()
        wait = min(FIRST_WAIT * 2 ** min(timer.failures, 20), LONGEST_WAIT)
        await self.timers.fail(timer, type(failure).__name__, wait)  # its text may be personal


class UnreadableDocument(Exception):
    """The document of a timer cannot be read."""


class DocumentChanged(Exception):
    """What a timer was to do followed from a document that has been changed meanwhile."""


class DocumentTimer(abc.ABC, Generic[D]):
    """A handler of timers that does something for a document, which may be gone or changed."""

    kind: type[D]
    rule: ClassVar[TimerRule]

    def __init__(self, documents: Documents) -> None:
        self._documents = documents
        self._standing = SharedCalls(by_key(documents.state))

    async def fire(self, timer: DueTimer, now: dt.datetime, *, is_late: bool) -> Fired:
        """See `TimerHandler.fire`."""
        document = await self._standing(Ref(self.kind, timer.owner, timer.about))
        if document is None:
            return Fired("skipped", None)
        if not isinstance(document, self.kind):
            raise UnreadableDocument
        if is_late:
            return Fired("dropped", self.rule.next_due(document, now - self.rule.grace))
        is_done = await self.act(document, timer.due, now)
        return Fired("done" if is_done else "skipped", self.rule.next_due(document, now))

    @abc.abstractmethod
    async def act(self, document: D, due: dt.datetime, now: dt.datetime) -> bool:
        """Do what the timer asks for that was *due*, once; whether there was anything to do."""


def require_progress(timer: DueTimer, fired: Fired, now: dt.datetime) -> None:
    """Raise `ValueError` for a timer that is due again at once, and so for ever."""
    earliest = timer.due if fired.result == "dropped" else now
    if fired.next_due is not None and fired.next_due <= earliest:
        raise ValueError(f"A timer of {timer.due} is due again at {fired.next_due}.")
