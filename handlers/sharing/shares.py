"""What a person lets their coaches see, a coach's clients, and the end of either."""

from handlers.http.operations import Call, Operation, Reply, write_reply
from handlers.http.pagination import Items, PageQuery, page_by_id
from models.sharing import CoachClient, Share, ShareDraft
from upcoach.services.sharing import SharingServices

SHARES = "/v1/shares"
SHARE = SHARES + "/{coach}"
CLIENTS = "/v1/clients"
CLIENT = CLIENTS + "/{client}"


async def list_shares(services: SharingServices, call: Call) -> Reply:
    """List the caller's shares, coach by coach."""
    query = call.parse_query(PageQuery)
    shares = await services.shares.page(call.scope, after=query.after, limit=query.limit + 1)
    return page_by_id(SHARES, call, shares, query.limit)


async def list_clients(services: SharingServices, call: Call) -> Reply:
    """List the clients who share with the caller."""
    query = call.parse_query(PageQuery)
    clients = await services.shares.clients(call.scope, after=query.after, limit=query.limit + 1)
    return page_by_id(CLIENTS, call, clients, query.limit)


async def share(services: SharingServices, call: Call) -> Reply:
    """Share documents of some kinds with a coach who has accepted."""
    draft = call.read(ShareDraft)
    coach, acr = call.names["coach"], call.authenticated_caller.acr
    outcome = await services.shares.share(call.scope, coach, draft, acr, call.mutation)
    return write_reply(outcome)


async def leave(services: SharingServices, call: Call) -> Reply:
    """End the relation with a coach, who no longer sees anything."""
    return write_reply(await services.shares.leave(call.scope, call.names["coach"], call.mutation))


async def dismiss(services: SharingServices, call: Call) -> Reply:
    """End the relation with a client, whose data the caller no longer sees."""
    return write_reply(
        await services.shares.dismiss(call.scope, call.names["client"], call.mutation)
    )


OPERATIONS = (
    Operation(
        method="GET",
        path=SHARES,
        run=list_shares,
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
        run=list_clients,
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
