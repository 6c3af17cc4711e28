"""A limit on attempts to guess passwords and codes.

A try takes one of a few places for a while, in the database: all nodes count together, and a
restart forgives nothing.  Only who was wrong keeps the place: who was right gives it back, and so
does whom nobody could answer, since too many were hashing or the database was away.  So the owner
of an account is never kept out by their own logins, and whoever guesses gains nothing from them.

A try takes a place of its session and one of its account.  So who guesses in a stolen session, or
at a login, uses up their own places and keeps the owner's other sessions out of nothing, and
however many sessions somebody has or begins, the account as a whole is guessed at no more often.
"""

import contextlib
import datetime as dt
from collections.abc import AsyncIterator
from typing import Final

from models.access.scope import Scope
from models.base.errors import Forbidden
from upcoach.store.secrets.one_time_tokens import OneTimeTokens

PLACES: Final = 5  # of one session, or of all who have none yet
OF_ALL: Final = 20  # of an account
WINDOW: Final = dt.timedelta(minutes=15)  # 1,920 guesses a day, of a million codes


class AttemptLimit:
    """Limits the attempts at accounts."""

    def __init__(self, once: OneTimeTokens) -> None:
        self._once = once

    @contextlib.asynccontextmanager
    async def attempt(self, what: str, scope: Scope) -> AsyncIterator[None]:
        """Count an attempt at *what* of the caller, or of who logs in, if the block is `Forbidden`.

        Who logs in has no session in their *scope*.
        """
        purpose = f"try {what}"
        own = await self._claim(purpose, f"{scope.user}/{scope.session}", PLACES)
        try:
            shared = await self._claim(purpose, scope.user, OF_ALL)
        except BaseException:  # it was no try
            await self._once.release(purpose, own)
            raise
        try:
            yield
        except Forbidden:  # a wrong answer
            raise
        except BaseException:  # it was no try
            await self._release(purpose, own, shared)
            raise
        await self._release(purpose, own, shared)

    async def _release(self, purpose: str, *places: str) -> None:
        for place in places:
            await self._once.release(purpose, place)

    async def _claim(self, purpose: str, whose: str, places: int) -> str:
        names = [f"{whose}/{number}" for number in range(places)]
        place = await self._once.claim_any(purpose, names, WINDOW)
        if place is None:
            raise Forbidden(
                "tries_too_many", "Too many attempts. Use another way to log in, or wait a while."
            )
        return place
