"""Ended sessions, changed shares and lost roles, as every node hears of them."""

import asyncio
import contextlib
from collections.abc import Callable, Sequence
from typing import Final

from models.account import User
from models.base.errors import Unavailable
from models.sharing import CoachClient, Share
from models.wire.events import Event, feed_owner
from upcoach.services.account.sessions.revocations import Revocations

ENDED: Final = ("session.ended", "session.deleted")  # it is deleted where nobody could read it
LOOK_EVERY_S: Final = 10.0  # how long a node that heard nothing goes on as before

OnPerson = Callable[[str], None]
OnEnded = Callable[[Sequence[str]], None]


class Revoking:
    """Follows the streams for what takes leave away, and says from whom."""

    def __init__(
        self,
        revocations: Revocations,
        on_ended: OnEnded,
        on_share: OnPerson,
        on_user: OnPerson,
    ) -> None:
        self._revocations = revocations
        self._on_ended = on_ended
        self._on_share = on_share
        self._on_user = on_user

    async def take(self, events: Sequence[Event]) -> None:
        """See `reader.Follower.take`."""
        ended = [event.id for event in events if event.type in ENDED]
        if ended:
            self._revocations.note(ended)
            self._on_ended(ended)
        for event in events:
            if event.kind in (Share.kind, CoachClient.kind):
                self._on_share(feed_owner(event.feed))
            elif event.kind == User.kind:
                self._on_user(feed_owner(event.feed))

    async def recover(self) -> None:
        """See `reader.Follower.recover`."""
        self._on_ended(await self._revocations.look())

    async def run(self) -> None:
        """Look into the database now and then, until cancelled."""
        while True:
            with contextlib.suppress(Unavailable):
                await self.recover()
            await asyncio.sleep(LOOK_EVERY_S)
