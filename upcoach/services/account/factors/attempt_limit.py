"""A limit on attempts to guess passwords and codes.

A try takes one of a few places for a while, in the database: all nodes count together, and a
restart forgives nothing.  Who was right gives the place back, so the owner of an account is never
kept out by their own logins, and whoever guesses gains nothing from them.

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
        """Count an attempt at *what* of the caller, or of who logs in, unless the block succeeds.

        Who logs in has no session in their *scope*.
        """
        purpose = f"try {what}"
        own = await self._claim(purpose, f"{scope.user}/{scope.session}", PLACES)
        try:
            shared = await self._claim(purpose, scope.user, OF_ALL)
        except BaseException:  # it was no try
            await self._once.release(purpose, own)
            raise
        yield
        for place in (own, shared):
            await self._once.release(purpose, place)

    async def _claim(self, purpose: str, whose: str, places: int) -> str:
        names = [f"{whose}/{number}" for number in range(places)]
        place = await self._once.claim_any(purpose, names, WINDOW)
        if place is None:
            raise Forbidden(
                "tries_too_many", "Too many attempts. Use another way to log in, or wait a while."
            )
        return place
