"""Login through OpenID providers, and the identities that are linked to an account.

The way of a browser is in `handlers.account.pages.oidc_callback`.
"""

from typing import Final

import msgspec

from handlers.account.operations.accounts import LoggedIn, login_reply
from handlers.http.operations import Call, Operation, Reply, write_reply
from handlers.http.pagination import Items, PageQuery, page_by_id
from models.account import Identity
from models.account.identity import IdentityProof, NewIdentity
from upcoach.services.account import AccountServices
from upcoach.services.account.federation.federation import Nonce
from upcoach.services.account.login.logins import Challenge

IDENTITIES: Final = "/v1/auth/identities"


async def make_nonce(services: AccountServices, _call: Call) -> Reply:
    """Get a nonce for an ID token, valid once, for five minutes."""
    return Reply(status=201, body=msgspec.to_builtins(await services.federation.nonce()))


async def log_in(services: AccountServices, call: Call) -> Reply:
    """Log in with the ID token of a provider."""
    proof = call.read(IdentityProof)
    login = await services.federation.log_in(call.names["provider"], proof)
    return login_reply(login)


async def list_identities(services: AccountServices, call: Call) -> Reply:
    """List the identities with which the caller can log in through providers."""
    query = call.parse_query(PageQuery)
    identities = await services.federation.identities(
        call.scope, after=query.after, limit=query.limit + 1
    )
    return page_by_id(IDENTITIES, call, identities, query.limit)


async def link(services: AccountServices, call: Call) -> Reply:
    """Link an identity of a provider, as a way to log in.

    Either with what the refusal `sign_in_first` gave, or with an ID token for our nonce.
    """
    return write_reply(await services.federation.link(call.scope, call.read(NewIdentity)))


async def unlink(services: AccountServices, call: Call) -> Reply:
    """Unlink an identity; the last way to log in stays."""
    return write_reply(await services.federation.unlink(call.scope, call.names["id"]))


UNLINK = Operation(
    method="DELETE",
    path=f"{IDENTITIES}/{{id}}",
    run=unlink,
    needs="account:write",
    refusals=(409,),
    stepped_up=True,
    audit="identity.unlinked",
)
OPERATIONS = (
    Operation(
        method="POST",
        path="/v1/auth/nonce",
        run=make_nonce,
        gives=Nonce,
        public=True,
    ),
    Operation(
        method="POST",
        path="/v1/auth/{provider}/token",
        run=log_in,
        body="json",
        takes=IdentityProof,
        gives=LoggedIn,
        otherwise=((200, Challenge),),
        public=True,
        refusals=(401, 403, 404, 409),
        audit="session.started",
        limit="factor",
    ),
    Operation(
        method="GET",
        path=IDENTITIES,
        run=list_identities,
        needs="account:read",
        gives=Items[Identity],
        query=PageQuery,
    ),
    Operation(
        method="POST",
        path=IDENTITIES,
        run=link,
        needs="account:write",
        body="json",
        takes=NewIdentity,
        gives=Identity,
        statuses=(200, 201),
        refusals=(404, 409),
        stepped_up=True,
        audit="identity.linked",
    ),
    UNLINK,
)
