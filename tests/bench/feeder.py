"""Another node's writes, committed first and published at the pace that is asked for.

So that the CPU of the node with the sockets is that of its deliveries alone, and not of the
writes.  That node does all that it does in production: it reads the streams, sequences, opens and
fans out.
"""

import asyncio
import collections
import itertools
import os
import time
from collections.abc import Sequence
from typing import Any

import msgspec

from config import logging
from config.settings import Settings
from models.access.scope import Scope
from models.base.clock import utc_now
from models.goals import NewGoal
from models.wire.events import Event, feed_owner
from streams.redis.connection import STREAM_MAXLEN, RedisConnections, fields_of, stream_of
from tests.bench.child import obey
from tests.bench.node import MARK
from upcoach.node import connecting
from upcoach.services.goals import Goals
from upcoach.store.aggregates.counts import Tallies
from upcoach.store.base.database import Database
from upcoach.store.base.sealing import DataKey, associated_data, seal
from upcoach.store.collections.documents import Documents
from upcoach.store.log.event_log import COLLECTION, EventLog
from upcoach.store.outbox.outboxes import Outboxes
from upcoach.store.secrets.keyring import KeyRing, MasterKeys
from upcoach.store.write.committer import Committer

LINE_BYTES = 300
NO_STAMP = "f" * 16  # zeros would be taken for the number of a card
AT_ONCE = 100  # events committed together, and a round trip when there is no pace


class Goal(msgspec.Struct):
    """Somebody's goal, and how often it was changed."""

    scope: Scope
    id: str
    version: int = 1


class Ready(msgspec.Struct, frozen=True):
    """An event that is committed, and the command that publishes it but for what is sealed.

    Attributes
    ----------
    head, tail
        The command up to what is sealed, and after it.
    before, after
        The line up to the stamp, and after it.
    key, where
        What it is sealed with, and its place.

    """

    head: bytes
    tail: bytes
    before: bytes
    after: bytes
    key: DataKey
    where: bytes

    def stamped(self) -> bytes:
        """The command as if the event had been committed this moment."""
        line = b"%b%016x%b" % (self.before, time.monotonic_ns(), self.after)
        return b"%b%b%b" % (self.head, seal(self.key, line, self.where), self.tail)


class Feeder:
    """One goal of each of some people, changed as often as is asked for."""

    def __init__(self, settings: Settings, database: Database, redis: Any) -> None:
        masters = MasterKeys(next(iter(settings.master_keys)), settings.master_keys)
        self._keyring = KeyRing(database, masters)
        self._redis = redis
        self._log = EventLog(database, self._keyring)
        self._committed: list[Event] = []
        self._ready: collections.deque[Ready] = collections.deque()
        self._packed = b""
        outboxes = Outboxes.of(database, masters, utc_now)
        committer = Committer(database, self._keyring, outboxes, utc_now, self._committed.extend)
        documents = Documents(database, self._keyring)
        tallies = Tallies(database, self._keyring)
        self._goals = Goals(documents, committer, tallies, self._log)
        self._made: list[Goal] = []
        self._turns = itertools.count()
        self._padding = ""

    async def begin(self, users: Sequence[str]) -> None:
        """Make a goal for each of *users*, and learn how much an event has to be padded."""
        for some in _portions(users):
            self._made += await asyncio.gather(*(self._make(user) for user in some))
        await self._append(b"".join(map(_packed, self._committed)), len(self._committed))
        await self._log.mark_published(self._committed)
        self._committed.clear()
        await self.prepare(1, everybody=True)
        one = self._ready[0]
        self._padding = "." * (LINE_BYTES - len(one.before) - len(NO_STAMP) - len(one.after))
        await self.publish(1)

    async def prepare(self, events: int, *, everybody: bool) -> None:
        """Commit *events* changes: of the first goal, which everybody sees, or of all in turn."""
        for some in _portions(range(events)):
            goals = [self._next(everybody=everybody) for _ in some]
            bases = [self._changed(goal) for goal in goals]
            await asyncio.gather(*map(self._change, goals, bases))
            # Marked before they are due, or the node's sweep would publish them.
            await self._log.mark_published(self._committed)
            self._ready.extend(map(self._opened, self._committed))
            self._committed.clear()

    async def pack(self) -> None:
        """Make one write of all that is prepared, for a flood that nobody here holds up."""
        self._packed = b"".join(one.stamped() for one in self._ready)

    async def flood(self) -> None:
        """Publish it all at once."""
        await self._append(self._packed, len(self._ready))
        self._ready.clear()

    async def publish(self, interval_ns: int) -> None:
        """Publish what was prepared, one event every *interval_ns*."""
        begin = time.monotonic_ns()
        published = 0
        while self._ready:
            passed = time.monotonic_ns() - begin
            due = min(len(self._ready), passed // interval_ns + 1 - published)
            commands = b"".join(self._ready.popleft().stamped() for _ in range(due))
            await self._append(commands, due)
            published += due
            early = begin + published * interval_ns - time.monotonic_ns()
            if early > 0:
                await asyncio.sleep(early / 1e9)

    async def _make(self, user: str) -> Goal:
        scope = Scope(user=user, device="other")
        goal = NewGoal(title="Begin")
        await self._goals.create(scope, goal)
        return Goal(scope, goal.id)

    def _next(self, *, everybody: bool) -> Goal:
        return self._made[0 if everybody else next(self._turns) % len(self._made)]

    def _changed(self, goal: Goal) -> int:
        goal.version += 1
        return goal.version - 1

    async def _change(self, goal: Goal, base: int) -> None:
        patch = {"title": f"{MARK}{NO_STAMP}{self._padding}{base % 10}"}
        await self._goals.change(goal.scope, goal.id, patch, base)

    def _opened(self, event: Event) -> Ready:
        before, _, after = self._log.open_line(event).partition(NO_STAMP.encode())
        head, _, tail = _packed(event).partition(event.sealed)
        key = self._keyring[feed_owner(event.feed)]
        where = associated_data(COLLECTION, event.feed, event.seq)
        return Ready(head, tail, before, after, key, where)

    async def _append(self, commands: bytes, count: int) -> None:
        """Send ready-made commands: packed by redis-py, they could not keep the pace."""
        connection = await self._redis.connection_pool.get_connection()
        await connection.send_packed_command([commands])
        for _ in range(count):
            await connection.read_response()
        await self._redis.connection_pool.release(connection)


def _packed(event: Event) -> bytes:
    """The command that appends *event* to its stream."""
    words = [b"XADD", stream_of(event.feed).encode(), b"MAXLEN", b"~", b"%d" % STREAM_MAXLEN, b"*"]
    for name, value in fields_of(event).items():
        words += [name.encode(), value if isinstance(value, bytes) else str(value).encode()]
    parts = [b"$%d\r\n%b\r\n" % (len(word), word) for word in words]
    return b"*%d\r\n%b" % (len(words), b"".join(parts))


def _portions(some: Sequence[Any]) -> list[Sequence[Any]]:
    return [some[first : first + AT_ONCE] for first in range(0, len(some), AT_ONCE)]


async def main() -> None:
    settings = Settings.from_environ(
        {name: value for name, value in os.environ.items() if name.startswith("UPCOACH_")}
    )
    logging.configure(settings.log_level, settings.log_format)
    assert settings.mongo_url is not None
    assert settings.redis_url is not None
    redis = RedisConnections(settings.redis_url)
    async with connecting.open_database(settings.mongo_url, settings) as database:
        feeder = Feeder(settings, database, redis.writer)
        await obey(
            {
                "begin": feeder.begin,
                "prepare": feeder.prepare,
                "pack": feeder.pack,
                "publish": feeder.publish,
                "flood": feeder.flood,
            }
        )
    await redis.aclose()


if __name__ == "__main__":
    asyncio.run(main())
