"""Where the bytes of a connection go, whatever its transport."""

from collections.abc import Callable
from typing import Protocol

Send = Callable[[bytes], int]


class BackpressureListener(Protocol):
    """Somebody whose messages go straight to the socket, as long as nothing waits before them."""

    def hold_up(self) -> None:
        """Take note that bytes wait from now on."""


class Transport(Protocol):
    """Where a connection's bytes go."""

    def wrap(self, lines: bytes, /) -> bytes:
        """*lines* as one message of the transport."""

    @property
    def straight(self) -> Send | None:
        """The socket's `send`, if a message may go there now with nothing in between.

        It says how many bytes the kernel took; raises `BlockingIOError` when that is full, and
        another `OSError` when the socket is gone.
        """

    def attach(self, rider: BackpressureListener) -> None:
        """Tell *rider* when `straight` may be used no more; once."""

    def detach(self, rider: BackpressureListener) -> None:
        """Do not tell *rider*."""

    @property
    def has_room(self) -> bool:
        """Whether the window of unsent bytes is not full."""

    def queue(self, wrapped: bytes) -> None:
        """Have *wrapped* sent with the next flush."""

    def flush(self) -> None:
        """Send what is queued in one write."""

    def finish(self, wrapped: bytes, sent: int) -> None:
        """Send the rest of a message of which the socket took *sent* bytes, or -1 if it is gone."""

    async def room(self) -> None:
        """Return when there is room."""


class FlowControl(Transport, Protocol):
    """The outlet of a connection, which may stand still.

    Attributes
    ----------
    stuck_since
        When it last took no byte of what waits, on the loop's clock; None while it takes them.

    """

    stuck_since: float | None

    def look(self, now: float) -> None:
        """Take note of it if some bytes were taken since the last look, at *now*."""

    def shut(self) -> None:
        """Send nothing more: what is queued is dropped, and what comes later, too."""
