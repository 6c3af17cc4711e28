"""How often something that can be guessed may be tried.

A try takes one of a few places for a while, in the database: all nodes count together, and a
restart forgives nothing.  Who was right gives the place back, so the owner of an account is never
kept out by their own logins, and whoever guesses gains nothing from them.
"""

import contextlib
import datetime as dt
from collections.abc import AsyncIterator
from typing import Final

from models.errors import Forbidden
from upcoach.store.once import Once

PLACES: Final = 5
WINDOW: Final = dt.timedelta(minutes=15)  # 480 guesses a day, of a million codes


class Tries:
    """Counts the tries at accounts."""

    def __init__(self, once: Once) -> None:
        self._once = once

    @contextlib.asynccontextmanager
    async def one(self, what: str, user: str) -> AsyncIterator[None]:
        """One try at *what* of *user*: it counts unless the block ends well."""
        purpose = f"try {what}"
        places = [f"{user}/{number}" for number in range(PLACES)]
        place = await self._once.claim_any(purpose, places, WINDOW)
        if place is None:
            raise Forbidden(
                "tries_too_many", "This was tried too often. Take another way, or wait a while."
            )
        yield
        await self._once.release(purpose, place)
