"""What a person lets their coach see.

The same fact is kept twice, in one write: as a `Share` of the client, who decides about it, and as
a `CoachClient` of the coach, whose app lists it.
"""

import datetime as dt
from typing import Annotated, ClassVar, Literal, Self

import msgspec

from models.documents.document import Document, Draft, Mark

SharedKind = Literal["goal", "habit", "habit.entry", "insight"]


class ShareDraft(Draft, frozen=True, kw_only=True):
    """The kinds of documents that the coach may see."""

    kinds: Annotated[frozenset[SharedKind], msgspec.Meta(min_length=1)]


class Share(Document, frozen=True, kw_only=True):
    """Leave for the coach whose user id is this document's id."""

    kind: ClassVar[str] = "share"
    collection: ClassVar[str] = "shares"

    kinds: Annotated[tuple[str, ...], Mark.PERSONAL]

    @classmethod
    def drafted(cls, draft: ShareDraft, *, client: str, coach: str, at: dt.datetime) -> Self:
        """A new leave."""
        kinds = tuple(sorted(draft.kinds))
        return cls(id=coach, owner=client, created_at=at, updated_at=at, kinds=kinds)

    def revised(self, draft: ShareDraft, at: dt.datetime) -> Self:
        """The same leave, for what *draft* says."""
        return msgspec.structs.replace(self.advanced(at), kinds=tuple(sorted(draft.kinds)))

    def mirrored(self, client: "CoachClient | None", at: dt.datetime) -> "CoachClient":
        """The coach's side of it, in the place of *client*."""
        if client is None:
            return CoachClient(
                id=self.owner, owner=self.id, created_at=at, updated_at=at, kinds=self.kinds
            )
        return msgspec.structs.replace(client.advanced(at), kinds=self.kinds)


class CoachClient(Document, frozen=True, kw_only=True):
    """Somebody who lets the owner, a coach, see documents of some kinds; the id is theirs."""

    kind: ClassVar[str] = "client"
    collection: ClassVar[str] = "clients"

    kinds: Annotated[tuple[str, ...], Mark.PERSONAL]
