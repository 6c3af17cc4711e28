"""Whose a request is, by its headers alone: before its body is read, or when that is refused."""

import contextlib
from typing import Final

import msgspec
from tornado.httputil import HTTPServerRequest

from handlers.http import operations, token_auth
from handlers.http.cookies import cookie_of
from handlers.http.operation_runner import OperationRunner
from handlers.http.rest.request_reader import key_of
from models.base.errors import Refusal, Unavailable
from models.base.ids import MutationId
from upcoach.services.account import AccountServices

_COOKIES: Final = ("__Host-sid", "sid")


async def owner_of(account: AccountServices, request: HTTPServerRequest) -> str:
    """The user whose token or session *request* shows, or `Refusal`."""
    if "Authorization" not in request.headers:
        session = await account.browsers.session(secret_of(request))
        if session is None:
            raise operations.token_missing()
        return session.owner
    scheme, token = token_auth.scheme_of(request)
    if scheme not in token_auth.SCHEMES or not token:
        raise operations.token_missing()
    # Without a proof of the key, which is asked for with the rest: this gives room only.
    await account.sessions.load_key_of(token)
    caller = account.sessions.holder(token)
    return caller.scope.user or caller.client


async def hold_by_headers(
    runner: OperationRunner, request: HTTPServerRequest, refusal: Exception
) -> None:
    """Hold the write that *request* names in its headers, if *refusal* tells it to come again.

    So of a batch nothing is held: its names are in its body.
    """
    key = key_of(request)
    if key is None or not isinstance(refusal, Unavailable):
        return
    with contextlib.suppress(Refusal, msgspec.ValidationError):
        name = msgspec.convert(key, MutationId)
        await runner.order.refuse(
            await owner_of(runner.services.account, request), (name,), refusal
        )


def secret_of(request: HTTPServerRequest) -> str:
    """The secret of the session that *request* shows in a cookie; empty for none."""
    return next(filter(None, (cookie_of(request, name) for name in _COOKIES)), "")
