"""Connection tickets: one-time logins, where a token cannot or should not be sent.

A browser's EventSource and WebSocket can set no header, and a token must never stand in a URL.  A
ticket may: it works once, for thirty seconds, and Redis holds its hash only.
"""

import datetime as dt
import hashlib
import secrets
from collections.abc import Callable

import msgspec
from redis.asyncio import Redis

from models.access.caller import Caller
from models.account import SessionState
from models.base.clock import Clock
from models.base.errors import Unauthenticated, Unavailable
from streams.redis.connection import RedisError

LIFE_S = 30
SECRET_BYTES = 32


class ConnectionTicket(msgspec.Struct, frozen=True):
    """A ticket, and when it expires.

    Attributes
    ----------
    ticket
        The ticket, for one connection.
    expires_at
        Until when it can be used.

    """

    ticket: str
    expires_at: dt.datetime


class ConnectionTickets:
    """Issues and redeems one-time tickets, which are kept in Redis for all nodes."""

    def __init__(
        self, redis: "Redis", state_of: Callable[[Caller], SessionState], clock: Clock
    ) -> None:
        self._redis = redis
        self._state_of = state_of
        self._clock = clock

    async def issue(self, caller: Caller) -> ConnectionTicket:
        """Issue a ticket for *caller*; what is opened with it ends with the caller's token."""
        ticket = f"tkt_{secrets.token_urlsafe(SECRET_BYTES)}"
        holder = msgspec.json.encode(caller)
        try:
            await self._redis.set(_name(ticket), holder, nx=True, ex=LIFE_S)
        except RedisError:
            raise _unavailable() from None
        return ConnectionTicket(ticket, self._clock() + dt.timedelta(seconds=LIFE_S))

    async def redeem(self, ticket: str) -> Caller | None:
        """Redeem *ticket* for its caller; None if it was used, is too old, or the session is over.

        It is gone before anything is looked at: of many who show it at once, one is answered.
        """
        try:
            holder = await self._redis.getdel(_name(ticket))
        except RedisError:
            raise _unavailable() from None
        if holder is None:
            return None
        caller = msgspec.json.decode(holder, type=Caller)
        return caller if self._state_of(caller) is SessionState.ACTIVE else None

    async def require(self, ticket: str) -> Caller:
        """Redeem *ticket* for its caller, or raise `Unauthenticated`."""
        caller = await self.redeem(ticket)
        if caller is None:
            raise Unauthenticated("ticket_invalid", "This ticket was already used, or has expired.")
        return caller


def _name(ticket: str) -> str:
    return f"ticket:{hashlib.sha256(ticket.encode()).hexdigest()}"


def _unavailable() -> Unavailable:
    return Unavailable(
        "tickets_unavailable", "Tickets are unavailable right now. Try again shortly."
    )
