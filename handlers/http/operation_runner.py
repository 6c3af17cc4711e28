"""Runs operations: permissions, concurrency, metrics and audit, alike for every transport."""

from collections.abc import AsyncIterator
from contextlib import AsyncExitStack, asynccontextmanager
from typing import Any

import msgspec

from handlers.http import auditing
from handlers.http.client_ip import Network
from handlers.http.limits.in_flight import InFlight
from handlers.http.limits.refused_requests import RefusalLimiter
from handlers.http.limits.unread_answers import UnreadAnswers
from handlers.http.limits.write_order import WriteOrder
from handlers.http.operations import Call, Operation, Reply, Router
from handlers.http.policy import require_permission, require_role, require_step_up
from models.access.limits import (
    BATCH_PATIENCE_S,
    BATCHES_WAITING,
    PAGES_AT_ONCE,
    PAGES_WAITING,
)
from models.base.clock import utc_now
from models.base.errors import Refusal
from models.base.metrics import Metrics
from streams.feed.resume import Feeds
from streams.limits.rate_limiter import SharedRateLimiter
from streams.redis.connection_tickets import ConnectionTickets
from upcoach.services.base.concurrency import UserConcurrency
from upcoach.services.base.oauth_errors import OAuthError
from upcoach.services.contexts import Services


class OperationRunner(msgspec.Struct, frozen=True):
    """Runs operations, and holds what every handler needs."""

    services: Services
    router: Router
    feeds: Feeds
    tickets: ConnectionTickets
    epoch: str
    metrics: Metrics
    order: WriteOrder = msgspec.field(default_factory=WriteOrder)
    in_flight: InFlight = msgspec.field(default_factory=InFlight)
    limits: SharedRateLimiter = msgspec.field(default_factory=SharedRateLimiter)
    proxies: tuple[Network, ...] = ()
    costly: UserConcurrency = msgspec.field(default_factory=UserConcurrency)
    pages: UserConcurrency = msgspec.field(
        default_factory=lambda: UserConcurrency(PAGES_AT_ONCE, PAGES_WAITING)
    )
    batches: UserConcurrency = msgspec.field(
        default_factory=lambda: UserConcurrency(1, BATCHES_WAITING, BATCH_PATIENCE_S)
    )
    unread: UnreadAnswers = msgspec.field(default_factory=UnreadAnswers)
    refused: RefusalLimiter = msgspec.field(default_factory=RefusalLimiter)

    async def perform(self, operation: Operation[Any], call: Call) -> Reply:
        """Run *operation* for *call*; repeats and conflicts are counted."""
        try:
            self.order.require_turn(call)
            if not operation.public:
                require_permission(operation, call.authenticated_caller)
                await require_role(self.services.account, operation, call.authenticated_caller)
                await require_step_up(
                    operation, call.authenticated_caller, utc_now(), self.services.account
                )
            if call.query:
                call.parse_query(operation.query)  # also an operation that does not look refuses it
            if operation.body == "merge-patch" and operation.takes is not None:
                call.require_removable(operation.takes)
            async with self._turn(operation, call):
                reply = await operation.run(operation.service(self), call)
        except OAuthError as refusal:
            await auditing.audit_refusal(self.services.audit, operation, call, refusal)
            raise
        except Refusal as refusal:
            await self.order.settle(call, operation.names_of(call), refusal)
            self._count("refused" if refusal.code == "conflict" else "", refusal.replayed)
            await auditing.audit_refusal(self.services.audit, operation, call, refusal)
            raise
        await self.order.settle(call, operation.names_of(call))
        self._count("merged" if reply.merged else "", reply.replayed)
        await auditing.audit_reply(self.services.audit, operation, call, reply)
        return reply

    @asynccontextmanager
    async def _turn(self, operation: Operation[Any], call: Call) -> AsyncIterator[None]:
        """The concurrency limits that are held while *operation* runs."""
        async with AsyncExitStack() as turns:
            if operation.is_costly:
                await turns.enter_async_context(self.costly.slot(call.scope.user))
            if operation.is_page and call.caller is not None:
                await turns.enter_async_context(self._page_turn(call.scope.user))
            yield

    @asynccontextmanager
    async def _page_turn(self, user: str) -> AsyncIterator[None]:
        """A turn to read a page, of whoever has read those before it."""
        async with self.pages.slot(user):
            self.unread.require_room(user)
            yield

    def _count(self, resolution: str, replayed: bool) -> None:  # noqa: FBT001 - counted, not asked
        if replayed:
            self.metrics.replays.inc()
        elif resolution:
            self.metrics.conflicts.labels(resolution).inc()
