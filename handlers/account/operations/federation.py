"""Logging in through a provider, and which of them an account knows.

The way of a browser is in `handlers.account.pages.oidc_callback`.
"""

from typing import Final

import msgspec

from handlers.account.operations.accounts import LoggedIn, asked_or_admitted
from handlers.http.operations import Call, Operation, Reply, written
from handlers.http.pagination import Items, PageQuery, listed
from models.account import Identity
from models.account.identity import IdentityProof, NewIdentity
from upcoach.services.account import AccountServices
from upcoach.services.account.federation.federation import Nonce
from upcoach.services.account.login.logins import Challenge

IDENTITIES: Final = "/v1/auth/identities"


async def make_nonce(services: AccountServices, _call: Call) -> Reply:
    """Get what a provider has to put into an ID token, once, within five minutes."""
    return Reply(status=201, body=msgspec.to_builtins(await services.federation.nonce()))


async def log_in(services: AccountServices, call: Call) -> Reply:
    """Get a token for this device by the ID token of a provider."""
    proof = call.read(IdentityProof)
    found = await services.federation.log_in(call.names["provider"], proof)
    return asked_or_admitted(found)


async def identities(services: AccountServices, call: Call) -> Reply:
    """The providers through which the caller can log in, and as whom."""
    page = call.asked(PageQuery)
    found = await services.federation.identities(call.scope, after=page.after, limit=page.limit + 1)
    return listed(IDENTITIES, call, found, page.limit)


async def link(services: AccountServices, call: Call) -> Reply:
    """Log in through a provider, too, from now on.

    Either with what the refusal `sign_in_first` gave, or with an ID token for our nonce.
    """
    return written(await services.federation.link(call.scope, call.read(NewIdentity)))


async def unlink(services: AccountServices, call: Call) -> Reply:
    """Log in through a provider no more; the last way in stays."""
    return written(await services.federation.unlink(call.scope, call.names["id"]))


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
        run=identities,
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
    Operation(
        method="DELETE",
        path=f"{IDENTITIES}/{{id}}",
        run=unlink,
        needs="account:write",
        refusals=(409,),
        stepped_up=True,
        audit="identity.unlinked",
    ),
)
