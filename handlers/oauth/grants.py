"""Grants: the apps of others that a user has given access to, listed and revoked."""

from handlers.http.operations import Call, Operation, Reply, write_reply
from handlers.http.pagination import Items, PageQuery, page_by_id
from models.oauth import Grant
from upcoach.services.oauth import OAuth

PATH = "/v1/auth/grants"


async def list_grants(oauth: OAuth, call: Call) -> Reply:
    """List the third-party apps that have access to the caller's account."""
    query = call.parse_query(PageQuery)
    grants = await oauth.grants.page(call.scope, after=query.after, limit=query.limit + 1)
    return page_by_id(PATH, call, grants, query.limit)


async def revoke_grant(oauth: OAuth, call: Call) -> Reply:
    """Revoke the access of an app: its sessions end, and it has to ask again."""
    return write_reply(await oauth.grants.take_back(call.scope, call.names["client"]))


REMOVE = Operation(
    method="DELETE",
    path=f"{PATH}/{{client}}",
    run=revoke_grant,
    needs="account:write",
    audit="grant.removed",
)
OPERATIONS = (
    Operation(
        method="GET",
        path=PATH,
        run=list_grants,
        needs="account:read",
        gives=Items[Grant],
        query=PageQuery,
    ),
    REMOVE,
)
