"""Where the bytes of a connection go, whatever its transport."""

from collections.abc import Callable, Sized
from typing import NamedTuple, Protocol


class Straight(NamedTuple):
    """A socket with nothing in between.

    Attributes
    ----------
    send
        How many bytes of a message the kernel took; raises `BlockingIOError` when it is full, and
        another `OSError` when the socket is gone.
    unsent
        The earlier bytes that wait: nothing may overtake them.

    """

    send: Callable[[bytes], int]
    unsent: Sized


class Outlet(Protocol):
    """Where a connection's bytes go."""

    def wrap(self, lines: bytes, /) -> bytes:
        """*lines* as one message of the transport."""

    @property
    def straight(self) -> Straight | None:
        """The socket, if messages may go there with nothing in between."""

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


class Wire(Outlet, Protocol):
    """The outlet of a connection, which may stand still.

    Attributes
    ----------
    stuck_since
        When it last took no byte of what waits, on the loop's clock; None while it takes them.

    """

    stuck_since: float | None

    def look(self, now: float) -> None:
        """Take note of it if some bytes were taken since the last look, at *now*."""
