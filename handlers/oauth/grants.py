"""What the caller has agreed to: they see it, and take it back."""

from handlers.http.operations import Call, Operation, Reply, written
from handlers.http.pagination import Items, PageQuery, listed
from models.oauth import Grant
from upcoach.services.oauth import OAuth

PATH = "/v1/auth/grants"


async def grants(oauth: OAuth, call: Call) -> Reply:
    """The apps of others that the caller has let in."""
    page = call.asked(PageQuery)
    found = await oauth.grants.page(call.scope, after=page.after, limit=page.limit + 1)
    return listed(PATH, call, found, page.limit)


async def take_back(oauth: OAuth, call: Call) -> Reply:
    """Let an app in no more: its sessions end, and it has to ask again."""
    return written(await oauth.grants.take_back(call.scope, call.names["client"]))


REMOVE = Operation(
    method="DELETE",
    path=f"{PATH}/{{client}}",
    run=take_back,
    needs="account:write",
    audit="grant.removed",
)
OPERATIONS = (
    Operation(
        method="GET",
        path=PATH,
        run=grants,
        needs="account:read",
        gives=Items[Grant],
        query=PageQuery,
    ),
    REMOVE,
)
