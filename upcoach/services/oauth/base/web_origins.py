"""The origins of browser apps, as this node knows them: of registered clients, and of the setting.

Any node may register a client.  Each looks every ten seconds, and for an origin that it does not
know at once, but once a second at most: anybody can make them up.
"""

import asyncio
import contextlib
import math
import time
from collections.abc import Iterable
from typing import Final

from models.base.errors import Unavailable
from models.base.periodic_jobs import PeriodicJob
from models.oauth.origin_list import OriginList
from upcoach.store.collections.oauth_clients import OAuthClientStore

EVERY_S: Final = 10.0
LOOK_S: Final = 1.0


class WebOrigins:
    """The list of origins whose pages may call the API and open live connections."""

    def __init__(self, store: OAuthClientStore, configured: Iterable[str]) -> None:
        self._store = store
        self._configured = tuple(configured)
        self._list = OriginList.of(self._configured)
        self._looking = asyncio.Lock()
        self._looked_at = -math.inf

    @property
    def periodic_jobs(self) -> tuple[PeriodicJob, ...]:
        """The periodic reload."""
        return (PeriodicJob(name="web_origins", every_s=EVERY_S, run=self.load, at_once=True),)

    def admits(self, origin: str) -> bool:
        """Whether pages of *origin* may read our answers."""
        return self._list.admits(origin)

    async def load(self) -> None:
        """Load the origins of all clients."""
        self._list = OriginList.of([*self._configured, *await self._store.redirects()])

    async def look_again(self, origin: str) -> bool:
        """Whether pages of *origin* may, after a look at the clients if it is not known."""
        if self.admits(origin):
            return True
        async with self._looking:
            if time.monotonic() >= self._looked_at + LOOK_S:
                self._looked_at = time.monotonic()
                with contextlib.suppress(Unavailable):
                    await self.load()
        return self.admits(origin)
