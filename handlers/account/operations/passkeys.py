"""Passkeys: making them, logging in with them, and what they are called.

What `…/options` answer is what a browser's `parseCreationOptionsFromJSON` and
`parseRequestOptionsFromJSON` read; what comes back is what its `toJSON` writes.
"""

from typing import Any, Literal

import msgspec

from handlers.account.operations.accounts import BrowserLoggedIn, LoggedIn, admitted
from handlers.http.operations import Call, Operation, Reply, written
from handlers.http.pagination import Items
from models.account import Passkey
from models.account.factors import PasskeyAssertion
from models.account.session import DeviceId, DeviceName, SessionTerms, audiences_of
from models.base.document import Draft, public
from models.base.fields import Token
from upcoach.services.account import AccountServices
from upcoach.services.account.factors.passkeys import NewPasskey, Renaming

PATH = "/v1/auth/passkeys"
ONE = f"{PATH}/{{id}}"
Options = dict[str, Any]


class PasskeyLogin(Draft, frozen=True, kw_only=True):
    """What somebody gives to log in on a device with a passkey."""

    credential: PasskeyAssertion
    device: DeviceId
    device_name: DeviceName | None = None
    app: Literal["mobile", "web", "remembered", "coach", "admin"] = "mobile"


class PendingLoginName(Draft, frozen=True, kw_only=True):
    """The login that waits, by the name that the challenge gave it."""

    challenge: Token


class PasskeyRegistered(msgspec.Struct, frozen=True):
    """A passkey, with the recovery codes that are new: they are shown this once."""

    passkey: Passkey
    recovery_codes: tuple[str, ...]


async def begin(services: AccountServices, call: Call) -> Reply:
    """Begin to make a passkey."""
    return Reply(status=201, body=await services.factors.passkeys.begin(call.scope))


async def register(services: AccountServices, call: Call) -> Reply:
    """Keep the passkey that an authenticator has made."""
    passkey, codes = await services.factors.passkeys.register(call.scope, call.read(NewPasskey))
    return Reply(status=201, body={"passkey": public(passkey), "recovery_codes": codes})


async def passkeys(services: AccountServices, call: Call) -> Reply:
    """The caller's passkeys."""
    found = await services.factors.passkeys.page(call.scope)
    return Reply(body={"items": [public(one) for one in found]})


async def rename(services: AccountServices, call: Call) -> Reply:
    """Call a passkey otherwise."""
    name = call.read(Renaming).name
    return written(await services.factors.passkeys.rename(call.scope, call.names["id"], name))


async def delete(services: AccountServices, call: Call) -> Reply:
    """Take a passkey no more."""
    await services.factors.passkeys.delete(call.scope, call.names["id"])
    return Reply(status=204)


async def ask_anybody(services: AccountServices, _: Call) -> Reply:
    """Begin to log in with a passkey, as whoever it is of."""
    return Reply(status=201, body=await services.factors.passkeys.ask_anybody())


async def log_in(services: AccountServices, call: Call) -> Reply:
    """Get a token for this device, with a passkey and nothing else."""
    call.require_our_page()
    given = call.read(PasskeyLogin)
    terms = SessionTerms(
        device=given.device,
        device_name=given.device_name,
        app=given.app,
        audiences=audiences_of(given.app),
    )
    found = await services.logins.log_in_with_passkey(given.credential, terms)
    return admitted(*found)


async def ask_for_challenge(services: AccountServices, call: Call) -> Reply:
    """Begin to answer the challenge of a login with a passkey."""
    asked = await services.logins.ask_passkey(call.read(PendingLoginName).challenge)
    return Reply(status=201, body=asked)


async def ask_for_step_up(services: AccountServices, call: Call) -> Reply:
    """Begin to show a passkey again, in a session that goes on."""
    return Reply(status=201, body=await services.stepping_up.ask_passkey(call.scope))


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
OPERATIONS = (
    Operation(
        method="POST",
        path=f"{PATH}/options",
        run=begin,
        needs="account:write",
        gives=Options,
        stepped_up=True,
    ),
    Operation(
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
    ),
    Operation(
        method="GET",
        path=PATH,
        run=passkeys,
        needs="account:read",
        gives=Items[Passkey],
    ),
    Operation(
        method="POST",
        path=f"{PATH}/login/options",
        run=ask_anybody,
        gives=Options,
        public=True,
        limit="factor",
    ),
    LOG_IN,
    Operation(
        method="POST",
        path="/v1/auth/challenge/options",
        run=ask_for_challenge,
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
        run=ask_for_step_up,
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
