"""What a person lets their coaches see, and a coach's clients."""

from handlers.operations import LIMIT, Call, Operation, Reply, listed, written
from models.documents import ShareDraft
from upcoach.services import Services

SHARES = "/v1/shares"
SHARE = SHARES + "/{coach}"
CLIENTS = "/v1/clients"


async def shares(services: Services, call: Call) -> Reply:
    """What the caller shares, coach by coach."""
    query = call.parameters("limit", "after")
    limit = call.number("limit", LIMIT, LIMIT)
    found = await services.shares.page(call.scope, after=query.get("after", ""), limit=limit + 1)
    return listed(SHARES, found, limit)


async def clients(services: Services, call: Call) -> Reply:
    """Who shares with the caller."""
    query = call.parameters("limit", "after")
    limit = call.number("limit", LIMIT, LIMIT)
    found = await services.shares.clients(call.scope, after=query.get("after", ""), limit=limit + 1)
    return listed(CLIENTS, found, limit)


async def share(services: Services, call: Call) -> Reply:
    """Let a coach see documents of some kinds, and of no others."""
    draft = call.read(ShareDraft)
    return written(
        await services.shares.share(call.scope, call.names["coach"], draft, call.mutation)
    )


async def take_back(services: Services, call: Call) -> Reply:
    """Let a coach see nothing any more."""
    return written(await services.shares.take_back(call.scope, call.names["coach"], call.mutation))


OPERATIONS = (
    Operation(method="GET", path=SHARES, run=shares),
    Operation(method="PUT", path=SHARE, run=share, body="json", live=True),
    Operation(method="DELETE", path=SHARE, run=take_back, live=True),
    Operation(method="GET", path=CLIENTS, run=clients),
)
