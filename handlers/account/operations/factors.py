"""Second factors: enrolling them, answering with them, and showing them again."""

import datetime as dt

import msgspec

from handlers.account.operations.accounts import BrowserLoggedIn, LoggedIn, admitted
from handlers.http.operations import Call, Operation, Reply, written
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
    """A factor that is asked of nobody so far: "totp", or a passkey by its id.

    Attributes
    ----------
    counts_from
        When it begins to count by itself; without, it does when the link in the mail is followed
        that has told of it.

    """

    factor: str
    counts_from: dt.datetime | None = None


class EnrolledFactors(msgspec.Struct, frozen=True, omit_defaults=True):
    """What the caller has enrolled.

    Attributes
    ----------
    methods
        What they are asked for at a login, the strongest first; nothing if there is no factor.
    recovery_codes
        How many of them are left.
    waiting
        The factors that do not count yet.

    """

    methods: tuple[Method, ...] = msgspec.field(default_factory=tuple)
    passkeys: int = 0
    recovery_codes: int = 0
    totp_since: dt.datetime | None = None
    waiting: tuple[WaitingFactor, ...] = ()


class NewRecoveryCodes(msgspec.Struct, frozen=True):
    """The recovery codes that are new, which are shown this once; none if those before count."""

    recovery_codes: tuple[str, ...]


class Admitted(LoggedIn, frozen=True, kw_only=True, omit_defaults=True):
    """A token and its session.

    Attributes
    ----------
    trusted_device
        What this device sends with its next login in place of a code, for 30 days.

    """

    trusted_device: str | None = None


class StepUpAnswer(msgspec.Struct, frozen=True):
    """A token that says what was shown just now; the one before goes on, and says less."""

    token: str
    expires_at: dt.datetime
    session: Session


async def factors(services: AccountServices, call: Call) -> Reply:
    """Which second factors the caller has."""
    found, now = await services.factors.of(call.scope.user), utc_now()
    waiting = tuple(
        WaitingFactor(name, None if since == NEVER else since)
        for name, since in sorted(found.waiting.items())
        if since > now
    )
    methods, codes = found.methods(now), len(found.recovery)
    enrolled = EnrolledFactors(methods, found.passkeys, codes, found.totp_since, waiting)
    body = msgspec.to_builtins(enrolled)
    return Reply(body={"methods": [], "passkeys": 0, "recovery_codes": 0} | body)


async def enrol_totp(services: AccountServices, call: Call) -> Reply:
    """Get a secret for an app that makes codes.

    Nothing is asked for until its first code has come to `/v1/auth/totp/confirm`.
    """
    offered = await services.factors.totp.enrol(call.scope, utc_now())
    return Reply(status=201, body=offered)


async def confirm_totp(services: AccountServices, call: Call) -> Reply:
    """Have logins ask for a code of this app, as soon as it counts."""
    codes = await services.factors.totp.confirm(call.scope, call.read(TotpConfirmation))
    return Reply(status=200, body=NewRecoveryCodes(codes))


async def disable_totp(services: AccountServices, call: Call) -> Reply:
    """Be asked for codes no more."""
    await services.factors.totp.disable(call.scope)
    return Reply(status=204)


async def renew_recovery_codes(services: AccountServices, call: Call) -> Reply:
    """Get ten new recovery codes; those before count no more."""
    codes = await services.factors.recovery.renew(call.scope)
    return Reply(status=201, body=NewRecoveryCodes(codes))


async def answer(services: AccountServices, call: Call) -> Reply:
    """Answer the challenge of a login with a second factor."""
    call.require_our_page()
    shown = call.read(ChallengeAnswer)
    given = await services.logins.answer(shown, in_browser=bool(call.browser))
    reply = admitted(given.login, given.outcome)
    if reply.start_session is not None or not given.trusted:
        return msgspec.structs.replace(reply, trust_device=given.trusted)
    return msgspec.structs.replace(reply, body=reply.body | {"trusted_device": given.trusted})


async def step_up(services: AccountServices, call: Call) -> Reply:
    """Show a factor again, and get a token that says so; a browser gets another cookie."""
    done = await services.stepping_up.step_up(call.scope, call.read(StepUp))
    body = {"session": public(done.session)}
    if call.browser:
        return Reply(status=200, body=body, start_session=done.session)
    return Reply(status=200, body=body | {"token": done.token, "expires_at": done.expires_at})


async def trusted_devices(services: AccountServices, call: Call) -> Reply:
    """The devices on which the caller is not asked for a code."""
    found = await services.factors.trusted.page(call.scope)
    return Reply(body={"items": [public(one) for one in found]})


async def distrust(services: AccountServices, call: Call) -> Reply:
    """Be asked for a code on a device again."""
    return written(await services.factors.trusted.distrust(call.scope, call.names["id"]))


ANSWER = Operation(
    method="POST",
    path="/v1/auth/challenge",
    run=answer,
    body="json",
    takes=ChallengeAnswer,
    gives=Admitted | BrowserLoggedIn,
    public=True,
    refusals=(403, 429),
    audit="session.started",
    audit_target="second factor",
    limit="factor",
)
OPERATIONS = (
    Operation(
        method="GET",
        path="/v1/auth/factors",
        run=factors,
        needs="account:read",
        gives=EnrolledFactors,
    ),
    Operation(
        method="POST",
        path="/v1/auth/totp/enrol",
        run=enrol_totp,
        needs="account:write",
        gives=Enrolling,
        stepped_up=True,
    ),
    Operation(
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
    ),
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
        run=trusted_devices,
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
