"""Event streams (WHATWG HTML, 9.2): the same lines as on the socket, with a cursor as their `id`.

The connection is taken from Tornado, and its body ends where the connection does: no chunk sizes,
because HTTP/1.0 has none and that is what nginx speaks to its upstreams by default, and because an
event that was cut in half is thrown away by every reader.
"""

import asyncio
import random
from collections.abc import Callable
from typing import Final, Protocol

import msgspec

from handlers.http import problems
from handlers.live.base import deadlines
from handlers.live.base.deadlines import run_sender_deadlines, token_end
from models.access.caller import Caller
from models.base.clock import Clock
from models.base.errors import Refusal
from models.wire.close_codes import CloseCode
from models.wire.cursor import Cursor, joined_cursor
from models.wire.frames import AuthExpiring, Frame, Go, Unsubd, encode
from streams.base.transport import FlowControl

RETRY_MS: Final = (250, 1_000)  # when a reader comes back after a cut, so that not all do at once
LEAVE_MS: Final = (0, 1_000)  # the same where all are sent away at once
MOVE_MS: Final = (20, 200)  # the same where each has a moment of its own

_COMMENT: Final = b":\n\n"


class FramePosition(msgspec.Struct, frozen=True):
    """The fields of a frame that say its position in a feed."""

    t: str
    f: str = ""
    seq: int | None = None
    to: int | None = None
    cur: str | None = None
    mode: str = ""

    @property
    def number(self) -> int | None:
        """The number up to which a reader of this frame has everything; None if it says none.

        In the middle of a snapshot there is none: whoever comes back then needs all of it.
        """
        if self.t == "ev":
            return self.seq
        if self.t == "skip":
            return self.to
        if self.cur is None or self.t == "snap" or self.mode == "snapshot":
            return None
        return Cursor.parse(self.cur).seq


_positions = msgspec.json.Decoder(FramePosition)


def event_of(line: bytes, name: str, cursor: str | None) -> bytes:
    """One event: *line* is its data."""
    head = f"id: {cursor}\nevent: {name}\ndata: " if cursor else f"event: {name}\ndata: "
    return head.encode() + line + b"\n\n"


class SingleFeedEvents:
    """Wraps the lines of one feed as events, once for all readers of a node."""

    def __init__(self, epoch: str) -> None:
        self._epoch = epoch

    def __call__(self, lines: bytes, /) -> bytes:
        """*lines* as events."""
        return b"".join(map(self._event, lines.splitlines()))

    def _event(self, line: bytes) -> bytes:
        position = _positions.decode(line)
        number = position.number
        return event_of(line, position.t, None if number is None else f"{self._epoch}.{number}")


class MultiFeedEvents:
    """Wraps lines of several feeds as events, whose id is a reader's position in all of them."""

    def __init__(self, epoch: str, feeds: list[str]) -> None:
        self._epoch = epoch
        self._seqs: dict[str, int | None] = dict.fromkeys(feeds)

    def __call__(self, lines: bytes, /) -> bytes:
        """*lines* as events."""
        return b"".join(map(self._event, lines.splitlines()))

    def _event(self, line: bytes) -> bytes:
        position = _positions.decode(line)
        if position.f in self._seqs and (
            position.number is not None or position.mode == "snapshot"
        ):
            self._seqs[position.f] = position.number
        seqs = {feed: seq for feed, seq in self._seqs.items() if seq is not None}
        whole = len(seqs) == len(self._seqs)
        return event_of(line, position.t, joined_cursor(self._epoch, seqs) if whole else None)


class StreamSource(Protocol):
    """A subscription of an event stream."""

    def close(self) -> None:
        """End the subscription."""


class EventStream:
    """An open event stream: its subscriptions, its deadlines, and its end."""

    kind = "sse"
    device = None

    transport: FlowControl
    _hang_up: Callable[[], None]

    def __init__(self, name: str, caller: Caller, clock: Clock) -> None:
        self.name = name
        self.caller = caller
        self._clock = clock
        self._sources: list[StreamSource] = []
        self.commented_at = asyncio.get_running_loop().time()
        self.is_warned = False
        self._goes = False
        self._over = False

    def begin(self, transport: FlowControl, hang_up: Callable[[], None], head: bytes) -> None:
        """Send the *head* of the answer, and when to come back after a cut."""
        self.transport = transport
        self._hang_up = hang_up
        self._send(head + _retry(random.randint(*RETRY_MS)) + b"\n")  # noqa: S311 - no secret

    def add_source(self, source: StreamSource) -> bool:
        """Close *source* with the stream; false if that is over already."""
        if not self._over:
            self._sources.append(source)
        return not self._over

    def close_feed(self, feed: str, refusal: Refusal) -> None:
        """Send that *feed* may not be seen any more; without another one, end the stream."""
        self._send_frame(Unsubd(f=feed, problem=problems.problem(refusal)))
        if len(self._sources) == 1:
            self.close(CloseCode.RESYNC, "access lost")

    def tick(self, now: float) -> float:
        """Do what is due; the time of the next deadline."""
        return run_sender_deadlines(self, deadlines.STREAM, now)

    def token_end(self) -> float:
        """See `SenderTimes.token_end`."""
        return token_end(self.caller, self._clock)

    def warn(self, _: float) -> None:
        """See `SenderTimes.warn`."""
        self.is_warned = True
        self._send_frame(AuthExpiring(exp=self.caller.expires_at))

    def comment(self, now: float) -> None:
        """See `StreamTimes.comment`."""
        self.commented_at = now
        self._send(_COMMENT)

    def go(self, after_ms: int, reason: str) -> None:
        """End the stream in *after_ms*, until when it goes on: an EventSource cannot leave."""
        if not self._over:
            self._send_go(after_ms, reason, random.randint(*MOVE_MS))  # noqa: S311 - no secret
            asyncio.get_running_loop().call_later(after_ms / 1000, self._hang_up)

    def close(self, code: int, _reason: str) -> None:
        """End the stream; a reader that is sent away and did not know it hears when to come."""
        if code == CloseCode.DRAINING and not self._over:
            after_ms = random.randint(*LEAVE_MS)  # noqa: S311 - no secret
            self._send_go(after_ms, "drain", after_ms)
        self._hang_up()

    def check_channels(self) -> None:
        """See `LiveConnection.check_channels`: a stream follows none."""

    def end(self) -> None:
        """Close all subscriptions."""
        self._over = True
        for source in self._sources:
            source.close()
        self._sources.clear()

    def _send_go(self, after_ms: int, reason: str, retry_ms: int) -> None:
        if not self._goes:
            self._goes = True
            self._send(_retry(retry_ms))
            self._send_frame(Go(after=after_ms, reason=reason))

    def _send_frame(self, frame: Frame) -> None:
        self._send(self.transport.wrap(encode(frame)))

    def _send(self, ready: bytes) -> None:
        self.transport.queue(ready)
        self.transport.flush()


def _retry(after_ms: int) -> bytes:
    """When to come back after a cut."""
    return f"retry: {after_ms}\n".encode()
