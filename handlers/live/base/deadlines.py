"""The deadlines of a connection as rows: when each is, and what happens then.

A table for each transport, and one calculation for all.  The first row whose time has come acts, so
what closes a connection stands above what is said on it.  An operator's idle timeout is no row: it
is the end of the token (`upcoach.services.account.sessions.browsers.caller_of`).
"""

import asyncio
import math
from collections.abc import Callable, Sequence
from typing import Final, Generic, NamedTuple, Protocol, TypeVar

from handlers.live.base import limits
from models.access.caller import Caller
from models.base.clock import Clock
from models.wire.close_codes import CloseCode
from streams.base.transport import FlowControl

C_contra = TypeVar("C_contra", contravariant=True)
S = TypeVar("S", bound="SenderTimes")
NEVER: Final = math.inf


class Deadline(NamedTuple, Generic[C_contra]):
    """A row: *when* it is for a connection, on the loop's clock, and *what* happens then."""

    when: Callable[[C_contra], float]
    what: Callable[[C_contra, float], None]


class Closable(Protocol):
    """A connection."""

    def close(self, code: int, reason: str) -> None:
        """Close it."""


class PollTimes(Closable, Protocol):
    """What the deadlines of a long-poll follow from."""

    def token_end(self) -> float:
        """When the token ends."""


class SenderTimes(Closable, Protocol):
    """What the deadlines of a connection follow from that is sent to.

    Attributes
    ----------
    is_warned
        Whether it was told that its token ends.

    """

    transport: FlowControl
    is_warned: bool

    def token_end(self) -> float:
        """When the token ends."""

    def warn(self, now: float) -> None:
        """Tell that the token ends."""


class StreamTimes(SenderTimes, Protocol):
    """What the deadlines of an event stream follow from."""

    commented_at: float

    def comment(self, now: float) -> None:
        """Send a sign of life."""


class HelloTimes(Closable, Protocol):
    """What the deadline of a socket follows from on which nobody has said hello."""

    began_at: float


class SocketTimes(SenderTimes, Protocol):
    """What the deadlines of a socket follow from."""

    heartbeat_s: int
    heard_at: float
    pinged_at: float
    checked_at: float

    @property
    def hears_others(self) -> bool:
        """Whether it follows channels that may be taken from it."""

    def ping(self, now: float) -> None:
        """Send a ping."""

    def check_access(self, now: float) -> None:
        """See whether it may still follow the channels that it follows."""


def token_end(caller: Caller, clock: Clock) -> float:
    """When the token of *caller* ends, on the loop's clock."""
    left = (caller.expires_at - clock()).total_seconds()
    return asyncio.get_running_loop().time() + left


def run_deadlines(connection: C_contra, rows: Sequence[Deadline[C_contra]], now: float) -> float:
    """Act on the first row that is due; the time of the next deadline, or of one that is past.

    Examples
    --------
    >>> rows = [Deadline(lambda at: at + 5, print), Deadline(lambda at: at + 3, print)]
    >>> run_deadlines(10.0, rows, now=12.0)
    13.0
    >>> run_deadlines(10.0, rows, now=14.0)
    10.0 14.0
    13.0

    """
    for row in rows:
        if row.when(connection) <= now:
            row.what(connection, now)
            break
    return min(row.when(connection) for row in rows)


def run_sender_deadlines(sender: S, rows: Sequence[Deadline[S]], now: float) -> float:
    """The same for one that is sent to; its peer is looked at every `limits.LOOK_S`."""
    sender.transport.check_progress(now)
    return min(now + limits.LOOK_S, run_deadlines(sender, rows, now))


def _closes(code: int, reason: str) -> Callable[[Closable, float], None]:
    return lambda connection, _: connection.close(code, reason)


def _stuck(sender: SenderTimes) -> float:
    stuck_since = sender.transport.stuck_since
    return NEVER if stuck_since is None else stuck_since + limits.TAKEN_S


_NOTHING_TAKEN: Final = Deadline[SenderTimes](_stuck, _closes(CloseCode.SLOW, "slow consumer"))
_TOKEN_OVER: Final = Deadline[SenderTimes](
    lambda sender: sender.token_end() + limits.GRACE_S, _closes(CloseCode.TOKEN, "token expired")
)
_TOKEN_ENDING: Final = Deadline[SenderTimes](
    lambda sender: NEVER if sender.is_warned else sender.token_end() - limits.EXPIRING_S,
    lambda sender, now: sender.warn(now),
)

HELLO: Final[Sequence[Deadline[HelloTimes]]] = (
    Deadline(
        lambda socket: socket.began_at + limits.HELLO_S, _closes(CloseCode.NO_HELLO, "no hello")
    ),
)
SOCKET: Final[Sequence[Deadline[SocketTimes]]] = (
    _NOTHING_TAKEN,
    Deadline(
        lambda socket: socket.heard_at + limits.MISSED * socket.heartbeat_s + limits.LATE_S,
        _closes(CloseCode.NO_PONG, "no pong"),
    ),
    _TOKEN_OVER,
    _TOKEN_ENDING,
    Deadline(
        lambda socket: socket.pinged_at + socket.heartbeat_s, lambda socket, now: socket.ping(now)
    ),
    Deadline(
        lambda socket: socket.checked_at + limits.CHANNELS_S if socket.hears_others else NEVER,
        lambda socket, now: socket.check_access(now),
    ),
)
STREAM: Final[Sequence[Deadline[StreamTimes]]] = (
    _NOTHING_TAKEN,
    _TOKEN_OVER,
    _TOKEN_ENDING,
    Deadline(
        lambda stream: stream.commented_at + limits.COMMENT_S,
        lambda stream, now: stream.comment(now),
    ),
)
POLL: Final[Sequence[Deadline[PollTimes]]] = (
    Deadline(lambda poll: poll.token_end(), _closes(CloseCode.TOKEN, "token expired")),
)
