"""What of a feed somebody may see: all of their own, of a client's what is shared with them."""

from collections.abc import Collection

import msgspec

from models.access.scope import Scope
from models.base.errors import Invalid, NotFound
from models.contexts import KINDS
from models.sharing import Share
from models.visibility import Visibility
from models.wire.events import feed_owner
from upcoach.store.collections.documents import Documents
from upcoach.store.log.event_log import LATEST, EventLog


class FeedView(msgspec.Struct, frozen=True):
    """A feed as somebody may see it: all of it, or what they have in *visibility*."""

    scope: Scope
    feed: str
    visibility: Visibility | None = None
    relation: str = ""
    since: int = 0  # the number under which it became what it is

    @property
    def owner(self) -> str:
        """Whose feed it is."""
        return feed_owner(self.feed)

    def visible(self, kinds: Collection[str] | None = None) -> tuple[str, ...]:
        """The visible kinds, of *kinds* if given; an unknown one is `Invalid`."""
        for kind in kinds or ():
            if kind not in KINDS:
                names = ", ".join(KINDS)
                raise Invalid("kind_unknown", f"There is no kind {kind[:64]!r}: one of {names}.")
        return tuple(
            kind
            for kind in KINDS
            if (kinds is None or kind in kinds)
            and (self.visibility is None or kind in self.visibility.kinds)
        )


class FeedViews:
    """Finds the view that somebody has of a feed."""

    def __init__(self, documents: Documents, log: EventLog) -> None:
        self._documents = documents
        self._log = log

    async def of(self, scope: Scope, name: str) -> FeedView:
        """The feed called *name*, as the caller may see it; `u:me` is their own."""
        if name in ("u:me", scope.feed):
            return FeedView(scope, scope.feed)
        owner = feed_owner(name)
        if not name.startswith("u:") or "/" in owner:
            raise _unknown()
        try:
            share = await self._documents.get(Share, owner, scope.user)
        except NotFound:
            raise _unknown() from None
        visibility = Visibility.without(share.kinds, share.hidden)
        if not visibility.kinds:  # not even how often something changes
            raise _unknown()
        # The number second: a newer one than the share's only asks for a snapshot too many.
        changes = await self._log.history(name, Share.kind, scope.user, LATEST, 1)
        return FeedView(scope, name, visibility, share.relation, changes[0].seq if changes else 0)


def _unknown() -> NotFound:
    return NotFound("feed_unknown", "There is no such feed.")
