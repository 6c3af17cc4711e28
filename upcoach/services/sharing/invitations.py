"""Invitations: how two people become coach and client of each other.

One of them makes an invitation and gives its code, 256 bits that the database knows as a hash, to
the other one, who sees by whom it is and accepts it.  That it can be accepted once, and not after
it was withdrawn, is decided by the inviter's `OpenInvitations`, in the write that begins the
relation; the code only finds them.
"""

import datetime as dt
from collections.abc import Mapping
from typing import Final

import msgspec

from models.access.scope import Scope
from models.account import Addition, User
from models.base.clock import Clock
from models.base.errors import Conflict, NotFound
from models.base.ids import new_id
from models.sharing import (
    INVITATION_ID_PREFIX,
    RELATION_PREFIX,
    CoachClient,
    InvitationDraft,
    OpenInvitations,
    Share,
)
from models.sharing.invitation import INVITATIONS, LIFE, Invitation, RelationRole
from upcoach.services.account import announce
from upcoach.services.base.resources import write_outcome
from upcoach.services.sharing.shares import relation_refs
from upcoach.store.collections.documents import Documents
from upcoach.store.secrets.one_time_tokens import OneTimeTokens
from upcoach.store.write.changes import WriteContext
from upcoach.store.write.committer import Committer
from upcoach.store.write.errors import not_found
from upcoach.store.write.outcomes import Outcome, WriteResult
from upcoach.store.write.refs import Ref
from upcoach.store.write.requests import Mutation, Write

PURPOSE: Final = "invitation"


class ListedInvitation(Invitation, frozen=True, kw_only=True):
    """An open invitation, as its maker sees it in the list.

    Attributes
    ----------
    id
        The id of the invitation.

    """

    id: str


class NewInvitation(ListedInvitation, frozen=True, kw_only=True):
    """An invitation that was just made, with the code that is shown this once.

    Attributes
    ----------
    code
        The code to give to the other person, which is shown this once.

    """

    code: str


class Inviter(msgspec.Struct, frozen=True, kw_only=True):
    """Who invites, and to what, as whoever has the code sees it.

    Attributes
    ----------
    name
        Who has made the invitation.
    expires_at
        Until when it can be accepted.
    role
        What the inviter will be in the relation.

    """

    name: str
    role: RelationRole = msgspec.field(name="as")
    expires_at: dt.datetime


class InvitationOffer(msgspec.Struct, frozen=True, array_like=True):
    """The invitation that a code stands for, and the *session* in which it was made."""

    inviter: str
    invitation: str
    session: str = ""


class Invitations:
    """Creates, lists, withdraws and accepts invitations."""

    def __init__(
        self,
        documents: Documents,
        committer: Committer,
        once: OneTimeTokens,
        clock: Clock,
    ) -> None:
        self._documents = documents
        self._committer = committer
        self._once = once
        self._clock = clock

    async def invite(self, scope: Scope, draft: InvitationDraft) -> NewInvitation:
        """Create an invitation, with the code by which it is accepted."""
        name = new_id(INVITATION_ID_PREFIX)

        def decide(changes: WriteContext) -> Outcome[OpenInvitations]:
            before = changes.find(OpenInvitations, scope.user, INVITATIONS)
            current = before or OpenInvitations.none(scope.user, changes.at)
            after = current.invited(name, draft.role, changes.at)
            return write_outcome("created", changes.set(before, after))

        write = Write(scope=scope, reads=(_ref(scope.user),), decide=decide)
        saved = await self._committer.commit(write)
        invitation = saved.document.open[name]
        code = await self._once.keep(
            PURPOSE, InvitationOffer(scope.user, name, scope.session), LIFE
        )
        return NewInvitation(id=name, code=code, **msgspec.structs.asdict(invitation))

    async def open(self, scope: Scope) -> list[ListedInvitation]:
        """The caller's invitations that can still be accepted, the oldest first."""
        now = self._clock()
        return [
            ListedInvitation(id=name, **msgspec.structs.asdict(invitation))
            for name, invitation in sorted((await self._made_by(scope.user)).open.items())
            if invitation.holds(now)
        ]

    async def withdraw(
        self, scope: Scope, invitation_id: str, mutation: Mutation | None = None
    ) -> WriteResult[None]:
        """Withdraw an invitation."""

        def decide(changes: WriteContext) -> Outcome[None]:
            before = changes.find(OpenInvitations, scope.user, INVITATIONS)
            if before is None or before.holding(invitation_id, changes.at) is None:
                raise not_found()
            changes.set(before, before.without(invitation_id, changes.at))
            return Outcome(verb="deleted", document=None)

        write = Write(scope=scope, reads=(_ref(scope.user),), decide=decide, mutation=mutation)
        return await self._committer.submit(write)

    async def look(self, code: str) -> Inviter:
        """The inviter of the invitation with *code*."""
        offer = await self._offer(code)
        made = (await self._made_by(offer.inviter)).holding(offer.invitation, self._clock())
        if made is None:
            raise _unknown()
        user = await self._documents.get(User, offer.inviter, offer.inviter)
        return Inviter(name=user.name, role=made.role, expires_at=made.expires_at)

    async def accept(
        self, scope: Scope, code: str, mutation: Mutation | None = None
    ) -> WriteResult[Share | CoachClient]:
        """Accept the invitation with *code*: begin the relation, and mail both sides."""
        offer = await self._offer(code)
        if offer.inviter == scope.user:
            raise Conflict("invitation_own", "Give this code to the other person.")
        relation = new_id(RELATION_PREFIX)

        def decide(changes: WriteContext) -> Outcome[Share | CoachClient]:
            before = changes.find(OpenInvitations, offer.inviter, INVITATIONS)
            made = None if before is None else before.holding(offer.invitation, changes.at)
            if before is None or made is None:
                raise _unknown()
            client, coach = _sides(made.role, offer.inviter, scope.user)
            share, mirrored = _begin(changes, client, coach, relation)
            changes.set(before, before.without(offer.invitation, changes.at))
            sessions = {offer.inviter: offer.session, scope.user: scope.session}
            _mail_owner(changes, share, "coach", sessions)
            _mail_owner(changes, mirrored, "client", sessions)
            return write_outcome("created", share if scope.user == client else mirrored)

        both = (scope.user, offer.inviter), (offer.inviter, scope.user)
        reads = (
            _ref(offer.inviter),
            *(ref for client, coach in both for ref in relation_refs(client, coach)),
            *(Ref(User, user, user) for user, _ in both),
        )
        write = Write(scope=scope, reads=reads, decide=decide, mutation=mutation)
        return await self._committer.submit(write)

    async def _offer(self, code: str) -> InvitationOffer:
        offer = await self._once.look(PURPOSE, code, InvitationOffer)
        if offer is None:
            raise _unknown()
        return offer

    async def _made_by(self, user: str) -> OpenInvitations:
        try:
            return await self._documents.get(OpenInvitations, user, INVITATIONS)
        except NotFound:
            return OpenInvitations.none(user, self._clock())


def _mail_owner(
    changes: WriteContext,
    side: Share | CoachClient,
    other_is: RelationRole,
    sessions: Mapping[str, str],
) -> None:
    """Mail the owner of one *side* that they have the other one."""
    if changes.find(User, side.owner, side.owner) is None:
        raise _unknown()
    owner = Scope(user=side.owner, session=sessions[side.owner])
    announce(changes, owner, Addition(way=other_is, id=side.id, since=side.began))


def _sides(role: RelationRole, inviter: str, invited: str) -> tuple[str, str]:
    """Who is the client and who the coach."""
    return (inviter, invited) if role == "client" else (invited, inviter)


def _begin(
    changes: WriteContext, client: str, coach: str, relation: str
) -> tuple[Share, CoachClient]:
    """Save both sides of a relation that begins, or of one that an older build began."""
    before = changes.find(Share, client, coach)
    if before is not None and before.accepted_at is not None:
        raise Conflict("relation_exists", "You are already coach and client.")
    share = (
        Share.accepted(client=client, coach=coach, relation=relation, at=changes.at)
        if before is None
        else before.confirmed(changes.at)
    )
    standing = changes.find(CoachClient, coach, client)
    mirrored = share.mirrored(standing, changes.at)
    changes.set(before, share)
    changes.set(standing, mirrored)
    return share, mirrored


def _ref(user: str) -> Ref:
    return Ref(OpenInvitations, user, INVITATIONS)


def _unknown() -> NotFound:
    return NotFound("invitation_unknown", "There is no such invitation, or it has expired.")
