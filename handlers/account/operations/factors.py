"""Second factors: enrolling them, answering with them, and showing them again."""

import datetime as dt

import msgspec

from handlers.account.operations.accounts import BrowserLoggedIn, LoggedIn, session_reply
from handlers.http.operations import Call, Operation, Reply, write_reply
from handlers.http.pagination import Items
from models.account import Session, TrustedDevice
from models.account.factors import NEVER, ChallengeAnswer, Method
from models.base.clock import utc_now
from models.base.document import public
from upcoach.services.account import AccountServices
from upcoach.services.account.factors.totp import Enrolling, TotpConfirmation
from upcoach.services.account.step_up import StepUp

DEVICES = "/v1/auth/devices"


class WaitingFactor(msgspec.Struct, frozen=True, omit_defaults=True):
    """A factor that does not count yet: "totp", or a passkey by its id.

    Attributes
    ----------
    counts_from
        When it begins to count by itself; without, it does when the link in the mail is followed
        that has told of it.
    factor
        The factor that is not active yet.

    """

    factor: str
    counts_from: dt.datetime | None = None


class EnrolledFactors(msgspec.Struct, frozen=True, omit_defaults=True):
    """The second factors that the caller has enrolled.

    Attributes
    ----------
    methods
        What they are asked for at a login, the strongest first; nothing if there is no factor.
    recovery_codes
        How many of them are left.
    waiting
        The factors that do not count yet.
    passkeys
        How many passkeys there are.
    totp_since
        Since when codes of an authenticator app are asked for.

    """

    methods: tuple[Method, ...] = msgspec.field(default_factory=tuple)
    passkeys: int = 0
    recovery_codes: int = 0
    totp_since: dt.datetime | None = None
    waiting: tuple[WaitingFactor, ...] = ()


class NewRecoveryCodes(msgspec.Struct, frozen=True):
    """The recovery codes that are new, which are shown this once; none if the old ones still work.

    Attributes
    ----------
    recovery_codes
        The codes, which are shown this once; each works once.

    """

    recovery_codes: tuple[str, ...]


class SecondFactorLogin(LoggedIn, frozen=True, kw_only=True, omit_defaults=True):
    """A token and its session.

    Attributes
    ----------
    trusted_device
        What this device sends with its next login in place of a code, for 30 days.

    """

    trusted_device: str | None = None


class StepUpAnswer(msgspec.Struct, frozen=True):
    """A token that says what was shown just now; the one before goes on, and says less.

    Attributes
    ----------
    token
        The access token that says so; a browser gets a cookie in its place.
    expires_at
        When the token ends.
    session
        The session that was stepped up.

    """

    token: str
    expires_at: dt.datetime
    session: Session


async def list_factors(services: AccountServices, call: Call) -> Reply:
    """List the caller's second factors."""
    factors, now = await services.factors.of(call.scope.user), utc_now()
    waiting = tuple(
        WaitingFactor(name, None if since == NEVER else since)
        for name, since in sorted(factors.waiting.items())
        if since > now
    )
    methods, codes = factors.methods(now), len(factors.recovery)
    enrolled = EnrolledFactors(methods, factors.passkeys, codes, factors.totp_since, waiting)
    body = msgspec.to_builtins(enrolled)
    return Reply(body={"methods": [], "passkeys": 0, "recovery_codes": 0} | body)


async def enrol_totp(services: AccountServices, call: Call) -> Reply:
    """Start to enrol an authenticator app (TOTP): get its secret.

    Nothing is asked for until its first code has come to `/v1/auth/totp/confirm`.
    """
    offered = await services.factors.totp.enrol(call.scope, utc_now())
    return Reply(status=201, body=offered)


async def confirm_totp(services: AccountServices, call: Call) -> Reply:
    """Confirm an authenticator app with its first code."""
    codes = await services.factors.totp.confirm(call.scope, call.read(TotpConfirmation))
    return Reply(status=200, body=NewRecoveryCodes(codes))


async def disable_totp(services: AccountServices, call: Call) -> Reply:
    """Disable the authenticator app."""
    await services.factors.totp.disable(call.scope)
    return Reply(status=204)


async def renew_recovery_codes(services: AccountServices, call: Call) -> Reply:
    """Get ten new recovery codes; the old ones stop working."""
    codes = await services.factors.recovery.renew(call.scope)
    return Reply(status=201, body=NewRecoveryCodes(codes))


async def answer(services: AccountServices, call: Call) -> Reply:
    """Answer the challenge of a login with a second factor."""
    call.require_our_page()
    answered = await services.logins.answer(
        call.read(ChallengeAnswer), in_browser=bool(call.browser)
    )
    reply = session_reply(answered.login, answered.outcome)
    if reply.start_session is not None or not answered.trusted:
        return msgspec.structs.replace(reply, trust_device=answered.trusted)
    return msgspec.structs.replace(reply, body=reply.body | {"trusted_device": answered.trusted})


async def step_up(services: AccountServices, call: Call) -> Reply:
    """Step up: show a factor again, for a token that says so; a browser gets another cookie."""
    stepped_up = await services.step_ups.step_up(call.scope, call.read(StepUp))
    body = {"session": public(stepped_up.session)}
    if call.browser:
        return Reply(status=200, body=body, start_session=stepped_up.session)
    return Reply(
        status=200, body=body | {"token": stepped_up.token, "expires_at": stepped_up.expires_at}
    )


async def list_trusted_devices(services: AccountServices, call: Call) -> Reply:
    """List the caller's trusted devices, which are not asked for a code."""
    devices = await services.factors.trusted.page(call.scope)
    return Reply(body={"items": [public(device) for device in devices]})


async def distrust(services: AccountServices, call: Call) -> Reply:
    """Delete a trusted device: it is asked for a code again."""
    return write_reply(await services.factors.trusted.distrust(call.scope, call.names["id"]))


ANSWER = Operation(
    method="POST",
    path="/v1/auth/challenge",
    run=answer,
    body="json",
    takes=ChallengeAnswer,
    gives=SecondFactorLogin | BrowserLoggedIn,
    public=True,
    refusals=(403, 429),
    audit="session.started",
    audit_target="second factor",
    limit="factor",
)
ENROL_TOTP = Operation(
    method="POST",
    path="/v1/auth/totp/enrol",
    run=enrol_totp,
    needs="account:write",
    gives=Enrolling,
    stepped_up=True,
)
CONFIRM_TOTP = Operation(
    method="POST",
    path="/v1/auth/totp/confirm",
    run=confirm_totp,
    needs="account:write",
    body="json",
    takes=TotpConfirmation,
    gives=NewRecoveryCodes,
    stepped_up=True,
    statuses=(200,),
    refusals=(429,),
    audit="totp.enrolled",
)
OPERATIONS = (
    Operation(
        method="GET",
        path="/v1/auth/factors",
        run=list_factors,
        needs="account:read",
        gives=EnrolledFactors,
    ),
    ENROL_TOTP,
    CONFIRM_TOTP,
    Operation(
        method="POST",
        path="/v1/auth/totp/disable",
        run=disable_totp,
        needs="account:write",
        stepped_up=True,
        refusals=(409,),
        audit="totp.removed",
    ),
    Operation(
        method="POST",
        path="/v1/auth/recovery-codes",
        run=renew_recovery_codes,
        needs="account:write",
        gives=NewRecoveryCodes,
        stepped_up=True,
        refusals=(409,),
        audit="recovery_codes.renewed",
    ),
    ANSWER,
    Operation(
        method="POST",
        path="/v1/auth/step-up",
        run=step_up,
        needs="account:write",
        body="json",
        takes=StepUp,
        gives=StepUpAnswer | BrowserLoggedIn,
        statuses=(200,),
        refusals=(429,),
        audit="session.stepped_up",
    ),
    Operation(
        method="GET",
        path=DEVICES,
        run=list_trusted_devices,
        needs="account:read",
        gives=Items[TrustedDevice],
    ),
    Operation(
        method="DELETE",
        path=f"{DEVICES}/{{id}}",
        run=distrust,
        needs="account:write",
        audit="device.distrusted",
    ),
)
