"""The sending half of a connection, whatever its transport, and its flow control."""

from collections.abc import Callable
from typing import Protocol

Send = Callable[[bytes], int]


class BackpressureListener(Protocol):
    """Somebody who writes to the socket directly, as long as no bytes wait before theirs."""

    def on_backpressure(self) -> None:
        """Stop writing directly: bytes wait from now on."""


class Transport(Protocol):
    """The sending half of a connection."""

    def wrap(self, lines: bytes, /) -> bytes:
        """*lines* as one message of the transport."""

    @property
    def raw_send(self) -> Send | None:
        """The socket's `send`, if a message may go there now with nothing in between.

        It says how many bytes the kernel took; raises `BlockingIOError` when that is full, and
        another `OSError` when the socket is gone.
        """

    def attach(self, listener: BackpressureListener) -> None:
        """Call *listener* once, when `raw_send` may be used no more."""

    def detach(self, listener: BackpressureListener) -> None:
        """Do not call *listener* any more."""

    @property
    def unsent(self) -> int:
        """The bytes that wait for the peer to take others."""

    @property
    def has_room(self) -> bool:
        """Whether the window of unsent bytes is not full."""

    def queue(self, wrapped: bytes) -> None:
        """Add *wrapped* to what the next flush sends."""

    def flush(self) -> None:
        """Send what is queued in one write."""

    def finish(self, wrapped: bytes, sent: int) -> None:
        """Send the rest of a message of which the socket took *sent* bytes, or -1 if it is gone."""

    async def room(self) -> None:
        """Wait until there is room."""


class FlowControl(Transport, Protocol):
    """A transport that says since when the peer takes no bytes.

    Attributes
    ----------
    stuck_since
        When it last took no byte of what waits, on the loop's clock; None while it takes them.

    """

    stuck_since: float | None

    def check_progress(self, now: float) -> None:
        """Note at *now* whether the peer took bytes since the last check."""

    def discard(self) -> None:
        """Drop what is queued, and what comes later, too."""
