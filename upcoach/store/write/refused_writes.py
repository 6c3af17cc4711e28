"""Writes that found no database, so that those which build on them do not go ahead of them.

A client sends what was refused again, in order.  What it had sent behind it may arrive here in
between: it waited for a slot, for a second factor's age to be read, or in the kernel.  Carried out
then, it would be refused for good, since what it builds on is not there.  So a write that follows
a refused one is refused as that one was, until that one is there again, or some seconds later.
"""

import itertools
import time
from typing import Any, Final, NamedTuple

from models.base.errors import Unavailable
from upcoach.store.write.requests import Mutation

LAPSE_S: Final = 5.0  # how long a write is waited for that may have been given up
FORGOTTEN: Final = 4


class _Refused(NamedTuple):
    ends: float  # inherited by what follows: who never sends the first again is not held for ever
    code: str
    detail: str
    extra: dict[str, Any]


class RefusedWrites:
    """The writes of all users that this process has refused as unavailable a moment ago."""

    def __init__(self, lapse_s: float = LAPSE_S) -> None:
        self._lapse_s = lapse_s
        self._refused: dict[tuple[str, str], _Refused] = {}

    def add(self, user: str, mutation: Mutation, refusal: Unavailable) -> None:
        """Record that *mutation* was refused, unless that is known."""
        now = time.monotonic()
        if self._standing(user, mutation.id, now) is None:
            refused = _Refused(now + self._lapse_s, refusal.code, refusal.detail, refusal.extra)
            self._put(user, mutation, refused, now)

    def require_turn(self, user: str, mutation: Mutation) -> None:
        """Take it that *mutation* is there again; `Unavailable` if it follows one that is not."""
        if not self._refused:
            return
        self._refused.pop((user, mutation.id), None)
        now = time.monotonic()
        self._forget(now)
        found = (self._standing(user, name, now) for name in mutation.follows)
        earlier = [refused for refused in found if refused is not None]
        if earlier:
            latest = max(earlier, key=lambda refused: refused.ends)
            self._put(user, mutation, latest, now)
            raise Unavailable(latest.code, latest.detail, extra=latest.extra)

    def _standing(self, user: str, name: str, now: float) -> _Refused | None:
        refused = self._refused.get((user, name))
        return None if refused is None or refused.ends <= now else refused

    def _put(self, user: str, mutation: Mutation, refused: _Refused, now: float) -> None:
        self._refused.pop((user, mutation.id), None)
        self._refused[user, mutation.id] = refused
        self._forget(now)

    def _forget(self, now: float) -> None:
        """Forget the oldest that are over: more than come, and few, so that nobody waits for it."""
        for name in list(itertools.islice(self._refused, FORGOTTEN)):
            if self._refused[name].ends <= now:
                del self._refused[name]
