"""The operations of users at the authorization server: authorize, consent, log out."""

from typing import Final

import msgspec

from handlers.account import CONSENT
from handlers.http.operations import Call, Operation, Reply
from models.account import Session
from upcoach.services.base.request_parameters import Parameters
from upcoach.services.oauth import OAuth
from upcoach.services.oauth.logout import LogoutRequest

AUTHORIZE: Final = "/oauth/authorize"
DEVICE_CODE: Final = "/oauth/device/code"
LOGOUT: Final = "/oauth/logout"
_ALLOW: Final = "allow:"


class BrowserRequest(msgspec.Struct, frozen=True):
    """The parameters that a browser brings, whose user may have logged in as *session*."""

    form: Parameters
    session: Session | None


class Consent(msgspec.Struct, frozen=True):
    """What the user of *session* allows the app that asks under *name*; nothing to decline.

    Attributes
    ----------
    name
        Of a request that waits, or the code that a device shows.

    """

    name: str
    session: Session
    granted: tuple[str, ...]


class ClientLogout(msgspec.Struct, frozen=True):
    """The session of a browser that ends, at the request of a client."""

    request: LogoutRequest
    session: Session


async def authorize(oauth: OAuth, call: Call) -> Reply:
    """Take in the authorization request that a client's browser brings (RFC 6749, 3.1)."""
    request: BrowserRequest = call.body
    authorization = oauth.authorization
    return Reply(body=await authorization.authorize(request.form, request.session, call.browser))


async def resume(oauth: OAuth, call: Call) -> Reply:
    """Resume an authorization request that waits."""
    request: BrowserRequest = call.body
    request_id = request.form.required("request")
    authorization = oauth.authorization
    return Reply(body=await authorization.resume(request_id, request.session, call.browser))


async def consent(oauth: OAuth, call: Call) -> Reply:
    """Give or deny the consent that an authorization request waits for."""
    given: Consent = call.body
    authorization = oauth.authorization
    return Reply(
        body=await authorization.approve(given.name, given.session, call.browser, given.granted)
    )


async def consent_to_device(oauth: OAuth, call: Call) -> Reply:
    """Give or deny consent to the device that shows the code; false if none does any more."""
    given: Consent = call.body
    return Reply(body=await oauth.devices.answer(given.name, given.session, given.granted))


async def log_out(oauth: OAuth, call: Call) -> Reply:
    """End the browser's session, and that of the client which asked for it."""
    logout: ClientLogout = call.body
    await oauth.logout.end(logout.request, logout.session)
    return Reply(end_session=True)


def granted_in(form: Parameters) -> tuple[str, ...]:
    """The permissions that are ticked, if the form says yes."""
    if form["answer"] != "yes":
        return ()
    return tuple(name.removeprefix(_ALLOW) for name in form.names() if name.startswith(_ALLOW))


TAKE_REQUEST = Operation(
    method="POST", path=AUTHORIZE, run=authorize, public=True, limit="authorize"
)
RESUME_REQUEST = Operation(method="GET", path=CONSENT, run=resume, public=True, limit="authorize")
GIVE_CONSENT = Operation(
    method="POST",
    path=CONSENT,
    run=consent,
    needs="account:write",
    limit="authorize",
    audit="grant.given",
)
DENY_CONSENT = msgspec.structs.replace(GIVE_CONSENT, audit="grant.denied")
ALLOW_DEVICE = Operation(
    method="POST",
    path=DEVICE_CODE,
    run=consent_to_device,
    needs="account:write",
    limit="public",
    audit="grant.given",
)
DENY_DEVICE = msgspec.structs.replace(ALLOW_DEVICE, audit="grant.denied")
LOG_OUT = Operation(
    method="POST",
    path=LOGOUT,
    run=log_out,
    needs="account:write",
    limit="public",
    audit="session.ended",
)
