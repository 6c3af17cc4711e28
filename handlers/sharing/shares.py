"""What a person lets their coaches see, a coach's clients, and the end of either."""

from handlers.http.operations import Call, Operation, Reply, written
from handlers.http.pagination import Items, PageQuery, listed
from models.sharing import CoachClient, Share, ShareDraft
from upcoach.services.sharing import SharingServices

SHARES = "/v1/shares"
SHARE = SHARES + "/{coach}"
CLIENTS = "/v1/clients"
CLIENT = CLIENTS + "/{client}"


async def shares(services: SharingServices, call: Call) -> Reply:
    """What the caller shares, coach by coach."""
    query = call.asked(PageQuery)
    found = await services.shares.page(call.scope, after=query.after, limit=query.limit + 1)
    return listed(SHARES, call, found, query.limit)


async def clients(services: SharingServices, call: Call) -> Reply:
    """Who shares with the caller."""
    query = call.asked(PageQuery)
    found = await services.shares.clients(call.scope, after=query.after, limit=query.limit + 1)
    return listed(CLIENTS, call, found, query.limit)


async def share(services: SharingServices, call: Call) -> Reply:
    """Let a coach who has agreed to be one see documents of some kinds, and of no others."""
    draft = call.read(ShareDraft)
    coach, acr = call.names["coach"], call.holder.acr
    given = await services.shares.share(call.scope, coach, draft, acr, call.mutation)
    await services.additions.announce_given(call.scope, "share", given)
    return written(given)


async def leave(services: SharingServices, call: Call) -> Reply:
    """End the relation with a coach, who sees nothing any more."""
    return written(await services.shares.leave(call.scope, call.names["coach"], call.mutation))


async def dismiss(services: SharingServices, call: Call) -> Reply:
    """End the relation with a client, of whom nothing is seen any more."""
    return written(await services.shares.dismiss(call.scope, call.names["client"], call.mutation))


OPERATIONS = (
    Operation(
        method="GET",
        path=SHARES,
        run=shares,
        needs="shares:read",
        query=PageQuery,
        gives=Items[Share],
    ),
    Operation(
        method="PUT",
        path=SHARE,
        run=share,
        needs="shares:write",
        body="json",
        takes=ShareDraft,
        gives=Share,
        live=True,
        stepped_up=True,
        refusals=(409,),
        audit="share.given",
    ),
    Operation(
        method="DELETE",
        path=SHARE,
        run=leave,
        needs="shares:write",
        live=True,
        audit="share.removed",
    ),
    Operation(
        method="GET",
        path=CLIENTS,
        run=clients,
        needs="shares:read",
        query=PageQuery,
        gives=Items[CoachClient],
    ),
    Operation(
        method="DELETE",
        path=CLIENT,
        run=dismiss,
        needs="shares:write",
        live=True,
        audit="client.removed",
    ),
)
