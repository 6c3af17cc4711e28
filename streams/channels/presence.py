"""Presence: the devices of a person that have an open socket, on whatever node.

Each connection is a member of its owner's sorted set in Redis, with the time until which it
counts.  Its node puts that off again and again; a node that died does not, and its members run
out.  A socket that closes counts for half a minute more, so a device that comes back soon was
never away.

A person hears which of their own devices are there.  Others who may know hear whether the person
is, as a channel with one member, and neither how many devices there are nor what they are called.
"""

import asyncio
import contextlib
from collections.abc import Iterable
from typing import Any, Final, NamedTuple

from redis.asyncio import Redis

from models.base.clock import Clock
from models.base.errors import Unavailable
from models.base.periodic_jobs import PeriodicJob
from models.wire.frames import Ephemeral, encode
from streams.base.background_tasks import BackgroundJob, BackgroundTasks
from streams.channels.channels import Channels
from streams.redis.connection import RedisError

LIVE_MS: Final = 45_000
LINGER_MS: Final = 30_000
RENEW_EVERY_S: Final = 15.0
LOOK_EVERY_S: Final = 5.0
RENEW_BATCH: Final = 50
JOIN_BATCH_S: Final = 0.02  # those who come within it are counted in together
CHANNEL_PREFIX: Final = "presence:"

# By Redis's own clock, so that nodes need not agree about the time.
_STAY = """
local now = redis.call('TIME')
now = now[1] * 1000 + math.floor(now[2] / 1000)
redis.call('ZREMRANGEBYSCORE', KEYS[1], '-inf', now)
redis.call('ZADD', KEYS[1], now + ARGV[2], ARGV[1])
redis.call('PEXPIRE', KEYS[1], ARGV[3])
"""
_LOOK = """
local now = redis.call('TIME')
return redis.call('ZRANGEBYSCORE', KEYS[1], now[1] * 1000 + math.floor(now[2] / 1000), '+inf')
"""


class Member(NamedTuple):
    """A connection and the name of its device."""

    user: str
    device: str
    connection: str

    @property
    def text(self) -> str:
        """Its form in the sorted set."""
        return f"{self.connection} {self.device}"


class Presence:
    """Renews the members of this node, and publishes who joins and leaves."""

    def __init__(
        self, redis: "Redis", channels: Channels, background: BackgroundTasks, clock: Clock
    ) -> None:
        self._redis = redis
        self._background = background
        self._channels = channels
        self._clock = clock
        self._members: set[Member] = set()
        self._coming: list[Member] = []
        self._came = asyncio.Event()
        self._seen: dict[str, frozenset[str]] = {}  # by channel, as it was last told
        channels.on_presence_change = self._look_soon

    def enter(self, member: Member) -> None:
        """Add *member*."""
        self._members.add(member)
        self._coming.append(member)
        self._came.set()

    def leave(self, member: Member) -> None:
        """Remove *member* in half a minute."""
        if member in self._members:
            self._members.discard(member)
            self._background.run(self._stay([member], LINGER_MS))

    async def members(self, user: str) -> frozenset[str]:
        """The devices of *user* that are there, or `Unavailable`."""
        try:
            texts: Any = await self._redis.eval(_LOOK, 1, _key(user))
        except RedisError:
            raise Unavailable("redis_unavailable", "Redis does not answer.") from None
        return frozenset(text.decode().partition(" ")[2] for text in texts)

    async def state(self, name: str, listener: str) -> Ephemeral:
        """The members of the channel *name*, for *listener*, who begins to follow it."""
        user = name.removeprefix(CHANNEL_PREFIX)
        members = await self.members(user)
        self._seen.setdefault(name, members)
        shown = members if listener == user else _person(user, members)
        return self._message(name, "state", members=sorted(shown))

    @property
    def periodic_jobs(self) -> tuple[PeriodicJob, ...]:
        """The periodic jobs."""
        return (PeriodicJob(name="presence_look", every_s=LOOK_EVERY_S, run=self._look_at_all),)

    @property
    def tasks(self) -> dict[str, BackgroundJob]:
        """The background tasks, by name."""
        return {"presence_come": self._come_forever, "presence_renew": self._renew_forever}

    async def _renew_forever(self) -> None:
        """Renew every member, some at a time, so that nobody waits for all of them."""
        while True:
            members = list(self._members)
            portions = [members[n : n + RENEW_BATCH] for n in range(0, len(members), RENEW_BATCH)]
            for portion in portions or [[]]:
                await asyncio.sleep(RENEW_EVERY_S / max(1, len(portions)))
                await self._stay([member for member in portion if member in self._members], LIVE_MS)

    async def _look_at_all(self) -> None:
        for name in list(self._seen):
            await self._look(name)

    async def _come_forever(self) -> None:
        """Add the members that join; those that come together in one round trip."""
        while True:
            await self._came.wait()
            self._came.clear()
            coming, self._coming = (
                [member for member in self._coming if member in self._members],
                [],
            )
            await self._stay(coming, LIVE_MS)
            with contextlib.suppress(Unavailable):
                await self._channels.announce_presence(
                    [CHANNEL_PREFIX + member.user for member in coming]
                )
            await asyncio.sleep(JOIN_BATCH_S)

    async def _stay(self, members: Iterable[Member], for_ms: int) -> None:
        pipeline = self._redis.pipeline(transaction=False)
        for member in members:
            pipeline.eval(_STAY, 1, _key(member.user), member.text, for_ms, LIVE_MS)
        with contextlib.suppress(RedisError):  # the next renewal makes up for it
            await pipeline.execute()

    def _look_soon(self, name: str) -> None:
        if name in self._seen:
            self._background.run(self._look(name))

    async def _look(self, name: str) -> None:
        """Publish who has joined and left since the last look."""
        if not self._channels.listeners(name):
            self._seen.pop(name, None)
            return
        user = name.removeprefix(CHANNEL_PREFIX)
        try:
            members = await self.members(user)
        except Unavailable:
            return
        before = self._seen.get(name, members)
        self._seen[name] = members
        if members != before:
            lines = {user: self._diff(name, before, members)}
            if bool(members) is not bool(before):
                lines[""] = self._diff(name, _person(user, before), _person(user, members))
            self._channels.publish_here(name, lines)

    def _diff(self, name: str, before: frozenset[str], members: frozenset[str]) -> bytes:
        joined, left = sorted(members - before), sorted(before - members)
        return encode(self._message(name, "diff", joined=joined, left=left))

    def _message(self, name: str, kind: str, **body: list[str]) -> Ephemeral:
        return Ephemeral(ch=name, kind=kind, body=body, at=self._clock())


def _person(user: str, members: frozenset[str]) -> frozenset[str]:
    """The members that others may see: the person, by whichever device."""
    return frozenset({user}) if members else frozenset()


def _key(user: str) -> str:
    return f"here:{user}"
