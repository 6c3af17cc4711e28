"""Answers that their readers have not taken yet: how many bytes of them a node holds.

Whoever asks for pages and does not read them is answered no more until they do, and an answer that
nobody takes is given up with its connection.
"""

import asyncio
import collections
from collections.abc import Callable

from models.access.limits import UNREAD_BY_ALL, UNREAD_BY_READER, UNREAD_S
from models.base.errors import Unavailable


class UnreadAnswers:
    """The bytes of answers that are under way, of each reader and of all of them.

    Attributes
    ----------
    total
        The bytes that are held in all.
    patience_s
        How long an answer may wait to be read.

    """

    def __init__(self, by_reader: int = UNREAD_BY_READER, by_all: int = UNREAD_BY_ALL) -> None:
        self.total = 0
        self.patience_s = UNREAD_S
        self._by_reader = by_reader
        self._by_all = by_all
        self._held: collections.Counter[str] = collections.Counter()

    def held(self, reader: str) -> int:
        """The bytes that are held for *reader*."""
        return self._held[reader]

    def require_room(self, reader: str) -> None:
        """Refuse to read more for *reader*, who has not taken what was answered before."""
        held = self._held[reader]
        # Others' answers are no reason to refuse who has read all that was answered.
        if held >= self._by_reader or (held and self.total >= self._by_all):
            words = "Several of your answers are waiting to be read. Read them, then ask again."
            raise Unavailable("requests_too_many", words, extra={"after": 1_000})

    def hold(
        self, reader: str, size: int, written: "asyncio.Future[None]", give_up: Callable[[], None]
    ) -> None:
        """Count an answer of *size* bytes until it is *written*; *give_up* when that takes long."""
        self._held[reader] += size
        self.total += size
        deadline = asyncio.get_running_loop().call_later(self.patience_s, give_up)

        def taken(_: object) -> None:
            deadline.cancel()
            self.total -= size
            self._held[reader] -= size
            if not self._held[reader]:
                del self._held[reader]

        written.add_done_callback(taken)
