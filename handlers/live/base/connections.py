"""All open connections of a node, of each transport, and the one timer that looks after them."""

import asyncio
import collections
import itertools
import secrets
from collections import Counter
from collections.abc import Collection, Iterable
from typing import Protocol

import structlog

from handlers.live.base.drain import drain
from handlers.live.base.timer_wheel import TimerWheel
from models.access.caller import Caller
from models.base.metrics import Metrics
from models.base.periodic_jobs import PeriodicJob
from models.wire.close_codes import CloseCode
from streams.channels.channels import ArrivedDevice

TICK_S = 1.0

_log = structlog.get_logger(__name__)


class LiveConnection(Protocol):
    """A connection of whatever transport, as the node sees it."""

    @property
    def kind(self) -> str:
        """The transport: `socket`, `sse` or `poll`."""

    name: str

    @property
    def caller(self) -> Caller | None:
        """Who it is."""

    @property
    def device(self) -> str | None:
        """The name that its device goes by; a second socket replaces the first."""

    def tick(self, now: float) -> float:
        """Do what is due; the time of the next deadline."""

    def close(self, code: int, reason: str) -> None:
        """Close it."""

    def check_channels(self) -> None:
        """See whether it may still follow the channels that it follows."""

    def go(self, after_ms: int, reason: str) -> None:
        """Ask its client to connect elsewhere in *after_ms*."""

    def end(self) -> None:
        """Release what it holds."""


class LiveConnections:
    """The open connections of a node, by session, by user and by device."""

    def __init__(self, metrics: Metrics, most: int) -> None:
        self._metrics = metrics
        self._most = most
        self._open: set[LiveConnection] = set()
        self._wheel: TimerWheel[LiveConnection] = TimerWheel()
        self._by_session: dict[str, set[LiveConnection]] = collections.defaultdict(set)
        self._by_device: dict[tuple[str, str], tuple[float, LiveConnection]] = {}
        self._by_user: dict[str, set[LiveConnection]] = collections.defaultdict(set)
        self._node = secrets.token_hex(2)
        self._numbers = itertools.count(1)

    @property
    def is_full(self) -> bool:
        """Whether no more can be opened."""
        return len(self._open) > self._most

    @property
    def node(self) -> str:
        """The name of this node."""
        return self._node

    def kinds(self) -> Counter[str]:
        """How many connections there are of each kind."""
        return Counter(connection.kind for connection in self._open)

    def people(self) -> Collection[str]:
        """The users who have something open."""
        return self._by_user.keys()

    def sockets_of(self, user: str) -> int:
        """How many sockets *user* has open."""
        return sum(connection.kind == "socket" for connection in self._by_user.get(user, ()))

    def name(self) -> str:
        """A name for a new connection."""
        return f"{self._node}-{next(self._numbers)}"

    def add(self, connection: LiveConnection) -> None:
        """Add *connection*, whose caller need not be known yet."""
        self._open.add(connection)
        self._wheel.put(connection, 0.0)
        self._metrics.connections.labels(connection.kind).inc()

    def register(self, connection: LiveConnection, at: float = 0.0) -> bool:
        """Index *connection* by its caller, who said hello *at*; false when the node is full."""
        assert connection.caller is not None
        if self.is_full:
            return False
        scope = connection.caller.scope
        self._wheel.put(connection, 0.0)  # it goes by other times than before its hello
        self._by_session[scope.session].add(connection)
        self._by_user[scope.user].add(connection)
        if connection.device is not None:
            self.replace(ArrivedDevice(scope.user, connection.device, connection.name, at))
            self._by_device[scope.user, connection.device] = (at, connection)
        return True

    def replace(self, device: ArrivedDevice) -> None:
        """Close the socket that *device* has opened before the one that it names.

        The news of a hello may come late, when the device has a newer socket already.
        """
        name = (device.user, device.device)
        at, standing = self._by_device.get(name, (0.0, None))
        if standing is not None and standing.name != device.connection and at <= device.at:
            del self._by_device[name]
            standing.close(CloseCode.REPLACED, "replaced")

    def check_channels(self, user: str) -> None:
        """Have the sockets of *user* look at what they follow: a share has changed."""
        for connection in self._by_user.get(user, ()):
            connection.check_channels()

    def revoke(self, sessions: Iterable[str]) -> None:
        """Close what belongs to *sessions*, which have ended."""
        for session in sessions:
            for connection in tuple(self._by_session.get(session, ())):
                connection.close(CloseCode.REVOKED, "session ended")

    def revoke_keys(self, keys: Collection[str]) -> None:
        """Close what was opened with a token that one of the revoked *keys* has signed."""
        for connection in tuple(self._open):
            if connection.caller is not None and connection.caller.signed_by in keys:
                connection.close(CloseCode.TOKEN, "key replaced")

    def remove(self, connection: LiveConnection) -> None:
        """Remove *connection*, and end it."""
        if connection not in self._open:
            return
        self._open.remove(connection)
        self._wheel.remove(connection)
        self._metrics.connections.labels(connection.kind).dec()
        if connection.caller is not None:
            self._forget(connection, connection.caller)
        connection.end()

    @property
    def periodic_jobs(self) -> tuple[PeriodicJob, ...]:
        """What is done now and then."""
        return (PeriodicJob(name="connections", every_s=TICK_S, run=self._tick_due),)

    async def _tick_due(self) -> None:
        now = asyncio.get_running_loop().time()
        for connection in self._wheel.turn(now):
            due = self._tick(connection, now)
            if connection in self._open:
                self._wheel.put(connection, due)

    async def drain(self, drain_s: float) -> None:
        """Send all connections elsewhere within *drain_s*."""
        await drain(self._open, drain_s)

    def close_all(self, code: int, reason: str) -> None:
        """Close everything."""
        for connection in tuple(self._open):
            connection.close(code, reason)

    def _tick(self, connection: LiveConnection, now: float) -> float:
        try:
            return connection.tick(now)
        # One timer serves all: were this raised, whoever is due behind it would never be looked
        # after again.  It is logged with its trace, and its own connection alone is closed.
        except Exception:  # noqa: BLE001
            _log.exception("tick_failed", kind=connection.kind)
            connection.close(CloseCode.INTERNAL, "internal")
            return now + TICK_S

    def _forget(self, connection: LiveConnection, caller: Caller) -> None:
        scope = caller.scope
        for index, key in ((self._by_session, scope.session), (self._by_user, scope.user)):
            connections = index.get(key, set())
            connections.discard(connection)
            if not connections:
                index.pop(key, None)
        name = (caller.scope.user, connection.device or "")
        if self._by_device.get(name, (0.0, None))[1] is connection:
            del self._by_device[name]
