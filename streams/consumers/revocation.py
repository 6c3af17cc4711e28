"""The revocation of access on every node: ended sessions, changed shares, lost roles."""

import datetime as dt
from collections.abc import Callable, Sequence
from typing import ClassVar, Final, Literal

from models.account import User
from models.sharing import CoachClient, Share
from models.wire.events import Event, feed_owner
from upcoach.services.account.sessions.revocations import RevocationCache

ENDED: Final = ("session.ended", "session.deleted")  # it is deleted where nobody could read it

OnPerson = Callable[[str], None]
OnEnded = Callable[[Sequence[str]], None]


class RevocationConsumer:
    """See `LocalConsumer`: calls back for the sessions and users whose access may have ended."""

    durability: ClassVar[Literal["local"]] = "local"
    name: ClassVar[str] = "revocation"
    every_s: ClassVar[float] = 10.0  # how long a node that heard nothing goes on as before
    catches_up: ClassVar[bool] = True

    def __init__(
        self,
        revocations: RevocationCache,
        on_ended: OnEnded,
        on_share: OnPerson,
        on_user: OnPerson,
    ) -> None:
        self._revocations = revocations
        self._on_ended = on_ended
        self._on_share = on_share
        self._on_user = on_user
        self._ended: list[str] = []

    def apply(self, event: Event) -> None:
        """See `LocalConsumer.apply`."""
        if event.type in ENDED:
            self._revocations.note([event.id])
            self._ended.append(event.id)
        elif event.kind in (Share.kind, CoachClient.kind):
            self._on_share(feed_owner(event.feed))
        elif event.kind == User.kind:
            self._on_user(feed_owner(event.feed))

    async def tick(self, _now: dt.datetime) -> None:
        """See `LocalConsumer.tick`: the database knows which sessions have ended."""
        ended = await self._revocations.look()  # while others are heard of, and drained
        self._ended += ended

    def drain(self) -> None:
        """See `LocalConsumer.drain`."""
        ended, self._ended = self._ended, []
        if ended:
            self._on_ended(ended)
