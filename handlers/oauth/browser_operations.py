"""What people do at the authorization server, in a browser: they agree, decline, and log out."""

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


class Departure(msgspec.Struct, frozen=True):
    """The session that a browser leaves, by the wish of a client."""

    leaving: LogoutRequest
    session: Session


async def authorize(oauth: OAuth, call: Call) -> Reply:
    """Take in the authorization request that a client's browser brings (RFC 6749, 3.1)."""
    asked: BrowserRequest = call.body
    authorization = oauth.authorization
    return Reply(body=await authorization.authorize(asked.form, asked.session, call.browser))


async def resume(oauth: OAuth, call: Call) -> Reply:
    """Say what comes next of a request that waits."""
    asked: BrowserRequest = call.body
    request_id = asked.form.required("request")
    authorization = oauth.authorization
    return Reply(body=await authorization.resume(request_id, asked.session, call.browser))


async def consent(oauth: OAuth, call: Call) -> Reply:
    """Take the user's answer to a request that waits."""
    given: Consent = call.body
    authorization = oauth.authorization
    return Reply(
        body=await authorization.approve(given.name, given.session, call.browser, given.granted)
    )


async def consent_to_device(oauth: OAuth, call: Call) -> Reply:
    """Keep the user's answer for the device that shows the code; false if none does any more."""
    given: Consent = call.body
    return Reply(body=await oauth.devices.answer(given.name, given.session, given.granted))


async def log_out(oauth: OAuth, call: Call) -> Reply:
    """End the browser's session, and that of the client which asked for it."""
    departure: Departure = call.body
    await oauth.logout.end(departure.leaving, departure.session)
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
