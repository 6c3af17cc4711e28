"""One conversation: the frames that a client sends, and what they mean."""

import asyncio
import contextlib
from collections.abc import Awaitable, Callable
from typing import Final

import msgspec

from handlers.http import problems
from handlers.http.policy import require_live
from handlers.live import limits
from handlers.live.admin_feeds import Watching, is_admin_feed
from handlers.live.live_node import LiveNode
from handlers.live.websocket.channel_subscriptions import Hearing, is_channel
from handlers.live.websocket.feed_subscriptions import Following
from handlers.live.websocket.mutation_queue import Writing
from models.access.caller import Caller
from models.access.limits import FRAME_BYTES, HELLO_BYTES, OPEN_OF_USER
from models.access.rate_limit import Bucket
from models.base.errors import Forbidden, Invalid, Refusal, Unauthenticated, Unavailable
from models.base.validation import WORDS, cut
from models.wire.frames import (
    VERSION,
    Ack,
    Auth,
    AuthExpiring,
    ClientFrame,
    Close,
    Eph,
    Err,
    Frame,
    Go,
    Hello,
    Mut,
    Ping,
    Sub,
    Unsub,
    Unsubd,
    Welcome,
    Wish,
    decode,
    encode,
    require_mut,
)
from streams.base.transport import Wire
from streams.channels.channels import Device
from streams.feed.subscription import UNACKED
from upcoach.store.base.pacing import paced

CHECK_S: Final = 30.0  # how long a change of a share may go unheard of on a channel


class Connection:
    """The state of one socket: who it is, what it follows, what it has under way."""

    kind = "socket"

    def __init__(
        self, node: LiveNode, name: str, outlet: Wire, close: Callable[[int, str], None], now: float
    ) -> None:
        self._node = node
        self._outlet = outlet
        self._close = close
        self._closed = False  # no frame is listened to any more
        self._silent = False  # and none is sent
        self._began = now
        self._heard = now
        self._pinged = now
        self._checked = now
        self._heartbeat_s = 30
        self._greeted = False
        self._goes: Go | None = None  # what is said after the welcome
        self._ends = 0.0  # when the token does, on the loop's clock
        self._warned = False
        self._following = Following(node.feeds, node.edge.measures, outlet, self._say)
        self._hearing = Hearing(
            node.channels, node.presence, node.feeds.shares, outlet, self._say, node.clock, name
        )
        self._watching: Watching | None = None  # operators only
        self._frames = Bucket(limits.FRAMES_S, limits.BURST)
        self._kib = Bucket(limits.KIB_S, limits.KIB_BURST_S)
        self._writing = Writing(node.edge, node.router, node.credit, self._tell, node.writes_s)
        self.name = name
        self.caller: Caller | None = None
        self.device: str | None = None

    async def take(self, message: bytes, now: float) -> None:
        """Act on one message, which holds one or more frames."""
        self._heard = now
        # A kilobyte that was sent may be a thousand: what it costs to read is seen here first.
        while wait_s := self._kib.take(now, len(message) // 1_024):
            await asyncio.sleep(wait_s)
            now += wait_s
        if message.count(b"\n") > limits.LINES:
            self.close(Close.TOO_MANY, "too many lines")
            return
        lines = [line for line in message.splitlines() if line.strip()]
        if not lines:
            self._count(now)
        async for line in paced(lines):
            if self._closed:
                return
            await self._take_line(line, now)

    def count_frame(self, now: float) -> bool:
        """Count what is no message, as any frame; false for one too many."""
        return self._count(now)

    def tick(self, now: float) -> float:
        """Look after the connection, and say when to look again."""
        self._outlet.look(now)
        self._look(now)
        if not self._greeted:
            return self._began + limits.HELLO_S
        stuck = self._outlet.stuck_since
        ends = self._ends + (limits.GRACE_S if self._warned else -limits.EXPIRING_S)
        taken = min(now + limits.LOOK_S, (now if stuck is None else stuck) + limits.TAKEN_S)
        return min(taken, self._heard + 2 * self._heartbeat_s + 1, ends, self._due_ping)

    def _look(self, now: float) -> None:
        if not self._greeted:
            if now - self._began > limits.HELLO_S:
                self.close(Close.NO_HELLO, "no hello")
            return
        if self._hearing.follows_others and now - self._checked > CHECK_S:
            self._checked = now
            self.check_channels()
        stuck = self._outlet.stuck_since
        if stuck is not None and now - stuck > limits.TAKEN_S:
            self.close(Close.SLOW, "slow consumer")
        elif now - self._heard > 2 * self._heartbeat_s + 1:
            self.close(Close.NO_PONG, "no pong")
        elif now > self._ends + limits.GRACE_S:
            self.close(Close.TOKEN, "token expired")
        elif now > self._ends - limits.EXPIRING_S and not self._warned:
            self._warn()
        elif now >= self._due_ping:
            self._pinged = now
            self._say(Ping(now=self._node.clock(), top=self._following.tops()))

    @property
    def most(self) -> int:
        """The bytes that a message may have: of who has not said hello, no more than that takes."""
        return FRAME_BYTES if self._greeted else HELLO_BYTES

    @property
    def _due_ping(self) -> float:
        return self._pinged + self._heartbeat_s

    def close(self, code: int, reason: str) -> None:
        """Close the socket, and listen no more; a node that goes away answers what it has begun."""
        if self._closed:
            return
        self._closed = True
        self._writing.close()
        if code == Close.DRAINING and self._writing.tasks:
            answers = asyncio.gather(*self._writing.tasks, return_exceptions=True)
            answers.add_done_callback(lambda _: self._hang_up(code, reason))
        else:
            self._hang_up(code, reason)

    def go(self, after_ms: int, reason: str) -> None:
        """Ask the client to connect elsewhere in *after_ms*."""
        self._goes = Go(after=after_ms, reason=reason)
        if self._greeted and not self._closed:
            self._say(self._goes)

    def end(self) -> None:
        """Let go of everything; writes that are under way finish without an audience."""
        self._closed = self._silent = True
        self._outlet.shut()
        self._following.close()
        self._hearing.close()
        if self._watching is not None:
            self._watching.close()

    def check_channels(self) -> None:
        """See whether the caller may still follow what it follows: a share has changed."""
        if self.caller is not None:
            self._node.errands.run(self._hearing.check(self.caller.scope))

    async def admit(self, caller: Awaitable[Caller]) -> None:
        """Take note of who this is, or close."""
        try:
            self.know(require_live(await caller))
        except Unauthenticated:
            self.close(Close.TOKEN, "token invalid")

    async def _take_line(self, line: bytes, now: float) -> None:
        try:
            if len(line) > HELLO_BYTES:  # nothing but a write is as large
                require_mut(line)
            frame = decode(line)
        except msgspec.ValidationError as failure:
            self._complain(Invalid("frame_invalid", cut(str(failure), WORDS)))
            self._count(now)
            return
        except (msgspec.DecodeError, UnicodeDecodeError, RecursionError):
            self.close(Close.BAD_FRAME, "not a frame")
            return
        try:
            await self._act(frame, now)
        except Refusal as refusal:
            self._complain(refusal)

    async def _act(self, frame: ClientFrame, now: float) -> None:
        if isinstance(frame, Mut):
            await self._write(frame, now)
            return
        self._count(now, limits.AUTH if isinstance(frame, Auth) else 1)
        if isinstance(frame, Hello):
            await self._hello(frame)
            return
        caller = self._known()
        if self._closed or caller is None:
            return
        match frame:
            case Sub():
                await self._subscribe(caller, frame)
            case Unsub():
                self._unsubscribe(caller, frame)
            case Ack():
                await self._ack(caller, frame)
            case Auth():
                await self._renew(caller, frame)
            case Eph():
                await self._hearing.speak(caller.scope, frame)

    def _unsubscribe(self, caller: Caller, frame: Unsub) -> None:
        if is_channel(frame.f):
            self._hearing.leave(frame.f)
        elif self._watching is not None and self._watching.leave(frame.f):
            self._say(Unsubd(f=frame.f))
        else:
            self._following.unsubscribe(caller.scope, frame)

    def _known(self) -> Caller | None:
        """Who speaks; whoever has not said hello is sent away."""
        if not self._greeted:
            self.close(Close.BAD_FRAME, "hello first")
            return None
        return self.caller

    def _count(self, now: float, frames: int = 1) -> bool:
        is_too_much = self._frames.take(now, frames) > 0
        if is_too_much:
            self.close(Close.TOO_MANY, "too many messages")
        return not is_too_much

    async def _hello(self, frame: Hello) -> None:
        if self._greeted:
            self._complain(Invalid("hello_repeated", "The conversation has begun already."))
            return
        if frame.v != VERSION:
            self.close(Close.VERSION, "version not served")
            return
        await self._identify(frame)
        if self.caller is None or self._closed:
            return
        self.device = frame.dev
        at = self._node.clock().timestamp()
        if not self._node.connections.greet(self, at):
            self.close(Close.FULL, "node full")
            return
        if self._is_one_too_many(self.caller.scope.user):
            self.close(Close.TOO_MANY, "too many sockets")
            return
        if self._node.edge.services.account.sessions.has_ended(self.caller):
            # Before it could be found by its session.
            self.close(Close.REVOKED, "session ended")
            return
        if frame.dev is not None:
            device = Device(self.caller.scope.user, frame.dev, self.name, at)
            self._node.errands.run(self._arrive(device))
        await self._begin(frame, self.caller)

    def _is_one_too_many(self, user: str) -> bool:
        edge, connections = self._node.edge, self._node.connections
        return edge.limits.is_on and connections.sockets_of(user) > OPEN_OF_USER

    async def _identify(self, frame: Hello) -> None:
        """Know who says hello, or close."""
        if frame.token is not None:
            await self.admit(self._holder(frame.token))
        elif frame.ticket is not None:
            await self._redeem(frame.ticket)
        elif self.caller is None:
            self.close(Close.TOKEN, "token missing")

    async def _begin(self, frame: Hello, caller: Caller) -> None:
        """Welcome *caller*, and follow what they ask for."""
        self._greeted = True
        self._heartbeat_s = frame.hb
        self._say(self._welcome(caller))
        if self._goes is not None:
            self._say(self._goes)
        self._hearing.enter(caller.scope, frame.dev or caller.scope.device)
        for wish in frame.subs:
            if not self._closed:
                await self._subscribe(caller, wish)

    async def _arrive(self, device: Device) -> None:
        with contextlib.suppress(Unavailable):  # the old socket ends when its network does
            await self._node.channels.arrive(device)

    async def _subscribe(self, caller: Caller, wish: Sub | Wish) -> None:
        try:
            if is_channel(wish.f):
                await self._hearing.follow(caller.scope, wish.f)
            elif is_admin_feed(wish.f):
                if self._watching is None:
                    self._watching = Watching(self._node.desk, self._outlet)
                await self._watching.follow(caller, wish.f, wish.since)
            else:
                # Whoever asks for too much waits for it, and is not sent away.
                price = limits.SNAP if wish.snap else limits.SUB
                await self._node.credit.pace(caller.scope.user, price)
                await self._following.subscribe(caller.scope, wish, limits.SUBSCRIPTIONS)
        except Refusal as refusal:
            self._following.refuse(wish.f, refusal)

    def _welcome(self, caller: Caller) -> Welcome:
        newest = self._node.feeds.hub.newest(caller.scope.feed)
        return Welcome(
            conn=self.name,
            cur=None if newest is None else self._node.feeds.cursor(newest),
            hb=self._heartbeat_s,
            exp=caller.expires_at,
            now=self._node.clock(),
            limits={
                "frame": FRAME_BYTES,
                "subs": limits.SUBSCRIPTIONS,
                "muts": limits.WRITES_AT_ONCE,
                "mut_s": self._node.writes_s,
                "frame_s": limits.FRAMES_S,
                "unacked": UNACKED,
                "window": self._node.window,
            },
        )

    def know(self, caller: Caller) -> None:
        """Take note of who this is, and until when."""
        self.caller = caller
        left = (caller.expires_at - self._node.clock()).total_seconds()
        self._ends = asyncio.get_running_loop().time() + left
        self._warned = False

    def _warn(self) -> None:
        assert self.caller is not None
        self._warned = True
        self._say(AuthExpiring(exp=self.caller.expires_at))

    async def _holder(self, token: str) -> Caller:
        # Without the proof that a bound token needs: whoever has one asks for a ticket.
        sessions = self._node.edge.services.account.sessions
        await sessions.load_key_of(token)
        return sessions.authenticate(token)

    async def _redeem(self, ticket: str) -> None:
        """Take note of whose *ticket* this is, or close."""
        try:
            self.know(await self._node.tickets.require(ticket))
        except Unauthenticated:
            self.close(Close.TOKEN, "ticket invalid")
        except Unavailable:
            self.close(Close.INTERNAL, "tickets unavailable")

    async def _renew(self, caller: Caller, frame: Auth) -> None:
        """Take a new token, or a ticket, in the place of the old one."""
        if frame.token is not None:
            renewed = require_live(await self._holder(frame.token))
        elif frame.ticket is not None:
            renewed = await self._node.tickets.require(frame.ticket)
        else:
            raise Invalid("token_missing", "Send a token or a ticket.")
        if renewed.scope != caller.scope:
            raise Forbidden("session_other", "A socket stays with its user and session.")
        self.know(renewed)

    async def _ack(self, caller: Caller, frame: Ack) -> None:
        seq = await self._following.ack(caller.scope, frame)
        if seq is None:  # ahead of us, or of another log: it has to begin again
            self.close(Close.RESYNC, "resync")
            return
        feed = self._following.full_name(caller.scope, frame.f)
        self._node.positions.note(caller.scope.user, self.device or caller.scope.device, feed, seq)

    async def _write(self, frame: Mut, now: float) -> None:
        caller = self._known()
        if caller is None:
            return
        if await self._writing.refuses(caller, frame, now):
            self._count(now)
            return
        await self._outlet.room()
        if not self._closed:
            await self._writing.begin(caller, frame)

    def _complain(self, refusal: Refusal) -> None:
        self._say(Err(problem=problems.problem(refusal)))

    def _hang_up(self, code: int, reason: str) -> None:
        self._silent = True  # nothing may be sent behind a close frame
        self._close(code, reason)

    def _say(self, frame: Frame) -> None:
        self._tell(frame)

    def _tell(self, frame: Frame) -> int:
        """Send *frame*, and say how many bytes it has."""
        line = encode(frame)
        if not self._silent:
            self._outlet.queue(self._outlet.wrap(line))
            self._outlet.flush()
        return len(line)
