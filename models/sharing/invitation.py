"""Invitations of one side of a relation between a coach and a client to the other.

A relation begins when somebody who was given an invitation's code, out of band, accepts it.
Until then nobody's feed but the inviter's own hears of it.
"""

import datetime as dt
from typing import Annotated, ClassVar, Final, Literal, Self

import msgspec

from models.base.document import Document, Draft, Privacy
from models.base.errors import Conflict
from models.base.fields import Token

INVITATION_ID_PREFIX: Final = "inv"  # of ids
RELATION_PREFIX: Final = "rel"  # of the names of relations
INVITATIONS: Final = "invitations"  # the id of the one document that each user has
LIFE: Final = dt.timedelta(days=14)
MOST_OPEN: Final = 5  # invitations of one person at a time

RelationRole = Literal["coach", "client"]


class InvitationDraft(Draft, frozen=True, kw_only=True):
    """The role that the inviter will have in the relation.

    Attributes
    ----------
    role
        What the inviter will be in the relation.

    """

    role: RelationRole = msgspec.field(name="as")


class InvitationCode(Draft, frozen=True, kw_only=True):
    """The code of an invitation, which the inviter has given to the other person.

    Attributes
    ----------
    code
        The code to give to the other person.

    """

    code: Token


class Invitation(msgspec.Struct, frozen=True, kw_only=True):
    """An open invitation: the inviter's role in the relation, and when it expires.

    Attributes
    ----------
    created_at
        When it was made.
    expires_at
        Until when it can be accepted.
    role
        What the inviter will be in the relation.

    """

    role: RelationRole = msgspec.field(name="as")
    created_at: dt.datetime
    expires_at: dt.datetime

    def holds(self, at: dt.datetime) -> bool:
        """Whether it can be accepted at *at*."""
        return at < self.expires_at


class OpenInvitations(Document, frozen=True, kw_only=True):
    """A person's open invitations, by id; in one document, so that they are counted at once."""

    kind: ClassVar[str] = "invitations"
    collection: ClassVar[str] = "invitations"

    open: Annotated[dict[str, Invitation], Privacy.PERSONAL] = msgspec.field(default_factory=dict)

    @classmethod
    def none(cls, owner: str, at: dt.datetime) -> Self:
        """The document of somebody who has invited nobody yet."""
        return cls(id=INVITATIONS, owner=owner, version=0, created_at=at, updated_at=at)

    def holding(self, invitation_id: str, at: dt.datetime) -> Invitation | None:
        """The invitation with an id, if it can be accepted at *at*."""
        invitation = self.open.get(invitation_id)
        return invitation if invitation is not None and invitation.holds(at) else None

    def invited(self, invitation_id: str, role: RelationRole, at: dt.datetime) -> Self:
        """The same with one more, and without those that have expired."""
        standing = {
            name: invitation for name, invitation in self.open.items() if invitation.holds(at)
        }
        if len(standing) >= MOST_OPEN:
            raise Conflict(
                "invitations_too_many",
                f"{MOST_OPEN} invitations may be open at a time: withdraw one.",
            )
        made = Invitation(role=role, created_at=at, expires_at=at + LIFE)
        after = standing | {invitation_id: made}
        return msgspec.structs.replace(self.advanced(at), open=after)

    def without(self, invitation_id: str, at: dt.datetime) -> Self:
        """The same without the invitation with an id."""
        left = {name: invitation for name, invitation in self.open.items() if name != invitation_id}
        return msgspec.structs.replace(self.advanced(at), open=left)
