"""A cache of the sessions whose state is `SessionState.ENDED` while tokens of theirs may be about.

Every node hears of an ended session through the streams at once (`streams.consumers.revocation`),
and looks into the database now and then in case it did not.
"""

import datetime as dt
from collections.abc import Iterable
from typing import Final

from models.account import Session
from models.base.clock import Clock
from upcoach.store.collections.documents import Documents

# By how much a token may outlive what it was made for: who asked for it before the end of their
# session was known gets it a moment after, and the clocks of two nodes are not the same.
LATE: Final = dt.timedelta(minutes=1)


class RevocationCache:
    """The sessions that ended within the lifetime of a token."""

    def __init__(self, documents: Documents, lifetime: dt.timedelta, clock: Clock) -> None:
        self._documents = documents
        self._lifetime = lifetime + LATE
        self._clock = clock
        self._ended: dict[str, dt.datetime] = {}  # until when to remember each

    def holds(self, session: str) -> bool:
        """Whether *session* is known to have ended."""
        return session in self._ended

    def note(self, sessions: Iterable[str]) -> None:
        """Remember that *sessions* have ended."""
        self._ended |= dict.fromkeys(sessions, self._clock() + self._lifetime)

    async def look(self) -> list[str]:
        """Ask the database which sessions have ended lately, and remember them."""
        now = self._clock()
        self._ended = {name: until for name, until in self._ended.items() if until > now}
        ended = await self._documents.ids_since(Session, "ended_at", now - self._lifetime)
        self.note(ended)
        return ended
