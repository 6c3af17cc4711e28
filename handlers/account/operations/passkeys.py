"""Passkeys: registering, renaming and deleting them, and logging in with them.

What `…/options` answer is what a browser's `parseCreationOptionsFromJSON` and
`parseRequestOptionsFromJSON` read; what comes back is what its `toJSON` writes.
"""

from typing import Any, Literal

import msgspec

from handlers.account.operations.accounts import BrowserLoggedIn, LoggedIn, session_reply
from handlers.http.operations import Call, Operation, Reply, write_reply
from handlers.http.pagination import Items
from models.account import Passkey
from models.account.session import DeviceId, DeviceName, SessionTerms, audiences_of
from models.account.webauthn import PasskeyAssertion
from models.base.document import Draft, public
from models.base.fields import Token
from upcoach.services.account import AccountServices
from upcoach.services.account.factors.passkeys import NewPasskey, Renaming

PATH = "/v1/auth/passkeys"
ONE = f"{PATH}/{{id}}"
Options = dict[str, Any]


class PasskeyLogin(Draft, frozen=True, kw_only=True):
    """What somebody gives to log in on a device with a passkey.

    Attributes
    ----------
    credential
        What the authenticator answered.
    device
        The id that the app gave its device.
    device_name
        What the device is listed as.
    app
        The kind of app that logs in, which says how long the session lasts.

    """

    credential: PasskeyAssertion
    device: DeviceId
    device_name: DeviceName | None = None
    app: Literal["mobile", "web", "remembered", "coach", "admin"] = "mobile"


class PendingLoginName(Draft, frozen=True, kw_only=True):
    """The login that waits, by the name that the challenge gave it.

    Attributes
    ----------
    challenge
        The challenge of the login that waits.

    """

    challenge: Token


class PasskeyRegistered(msgspec.Struct, frozen=True):
    """A passkey, with the recovery codes that are new: they are shown this once.

    Attributes
    ----------
    passkey
        The passkey that was registered.
    recovery_codes
        New recovery codes, if this is the first factor.

    """

    passkey: Passkey
    recovery_codes: tuple[str, ...]


async def registration_options(services: AccountServices, call: Call) -> Reply:
    """Get the options to register a passkey."""
    return Reply(status=201, body=await services.factors.passkeys.begin(call.scope))


async def register(services: AccountServices, call: Call) -> Reply:
    """Register a passkey."""
    passkey, codes = await services.factors.passkeys.register(call.scope, call.read(NewPasskey))
    return Reply(status=201, body={"passkey": public(passkey), "recovery_codes": codes})


async def list_passkeys(services: AccountServices, call: Call) -> Reply:
    """List the caller's passkeys."""
    passkeys = await services.factors.passkeys.page(call.scope)
    return Reply(body={"items": [public(passkey) for passkey in passkeys]})


async def rename(services: AccountServices, call: Call) -> Reply:
    """Rename a passkey."""
    name = call.read(Renaming).name
    return write_reply(await services.factors.passkeys.rename(call.scope, call.names["id"], name))


async def delete(services: AccountServices, call: Call) -> Reply:
    """Delete a passkey."""
    await services.factors.passkeys.delete(call.scope, call.names["id"])
    return Reply(status=204)


async def login_options(services: AccountServices, _: Call) -> Reply:
    """Get the options to log in with a passkey."""
    return Reply(status=201, body=await services.factors.passkeys.ask_anybody())


async def log_in(services: AccountServices, call: Call) -> Reply:
    """Log in with a passkey and nothing else."""
    call.require_our_page()
    body = call.read(PasskeyLogin)
    terms = SessionTerms(
        device=body.device,
        device_name=body.device_name,
        app=body.app,
        audiences=audiences_of(body.app),
    )
    login = await services.logins.log_in_with_passkey(body.credential, terms)
    return session_reply(*login)


async def challenge_options(services: AccountServices, call: Call) -> Reply:
    """Get the options to answer a login's challenge with a passkey."""
    options = await services.logins.ask_passkey(call.read(PendingLoginName).challenge)
    return Reply(status=201, body=options)


async def step_up_options(services: AccountServices, call: Call) -> Reply:
    """Get the options to step up a session with a passkey."""
    return Reply(status=201, body=await services.step_ups.ask_passkey(call.scope))


LOG_IN = Operation(
    method="POST",
    path=f"{PATH}/login",
    run=log_in,
    body="json",
    takes=PasskeyLogin,
    gives=LoggedIn | BrowserLoggedIn,
    public=True,
    refusals=(403,),
    audit="session.started",
    audit_target="passkey",
    limit="factor",
)
REGISTRATION_OPTIONS = Operation(
    method="POST",
    path=f"{PATH}/options",
    run=registration_options,
    needs="account:write",
    gives=Options,
    stepped_up=True,
)
REGISTER = Operation(
    method="POST",
    path=PATH,
    run=register,
    needs="account:write",
    body="json",
    takes=NewPasskey,
    gives=PasskeyRegistered,
    stepped_up=True,
    refusals=(409,),
    audit="passkey.added",
)
OPERATIONS = (
    REGISTRATION_OPTIONS,
    REGISTER,
    Operation(
        method="GET",
        path=PATH,
        run=list_passkeys,
        needs="account:read",
        gives=Items[Passkey],
    ),
    Operation(
        method="POST",
        path=f"{PATH}/login/options",
        run=login_options,
        gives=Options,
        public=True,
        limit="factor",
    ),
    LOG_IN,
    Operation(
        method="POST",
        path="/v1/auth/challenge/options",
        run=challenge_options,
        body="json",
        takes=PendingLoginName,
        gives=Options,
        public=True,
        refusals=(403,),
        limit="factor",
    ),
    Operation(
        method="POST",
        path="/v1/auth/step-up/options",
        run=step_up_options,
        needs="account:write",
        gives=Options,
    ),
    Operation(
        method="PATCH",
        path=ONE,
        run=rename,
        needs="account:write",
        body="json",
        takes=Renaming,
        gives=Passkey,
    ),
    Operation(
        method="DELETE",
        path=ONE,
        run=delete,
        needs="account:write",
        stepped_up=True,
        audit="passkey.removed",
    ),
)
