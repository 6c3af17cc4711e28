"""What every handler needs, and the one way in which operations are carried out."""

from contextlib import AbstractAsyncContextManager, nullcontext

import msgspec

from handlers import auditing
from handlers.operations import Call, Operation, Reply
from handlers.origins import Network
from handlers.policy import require_permission, require_power, require_step_up
from handlers.refused import RefusedRequests
from handlers.running import Running
from models.clock import utc_now
from models.errors import Refusal
from models.measures import Measures
from streams.held_writes import HeldWrites
from streams.limits import Limits
from upcoach.services import Services
from upcoach.services.concurrency import UserConcurrency


class Edge(msgspec.Struct, frozen=True):
    """What every handler needs."""

    services: Services
    epoch: str
    measures: Measures
    running: Running = msgspec.field(default_factory=Running)
    limits: Limits = msgspec.field(default_factory=Limits)
    held_writes: HeldWrites = msgspec.field(default_factory=HeldWrites)
    proxies: tuple[Network, ...] = ()
    costly: UserConcurrency = msgspec.field(default_factory=UserConcurrency)
    refused: RefusedRequests = msgspec.field(default_factory=RefusedRequests)

    async def perform(self, operation: Operation, call: Call) -> Reply:
        """What *operation* answers to *call*; repeats and conflicts are counted."""
        try:
            if not operation.public:
                require_permission(operation, call.holder)
                await require_power(self.services, operation, call.holder)
                await require_step_up(operation, call.holder, utc_now(), self.services)
            if call.query:
                call.asked(operation.query)  # also an operation that does not look refuses it
            async with self._turn(operation, call):
                reply = await operation.run(self.services, call)
        except Refusal as refusal:
            self._count("refused" if refusal.code == "conflict" else "", refusal.replayed)
            await auditing.note_refused(self.services, operation, call, refusal)
            raise
        self._count("merged" if reply.merged else "", reply.replayed)
        await auditing.note_done(self.services, operation, call, reply)
        return reply

    def _turn(self, operation: Operation, call: Call) -> AbstractAsyncContextManager[None]:
        """What is held while *operation* runs."""
        return self.costly.turn(call.scope.user) if operation.is_costly else nullcontext()

    def _count(self, resolution: str, replayed: bool) -> None:  # noqa: FBT001 - counted, not asked
        if replayed:
            self.measures.replays.inc()
        elif resolution:
            self.measures.conflicts.labels(resolution).inc()
