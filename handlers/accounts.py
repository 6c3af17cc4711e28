"""Registering, logging in, logging out."""

from typing import Literal

import msgspec

from handlers.operations import Call, Operation, Reply, written
from models.documents.session import Credentials, Refresh, Session
from models.documents.user import Registration, User
from models.merge_patch import Json
from upcoach.services import Services
from upcoach.services.logins import Challenge
from upcoach.services.sessions import Login


class Renewed(Login, frozen=True):
    """A token, and how it is sent (RFC 6750)."""

    token_type: Literal["Bearer"]


class LoggedIn(Renewed, frozen=True):
    """A token and the session that it belongs to."""

    session: Session


async def register(services: Services, call: Call) -> Reply:
    """Become a user."""
    return written(await services.accounts.register(call.read(Registration)))


async def log_in(services: Services, call: Call) -> Reply:
    """Get a token for this device.

    Whoever has enrolled a second factor gets a challenge first, to be answered at
    `/v1/auth/challenge`.
    """
    found = await services.accounts.log_in(call.read(Credentials))
    if isinstance(found, Challenge):
        return Reply(status=200, body=msgspec.to_builtins(found))
    login, outcome = found
    return Reply(status=201, body=shown_login(login) | {"session": outcome.body}, seq=outcome.seq)


async def refresh(services: Services, call: Call) -> Reply:
    """Get a new token before, or after, the old one ends."""
    login = await services.sessions.refresh(call.read(Refresh).refresh_token)
    return Reply(status=200, body=shown_login(login))


async def log_out(services: Services, call: Call) -> Reply:
    """End the session whose token this is."""
    return written(await services.sessions.end(call.scope, call.scope.session))


async def me(services: Services, call: Call) -> Reply:
    """Who am I?"""
    user = await services.accounts.me(call.scope)
    return Reply(body=user, version=user["version"])


def shown_login(login: Login) -> Json:
    """*login* as it is answered."""
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
    ),
    Operation(
        method="POST",
        path="/v1/auth/login",
        run=log_in,
        body="json",
        takes=Credentials,
        gives=LoggedIn,
        otherwise=((200, Challenge),),
        public=True,
        refusals=(401,),
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
    ),
    Operation(method="POST", path="/v1/auth/logout", run=log_out, needs="account:write"),
    Operation(method="GET", path="/v1/me", run=me, needs="account:read", gives=User),
)
