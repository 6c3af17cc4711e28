"""All sockets of a node, and the one timer that looks after them."""

import asyncio
import itertools
import secrets

import structlog

from handlers.live.connection import Connection
from models.errors import Unavailable
from models.measures import Measures
from upcoach.services.accounts import Accounts

TICK_S = 1.0
CHECK_S = 30.0  # how long a session that was ended elsewhere may keep its socket

_log = structlog.get_logger(__name__)


class Connections:
    """The open sockets, looked after once a second, checked against the database twice a minute."""

    def __init__(self, accounts: Accounts, measures: Measures) -> None:
        self._accounts = accounts
        self._measures = measures
        self._open: set[Connection] = set()
        self._node = secrets.token_hex(2)
        self._numbers = itertools.count(1)

    def name(self) -> str:
        """A name for a new connection."""
        return f"{self._node}-{next(self._numbers)}"

    def add(self, connection: Connection) -> None:
        """Look after *connection* from now on."""
        self._open.add(connection)
        self._measures.connections.set(len(self._open))

    def remove(self, connection: Connection) -> None:
        """Let *connection* go."""
        self._open.discard(connection)
        self._measures.connections.set(len(self._open))
        connection.end()

    async def run(self) -> None:
        """Work until cancelled."""
        loop = asyncio.get_running_loop()
        checked = loop.time()
        while True:
            await asyncio.sleep(TICK_S)
            for connection in tuple(self._open):
                connection.tick(loop.time())
            if loop.time() - checked >= CHECK_S:
                checked = loop.time()
                await self.check()

    async def check(self) -> None:
        """Close the sockets whose sessions have ended."""
        callers = {
            connection: connection.caller.scope
            for connection in self._open
            if connection.caller is not None
        }
        try:
            standing = await self._accounts.open_sessions(list(callers.values()))
        except Unavailable:
            return
        for connection, scope in callers.items():
            if scope not in standing:
                connection.close(4403, "session ended")

    def close_all(self, code: int, reason: str) -> None:
        """Close every socket."""
        for connection in tuple(self._open):
            connection.close(code, reason)
