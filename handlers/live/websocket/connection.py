"""A connection of the live protocol: the frames that a client sends, and what they do."""

import asyncio
import contextlib
from collections.abc import Awaitable, Callable

from handlers.http import problems
from handlers.http.policy import require_live_token
from handlers.live.base import deadlines, limits
from handlers.live.base.deadlines import run_deadlines, run_sender_deadlines, token_end
from handlers.live.base.live_node import LiveNode
from handlers.live.websocket.frame_reader import FrameReader, read_frame
from handlers.live.websocket.mutation_queue import MutationQueue
from handlers.live.websocket.socket_login import (
    caller_of_frame,
    caller_of_hello,
    register_connection,
    welcome_frame,
)
from handlers.live.websocket.socket_subscriptions import SocketSubscriptions
from handlers.live.websocket.websocket_protocol import ProtocolFault
from models.access.caller import Caller
from models.access.limits import FRAME_BYTES, HELLO_BYTES
from models.access.request_origin import RequestOrigin
from models.base.errors import Forbidden, Invalid, Refusal, Unauthenticated, Unavailable
from models.wire.close_codes import CloseCode
from models.wire.frames import (
    VERSION,
    Ack,
    Auth,
    Authd,
    AuthExpiring,
    ClientFrame,
    Eph,
    Err,
    Frame,
    Go,
    Hello,
    Mut,
    Ping,
    Sub,
    Unsub,
    encode,
)
from streams.base.transport import FlowControl
from streams.channels.channels import ArrivedDevice
from upcoach.store.base.pacing import paced


class Connection:
    """The state of one socket: who it is, what it follows, what it has under way."""

    kind = "socket"

    def __init__(
        self,
        node: LiveNode,
        name: str,
        transport: FlowControl,
        close: Callable[[int, str], None],
        now: float,
        origin: RequestOrigin,
    ) -> None:
        self._node = node
        self._close = close
        self._closed = False  # no frame is listened to any more
        self._silent = False  # and none is sent
        self._greeted = False
        self._goes: Go | None = None  # what is said after the welcome
        self._subscriptions = SocketSubscriptions(node, name, transport, self._send_frame)
        self._reader = FrameReader()
        self._writing = MutationQueue(
            node.runner, node.credit, self._send_sized, transport, node.writes_s, origin
        )
        self.name = name
        self.transport = transport
        self.caller: Caller | None = None
        self.device: str | None = None
        self.heartbeat_s = 30
        self.is_warned = False
        self.began_at = self.heard_at = self.pinged_at = self.checked_at = now

    async def take(self, message: bytes, now: float) -> None:
        """Act on one message, which holds one or more frames."""
        self.heard_at = now
        try:
            now = await self._reader.room(message, now)
            async for line in paced(self._reader.lines(message, now)):
                if self._closed:
                    return
                await self._take_line(line, now)
        except ProtocolFault as fault:
            self.close(fault.code, fault.reason)

    def count_frame(self, now: float) -> bool:
        """Count what is no message, as any frame; false for one too many."""
        try:
            self._reader.count(now)
        except ProtocolFault as fault:
            self.close(fault.code, fault.reason)
            return False
        return True

    def tick(self, now: float) -> float:
        """Do what is due; the time of the next deadline."""
        if not self._greeted:
            return run_deadlines(self, deadlines.HELLO, now)
        return run_sender_deadlines(self, deadlines.SOCKET, now)

    def token_end(self) -> float:
        """See `SenderTimes.token_end`."""
        assert self.caller is not None
        return token_end(self.caller, self._node.clock)

    def warn(self, _: float) -> None:
        """See `SenderTimes.warn`."""
        assert self.caller is not None
        self.is_warned = True
        self._send_frame(AuthExpiring(exp=self.caller.expires_at))

    @property
    def hears_others(self) -> bool:
        """See `SocketTimes.hears_others`."""
        return self._subscriptions.hears_others

    def ping(self, now: float) -> None:
        """See `SocketTimes.ping`."""
        self.pinged_at = now
        self._send_frame(Ping(now=self._node.clock(), top=self._subscriptions.tops()))

    def check_access(self, now: float) -> None:
        """See `SocketTimes.check_access`."""
        self.checked_at = now
        self.check_channels()

    @property
    def max_message_bytes(self) -> int:
        """The bytes that a message may have: of who has not said hello, no more than that takes."""
        return FRAME_BYTES if self._greeted else HELLO_BYTES

    def close(self, code: int, reason: str) -> None:
        """Close the socket, and listen no more; a node that goes away answers what it has begun."""
        if self._closed:
            return
        self._closed = True
        self._writing.close()
        if code == CloseCode.DRAINING and self._writing.tasks:
            answers = asyncio.gather(*self._writing.tasks, return_exceptions=True)
            answers.add_done_callback(lambda _: self._hang_up(code, reason))
        else:
            self._hang_up(code, reason)

    def go(self, after_ms: int, reason: str) -> None:
        """Ask the client to connect elsewhere in *after_ms*."""
        self._goes = Go(after=after_ms, reason=reason)
        if self._greeted and not self._closed:
            self._send_frame(self._goes)

    def end(self) -> None:
        """Release everything; writes that are under way finish without an audience."""
        self._closed = self._silent = True
        self.transport.discard()
        self._subscriptions.close()

    def check_channels(self) -> None:
        """See whether the caller may still follow what it follows: a share has changed."""
        if self.caller is not None:
            self._node.background_tasks.run(self._subscriptions.check_channels(self.caller.scope))

    async def admit(self, caller: Awaitable[Caller]) -> None:
        """Set the caller, or close the socket."""
        try:
            self.set_caller(require_live_token(await caller))
        except Unauthenticated:
            self.close(CloseCode.TOKEN, "token invalid")

    async def _take_line(self, line: bytes, now: float) -> None:
        try:
            frame = read_frame(line)
        except Invalid as flaw:
            self._complain(flaw)
            self._reader.count(now)
            return
        try:
            await self._act(frame, now)
        except Refusal as refusal:
            self._complain(refusal)

    async def _act(self, frame: ClientFrame, now: float) -> None:
        if isinstance(frame, Mut):
            await self._write(frame, now)
            return
        self._reader.count(now, limits.AUTH if isinstance(frame, Auth) else 1)
        if isinstance(frame, Hello):
            await self._hello(frame)
            return
        caller = self._require_caller()
        match frame:
            case Sub():
                await self._subscriptions.follow(caller, frame)
            case Unsub():
                self._subscriptions.leave(caller.scope, frame)
            case Ack():
                await self._ack(caller, frame)
            case Auth():
                await self._renew(caller, frame)
            case Eph():
                await self._subscriptions.speak(caller.scope, frame)

    def _require_caller(self) -> Caller:
        """The caller, or `ProtocolFault` before the hello."""
        if not self._greeted or self.caller is None:
            raise ProtocolFault(CloseCode.BAD_FRAME, "hello first")
        return self.caller

    async def _hello(self, frame: Hello) -> None:
        if self._greeted:
            self._complain(Invalid("hello_repeated", "The conversation has begun already."))
            return
        if frame.v != VERSION:
            raise ProtocolFault(CloseCode.VERSION, "version not served")
        caller = await caller_of_hello(self._node, frame) or self.caller
        if self._closed:
            return
        if caller is None:
            raise ProtocolFault(CloseCode.TOKEN, "token missing")
        self.set_caller(caller)
        self.device = frame.dev
        at = self._node.clock().timestamp()
        register_connection(self._node, self, caller, at)
        if frame.dev is not None:
            device = ArrivedDevice(caller.scope.user, frame.dev, self.name, at)
            self._node.background_tasks.run(self._arrive(device))
        await self._begin(frame, caller)

    async def _begin(self, frame: Hello, caller: Caller) -> None:
        """Welcome *caller*, and follow what they ask for."""
        self._greeted = True
        self.heartbeat_s = frame.hb
        self._send_frame(welcome_frame(self._node, self.name, caller, self.heartbeat_s))
        if self._goes is not None:
            self._send_frame(self._goes)
        self._subscriptions.enter(caller.scope, frame.dev or caller.scope.device)
        for wish in frame.subs:
            if not self._closed:
                await self._subscriptions.follow(caller, wish)

    async def _arrive(self, device: ArrivedDevice) -> None:
        with contextlib.suppress(Unavailable):  # the old socket ends when its network does
            await self._node.channels.announce_device(device)

    def set_caller(self, caller: Caller) -> None:
        """Set the caller, with the time at which their token ends."""
        self.caller = caller
        self.is_warned = False

    async def _renew(self, caller: Caller, frame: Auth) -> None:
        """Take a new token, or a ticket, in the place of the old one."""
        renewed = await caller_of_frame(self._node, frame)
        if renewed is None:
            raise Invalid("token_missing", "Send a token or a ticket.")
        if renewed.scope != caller.scope:
            raise Forbidden("session_other", "A socket stays with its user and session.")
        self.set_caller(renewed)
        self._send_frame(Authd(exp=renewed.expires_at))

    async def _ack(self, caller: Caller, frame: Ack) -> None:
        acked = await self._subscriptions.ack(caller.scope, frame)
        if acked is None:  # it has to begin again
            self.close(CloseCode.RESYNC, "resync")
            return
        device = self.device or caller.scope.device
        self._node.positions.note(caller.scope.user, device, *acked)

    async def _write(self, frame: Mut, now: float) -> None:
        caller = self._require_caller()
        if await self._writing.refuses(caller, frame, now):
            self._reader.count(now)
            return
        await self.transport.room()
        if not self._closed:
            await self._writing.begin(caller, frame)

    def _complain(self, refusal: Refusal) -> None:
        self._send_frame(Err(problem=problems.problem(refusal)))

    def _hang_up(self, code: int, reason: str) -> None:
        self._silent = True  # nothing may be sent behind a close frame
        self._close(code, reason)

    def _send_frame(self, frame: Frame) -> None:
        self._send_sized(frame)

    def _send_sized(self, frame: Frame) -> int:
        """Send *frame*, and say how many bytes it has."""
        line = encode(frame)
        if not self._silent:
            self.transport.queue(self.transport.wrap(line))
            self.transport.flush()
        return len(line)
