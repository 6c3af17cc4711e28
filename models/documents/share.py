"""What a person lets their coach see.

The same fact is kept twice, in one write: as a `Share` of the client, who decides about it, and as
a `CoachClient` of the coach, whose app lists it.
"""

import datetime as dt
from typing import Annotated, Any, ClassVar, Literal, Self

import msgspec

from models.documents.document import Document, Draft, Mark
from models.documents.way import Way

SharedKind = Literal["goal", "goal.point", "habit", "habit.entry", "habit.vacation", "insight"]


Hidden = Annotated[
    frozenset[Annotated[str, msgspec.Meta(max_length=64)]], msgspec.Meta(max_length=50)
]


class ShareDraft(Draft, frozen=True, kw_only=True):
    """The kinds of documents that the coach may see, and the fields of them that they may not."""

    kinds: Annotated[frozenset[SharedKind], msgspec.Meta(min_length=1)]
    hidden: Annotated[dict[SharedKind, Hidden], msgspec.Meta(max_length=10)] = msgspec.field(
        default_factory=dict
    )


class Share(Way, frozen=True, kw_only=True):
    """Leave for the coach whose user id is this document's id."""

    kind: ClassVar[str] = "share"
    collection: ClassVar[str] = "shares"

    kinds: Annotated[tuple[str, ...], Mark.PERSONAL]
    hidden: Annotated[dict[str, tuple[str, ...]], Mark.PERSONAL] = msgspec.field(
        default_factory=dict
    )

    @classmethod
    def drafted(cls, draft: ShareDraft, *, client: str, coach: str, at: dt.datetime) -> Self:
        """A new leave."""
        return cls(id=coach, owner=client, created_at=at, updated_at=at, **_sorted(draft))

    def revised(self, draft: ShareDraft, at: dt.datetime) -> Self:
        """The same leave, for what *draft* says."""
        return msgspec.structs.replace(self.advanced(at).to_confirm(), **_sorted(draft))

    def mirrored(self, client: "CoachClient | None", at: dt.datetime) -> "CoachClient":
        """The coach's side of it, in the place of *client*."""
        if client is None:
            client = CoachClient(
                id=self.owner,
                owner=self.id,
                version=0,
                created_at=at,
                updated_at=at,
                kinds=self.kinds,
            )
        return msgspec.structs.replace(client.advanced(at), kinds=self.kinds, hidden=self.hidden)


class CoachClient(Document, frozen=True, kw_only=True):
    """Somebody who lets the owner, a coach, see documents of some kinds; the id is theirs."""

    kind: ClassVar[str] = "client"
    collection: ClassVar[str] = "clients"

    kinds: Annotated[tuple[str, ...], Mark.PERSONAL]
    hidden: Annotated[dict[str, tuple[str, ...]], Mark.PERSONAL] = msgspec.field(
        default_factory=dict
    )


def _sorted(draft: ShareDraft) -> dict[str, Any]:
    hidden = {kind: tuple(sorted(names)) for kind, names in sorted(draft.hidden.items()) if names}
    return {"kinds": tuple(sorted(draft.kinds)), "hidden": hidden}
