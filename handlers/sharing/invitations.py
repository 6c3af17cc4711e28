"""Invitations, by which coach and client find each other."""

from handlers.http.operations import Call, Operation, Reply, write_reply
from handlers.http.pagination import Items
from models.sharing import CoachClient, InvitationCode, InvitationDraft, Share
from upcoach.services.sharing import SharingServices
from upcoach.services.sharing.invitations import Inviter, ListedInvitation, NewInvitation

INVITATIONS = "/v1/invitations"


async def invite(services: SharingServices, call: Call) -> Reply:
    """Invite somebody: the code is shown only once, and is for one person."""
    invitation = await services.invitations.invite(call.scope, call.read(InvitationDraft))
    return Reply(status=201, body=invitation)


async def list_invitations(services: SharingServices, call: Call) -> Reply:
    """List the caller's invitations that nobody has accepted yet."""
    return Reply(body={"items": await services.invitations.open(call.scope)})


async def withdraw(services: SharingServices, call: Call) -> Reply:
    """Withdraw an invitation: nobody can accept it any more."""
    withdrawn = await services.invitations.withdraw(call.scope, call.names["id"], call.mutation)
    return write_reply(withdrawn)


async def look(services: SharingServices, call: Call) -> Reply:
    """Look up who has made the invitation of a code."""
    return Reply(body=await services.invitations.look(call.read(InvitationCode).code))


async def accept(services: SharingServices, call: Call) -> Reply:
    """Accept the invitation of a code: become coach or client of whoever has made it."""
    code = call.read(InvitationCode).code
    return write_reply(await services.invitations.accept(call.scope, code, call.mutation))


OPERATIONS = (
    Operation(
        method="GET",
        path=INVITATIONS,
        run=list_invitations,
        needs="shares:read",
        gives=Items[ListedInvitation],
    ),
    Operation(
        method="POST",
        path=INVITATIONS,
        run=invite,
        needs="shares:write",
        limit="relation",
        body="json",
        takes=InvitationDraft,
        gives=NewInvitation,
        refusals=(409,),
        audit="invitation.made",
    ),
    Operation(
        method="POST",
        path=INVITATIONS + "/look",
        run=look,
        needs="shares:read",
        body="json",
        takes=InvitationCode,
        gives=Inviter,
        statuses=(200,),
        refusals=(404,),
    ),
    Operation(
        method="POST",
        path=INVITATIONS + "/accept",
        run=accept,
        needs="shares:write",
        limit="relation",
        body="json",
        takes=InvitationCode,
        gives=Share | CoachClient,
        named=True,
        refusals=(404, 409),
        audit="relation.begun",
    ),
    # Last: what stands above are words that could be an id.
    Operation(
        method="DELETE",
        path=INVITATIONS + "/{id}",
        run=withdraw,
        needs="shares:write",
        live=True,
        audit="invitation.withdrawn",
    ),
)
