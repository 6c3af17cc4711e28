"""One conversation: the frames that a client sends, and what they mean."""

import asyncio
from collections.abc import Callable, Coroutine
from typing import Final, Protocol

import msgspec

from handlers import problems
from handlers.live.mutations import mutate
from handlers.operations import Router
from handlers.rest import Edge
from handlers.sync import own_feed
from models.clock import Clock
from models.errors import Invalid, Refusal, Unauthenticated, Unavailable
from models.frames import (
    VERSION,
    ClientFrame,
    Err,
    Frame,
    Hello,
    Mut,
    Ping,
    Sub,
    Unsub,
    Unsubd,
    Welcome,
    decode,
    encode,
)
from streams.subscription import Feeds, Outlet, Subscription
from upcoach.services.accounts import Caller

FRAME_BYTES: Final = 65_536
SUBSCRIPTIONS: Final = 64
MUTATIONS: Final = 32  # writes of one connection under way at once
HELLO_S: Final = 10.0
TAKEN_S: Final = 60.0  # without a byte taken, a connection is given up


class Wire(Outlet, Protocol):
    """The outlet of a socket."""

    stuck_since: float | None


class Node(msgspec.Struct, frozen=True, kw_only=True):
    """What the connections of a node share."""

    edge: Edge
    router: Router
    feeds: Feeds
    clock: Clock
    window: int


class Connection:
    """The state of one socket: who it is, what it follows, what it has under way."""

    def __init__(
        self, node: Node, name: str, outlet: Wire, close: Callable[[int, str], None], now: float
    ) -> None:
        self._node = node
        self._outlet = outlet
        self._close = close
        self._closed = False
        self._began = now
        self._heard = now
        self._pinged = now
        self._heartbeat_s = 30
        self._greeted = False
        self._subscriptions: dict[str, Subscription] = {}
        self._slots = asyncio.Semaphore(MUTATIONS)
        self._tasks: set[asyncio.Task[None]] = set()
        self.name = name
        self.caller: Caller | None = None

    async def take(self, message: bytes, now: float) -> None:
        """Act on one message, which holds one or more frames."""
        self._heard = now
        for line in message.splitlines():
            if self._closed:
                return
            if line.strip():
                await self._take_line(line)

    def tick(self, now: float) -> None:
        """Look after the connection, about once a second."""
        if not self._greeted:
            if now - self._began > HELLO_S:
                self.close(4408, "no hello")
            return
        assert self.caller is not None
        stuck = self._outlet.stuck_since
        if stuck is not None and now - stuck > TAKEN_S:
            self.close(4508, "slow consumer")
        elif now - self._heard > 2 * self._heartbeat_s + 1:
            self.close(4511, "no pong")
        elif self._node.clock() >= self.caller.expires_at:
            self.close(4401, "token expired")
        elif now - self._pinged >= self._heartbeat_s:
            self._pinged = now
            top = {feed: one.top for feed, one in self._subscriptions.items()}
            self._say(Ping(now=self._node.clock(), top=top))

    def close(self, code: int, reason: str) -> None:
        """Close the socket, and listen no more."""
        if not self._closed:
            self._closed = True
            self._close(code, reason)

    def end(self) -> None:
        """Let go of everything; writes that are under way finish without an audience."""
        for subscription in self._subscriptions.values():
            subscription.close()
        self._subscriptions.clear()

    async def authenticate(self, token: str) -> None:
        """Take note of who this is, or close."""
        try:
            self.caller = await self._node.edge.services.accounts.authenticate(token)
        except Unauthenticated:
            self.close(4401, "token invalid")
        except Unavailable:
            self.close(4500, "database unavailable")

    async def _take_line(self, line: bytes) -> None:
        try:
            frame = decode(line)
        except msgspec.ValidationError as failure:
            self._complain(Invalid("frame_invalid", str(failure)))
            return
        except (msgspec.DecodeError, UnicodeDecodeError, RecursionError):
            self.close(4400, "not a frame")
            return
        try:
            await self._act(frame)
        except Unavailable as refusal:
            self._complain(refusal)

    async def _act(self, frame: ClientFrame) -> None:
        if isinstance(frame, Hello):
            await self._hello(frame)
        elif not self._greeted or self.caller is None:
            self.close(4400, "hello first")
        elif isinstance(frame, Mut):
            await self._outlet.room()
            await self._slots.acquire()
            self._start(self._mutate(frame, self.caller))
        elif isinstance(frame, Sub):
            await self._subscribe(frame.f, frame.since, snap=frame.snap)
        elif isinstance(frame, Unsub):
            self._unsubscribe(frame.f)

    async def _hello(self, frame: Hello) -> None:
        if self._greeted:
            self._complain(Invalid("hello_repeated", "The conversation has begun already."))
            return
        if frame.v != VERSION:
            self.close(4426, "version not served")
            return
        if frame.token is not None:
            await self.authenticate(frame.token)
        elif self.caller is None:
            self.close(4401, "token missing")
        if self.caller is None:
            return
        self._greeted = True
        self._heartbeat_s = frame.hb
        self._say(
            Welcome(
                conn=self.name,
                hb=frame.hb,
                exp=self.caller.expires_at,
                now=self._node.clock(),
                limits={
                    "frame": FRAME_BYTES,
                    "subs": SUBSCRIPTIONS,
                    "muts": MUTATIONS,
                    "window": self._node.window,
                },
            )
        )
        for wish in frame.subs:
            await self._subscribe(wish.f, wish.since, snap=wish.snap)

    async def _subscribe(self, name: str, since: str | None, *, snap: bool | list[str]) -> None:
        assert self.caller is not None
        scope = self.caller.scope
        try:
            feed = own_feed(scope, name)
            start = await self._node.feeds.start(feed, since, snap=bool(snap))
        except Refusal as refusal:
            self._say(Unsubd(f=name, problem=problems.problem(refusal)))
            return
        standing = self._subscriptions.pop(feed, None)
        if standing is not None:
            standing.close()
        self._node.edge.measures.starts.labels(start.reset or str(start.mode)).inc()
        subscription = Subscription(self._node.feeds, self._outlet, start)
        self._subscriptions[feed] = subscription
        subscription.open(scope)

    def _unsubscribe(self, name: str) -> None:
        assert self.caller is not None
        feed = self.caller.scope.feed if name == "u:me" else name
        subscription = self._subscriptions.pop(feed, None)
        if subscription is not None:
            subscription.close()
        self._say(Unsubd(f=feed))

    async def _mutate(self, frame: Mut, caller: Caller) -> None:
        try:
            node = self._node
            self._say(await mutate(node.edge, node.router, caller.scope, frame))
        finally:
            self._slots.release()

    def _start(self, work: Coroutine[None, None, None]) -> None:
        task = asyncio.create_task(work)
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)

    def _complain(self, refusal: Refusal) -> None:
        self._say(Err(problem=problems.problem(refusal)))

    def _say(self, frame: Frame) -> None:
        self._outlet.queue(self._outlet.wrap(encode(frame)))
        self._outlet.flush()
