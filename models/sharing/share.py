"""Shares: the relation of a coach and a client, and what the client lets the coach see.

The same fact is kept twice, in one write: as a `Share` of the client, who decides about it, and as
a `CoachClient` of the coach, whose app lists it.  Both begin when an invitation is accepted (see
`invitation`), showing nothing, and end together, by whichever side ends the relation.  Both are
access methods, even while nothing is shown: each side can see whether the other is online.
"""

import datetime as dt
from typing import Annotated, Any, ClassVar, Final, Literal, Self

import msgspec

from models.account import AccessMethod
from models.base.document import Draft, Privacy

MOST_COACHES: Final = 100  # of one client

# Type checkers need the kinds written out; `models.contexts` checks that they are those that the
# contexts declare as `shareable`.
SharedKind = Literal[
    "goal", "goal.point", "habit", "habit.entry", "habit.vacation", "insight", "mood", "task"
]

Hidden = Annotated[
    frozenset[Annotated[str, msgspec.Meta(max_length=64)]], msgspec.Meta(max_length=50)
]


class ShareDraft(Draft, frozen=True, kw_only=True):
    """The kinds of documents that the coach may see, and the fields of them that they may not.

    Attributes
    ----------
    kinds
        The kinds of documents to share.
    hidden
        The fields to leave out, by kind.

    """

    kinds: Annotated[frozenset[SharedKind], msgspec.Meta(min_length=1)]
    hidden: Annotated[dict[SharedKind, Hidden], msgspec.Meta(max_length=10)] = msgspec.field(
        default_factory=dict
    )


class RelationSide(AccessMethod, frozen=True, kw_only=True):
    """What each of the two keeps of a relation: what the coach may see, and since when.

    Attributes
    ----------
    accepted_at
        When both sides had given their word.  Null in shares of older builds, which asked the
        client alone: what they show goes on to be shown, and they open nothing else.
    kinds
        The kinds of documents that are shared.
    hidden
        The fields that are left out, by kind.

    """

    kinds: Annotated[tuple[str, ...], Privacy.PERSONAL] = ()
    hidden: Annotated[dict[str, tuple[str, ...]], Privacy.PERSONAL] = msgspec.field(
        default_factory=dict
    )
    accepted_at: Annotated[dt.datetime | None, Privacy.PERSONAL] = None

    @property
    def began(self) -> dt.datetime:
        """When the relation of the two began."""
        return self.accepted_at or self.updated_at


class Share(RelationSide, frozen=True, kw_only=True):
    """The permission of a coach to see documents of a client; its id is the coach's user id.

    Attributes
    ----------
    relation
        The name of the relation that it is part of; empty in shares of older builds.

    """

    kind: ClassVar[str] = "share"
    collection: ClassVar[str] = "shares"

    relation: Annotated[str, Privacy.HIDDEN] = ""

    @classmethod
    def accepted(cls, *, client: str, coach: str, relation: str, at: dt.datetime) -> Self:
        """The share that a relation begins with: nothing is shown yet."""
        return cls(
            id=coach,
            owner=client,
            created_at=at,
            updated_at=at,
            accepted_at=at,
            relation=relation,
        )

    def confirmed(self, at: dt.datetime) -> Self:
        """The same share of an older build, now that both sides have agreed."""
        return msgspec.structs.replace(self.advanced(at).to_confirm(), accepted_at=at)

    def revised(self, draft: ShareDraft, at: dt.datetime) -> Self:
        """The same share, of the kinds and fields in *draft*."""
        return msgspec.structs.replace(self.advanced(at).to_confirm(), **_sorted(draft))

    def shows_no_more_than(self, before: Self) -> bool:
        """Whether the coach sees nothing in it that *before* did not show."""
        return set(self.kinds) <= set(before.kinds) and all(
            set(self.hidden.get(kind, ())) >= set(before.hidden.get(kind, ()))
            for kind in self.kinds
        )

    def mirrored(self, client: "CoachClient | None", at: dt.datetime) -> "CoachClient":
        """The coach's copy of it, the next version of *client*."""
        if client is None:
            client = CoachClient(
                id=self.owner, owner=self.id, version=0, created_at=at, updated_at=at
            )
        return msgspec.structs.replace(
            client.advanced(at),
            kinds=self.kinds,
            hidden=self.hidden,
            accepted_at=self.accepted_at,
        )


class CoachClient(RelationSide, frozen=True, kw_only=True):
    """The coach's copy of a `Share`; its id is the client's user id."""

    kind: ClassVar[str] = "client"
    collection: ClassVar[str] = "clients"

    def began_since(self, moment: dt.datetime) -> bool:
        """Whether both have agreed at *moment* or later; that opens a channel."""
        return self.accepted_at is not None and self.accepted_at >= moment

    @property
    def since(self) -> dt.datetime:
        """See `AccessMethod.since`; what the client shows meanwhile changes nothing for it."""
        return self.began


def _sorted(draft: ShareDraft) -> dict[str, Any]:
    hidden = {kind: tuple(sorted(names)) for kind, names in sorted(draft.hidden.items()) if names}
    return {"kinds": tuple(sorted(draft.kinds)), "hidden": hidden}
