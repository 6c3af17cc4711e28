"""Registering, logging in, logging out."""

from typing import Literal

import msgspec

from handlers.operations import Call, Operation, Reply, written
from models.documents.session import BROWSERS, Credentials, Refresh, Session
from models.documents.user import Registration, User
from models.errors import Forbidden
from models.merge_patch import Json
from models.scope import Scope
from upcoach.services import Services
from upcoach.services.logins import Challenge
from upcoach.services.sessions import Login


class Renewed(Login, frozen=True):
    """A token, and how it is sent (RFC 6750)."""

    token_type: Literal["Bearer"]


class LoggedIn(Renewed, frozen=True):
    """A token and the session that it belongs to."""

    session: Session


class Entered(msgspec.Struct, frozen=True):
    """The session of a browser, which has it in a cookie and never sees a token."""

    session: Session


class Csrf(msgspec.Struct, frozen=True):
    """What a page sends as `X-UpCoach-CSRF` with all that changes something; a token needs none."""

    token: str | None


async def register(services: Services, call: Call) -> Reply:
    """Become a user."""
    return written(await services.accounts.register(call.read(Registration)))


async def log_in(services: Services, call: Call) -> Reply:
    """Get a token for this device; a browser (`web`, `remembered`, `admin`) gets a cookie."""
    credentials = call.read(Credentials)
    is_browser = credentials.app in BROWSERS
    if is_browser and call.is_foreign:
        raise Forbidden("site_other", "This was not sent from a page of ours.")
    found = await services.accounts.log_in(credentials)
    if isinstance(found, Challenge):
        return Reply(status=200, body=msgspec.to_builtins(found))
    login, outcome = found
    session: Json = outcome.body or {}
    scope = Scope(user=session["owner"], session=session["id"])
    return Reply(
        status=201,
        body={"session": session} | ({} if is_browser else _shown(login)),
        seq=outcome.seq,
        became=scope,
        enters=await services.sessions.get(scope) if is_browser else None,
    )


async def refresh(services: Services, call: Call) -> Reply:
    """Get a new token before, or after, the old one ends."""
    login = await services.sessions.refresh(call.read(Refresh).refresh_token)
    return Reply(status=200, body=_shown(login))


async def log_out(services: Services, call: Call) -> Reply:
    """End the session whose token, or cookie, this is."""
    reply = written(await services.sessions.end(call.scope, call.scope.session))
    return msgspec.structs.replace(reply, leaves=bool(call.browser))


async def csrf(services: Services, call: Call) -> Reply:
    """What shows that a page of ours sends a request with a cookie."""
    proof = services.browsers.proof(call.browser, "csrf") if call.browser else None
    return Reply(body=Csrf(proof))


async def me(services: Services, call: Call) -> Reply:
    """Who am I?"""
    user = await services.accounts.me(call.scope)
    return Reply(body=user, version=user["version"])


def _shown(login: Login) -> Json:
    shown: Json = msgspec.to_builtins(login)
    return shown | {"token_type": "Bearer"}


OPERATIONS = (
    Operation(
        method="POST",
        path="/v1/auth/register",
        run=register,
        body="json",
        takes=Registration,
        gives=User,
        public=True,
        refusals=(409,),
        audit="account.registered",
        limit="mail",
    ),
    Operation(
        method="POST",
        path="/v1/auth/login",
        run=log_in,
        body="json",
        takes=Credentials,
        gives=LoggedIn | Entered,
        public=True,
        refusals=(401, 403),
        audit="session.started",
        limit="login",
    ),
    Operation(
        method="POST",
        path="/v1/auth/refresh",
        run=refresh,
        body="json",
        takes=Refresh,
        gives=Renewed,
        public=True,
        statuses=(200,),
        refusals=(401,),
        limit="refresh",
    ),
    Operation(
        method="POST",
        path="/v1/auth/logout",
        run=log_out,
        needs="account:write",
        audit="session.ended",
    ),
    Operation(method="GET", path="/v1/auth/csrf", run=csrf, needs="account:read", gives=Csrf),
    Operation(method="GET", path="/v1/me", run=me, needs="account:read", gives=User),
)
