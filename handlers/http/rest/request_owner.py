"""Whose a request is, by its headers alone: before its body is read, or when that is refused."""

import contextlib
from typing import Any, Final

import msgspec
from tornado.httputil import HTTPServerRequest

from handlers.http import operations, token_auth
from handlers.http.cookies import cookie_of
from handlers.http.operation_runner import OperationRunner
from handlers.http.policy import require_permission
from handlers.http.rest.request_reader import key_of
from models.access.caller import Caller
from models.base.errors import Refusal, Unavailable
from models.base.ids import MutationId
from upcoach.services.account import AccountServices
from upcoach.services.account.sessions.access_tokens import token_invalid

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


async def admit(
    runner: OperationRunner, operation: operations.Operation[Any], request: HTTPServerRequest
) -> str:
    """The user who may send the body that *operation* takes, before any of it comes, or `Refusal`.

    A token is asked all that it will be asked: for the proof of its key, which is taken once, and
    for the permission.  The proof of a page comes with a session, which may do everything.
    """
    if "Authorization" not in request.headers:
        return await owner_of(runner.services.account, request)
    services = runner.services
    caller = await token_auth.caller_of(services.account, services.oauth, request)
    request.admitted = caller  # type: ignore[attr-defined]
    require_permission(operation, caller)
    return caller.scope.user


async def admitted(account: AccountServices, request: HTTPServerRequest) -> Caller | None:
    """Who was let in before the body came; `Unauthenticated` if their session has ended since.

    An access token lives shorter than an upload may take: that it is over by now is no reason.
    """
    caller: Caller | None = getattr(request, "admitted", None)
    if caller is None or caller.is_client:
        return caller
    if account.sessions.has_ended(caller) or not await account.sessions.is_open(caller.scope):
        raise token_invalid()
    return caller


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
