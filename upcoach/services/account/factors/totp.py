"""TOTP (RFC 6238): codes of six digits, every thirty seconds, each usable once."""

import datetime as dt
import hmac
from typing import Final

import msgspec
import pyotp

from models.access.scope import Scope
from models.account import Factors, User
from models.account.factors import TOTP, TotpCode
from models.base.document import Draft
from models.base.fields import Token
from upcoach.services.account.additions.announcements import caller_ref
from upcoach.services.account.factors.attempt_limit import AttemptLimit
from upcoach.services.account.factors.enrolment import Enrolment
from upcoach.services.account.factors.factor_mails import announce_factor, mail_removal
from upcoach.services.account.factors.recovery_codes import RecoveryCodes
from upcoach.services.account.factors.refusals import factor_wrong, not_enrolled
from upcoach.services.account.factors.waiting_period import WaitingPeriod
from upcoach.store.collections.documents import Documents
from upcoach.store.secrets.one_time_tokens import OneTimeTokens
from upcoach.store.write.changes import WriteContext

STEP_S: Final = 30
WINDOW: Final = (-1, 0, 1)  # steps: clocks differ, and people type slowly (RFC 6238, 5.2)
PATIENCE: Final = dt.timedelta(minutes=10)
ISSUER: Final = "UpCoach"
_PURPOSE: Final = "totp enrolment"


class TotpConfirmation(Draft, frozen=True, kw_only=True):
    """The first code of an app, for the *enrolment* that waits for it.

    Attributes
    ----------
    enrolment
        What the enrolment was answered with.
    code
        The first code that the app shows.

    """

    enrolment: Token
    code: TotpCode


class Enrolling(msgspec.Struct, frozen=True):
    """A TOTP enrolment: secret and URI for an app, to be confirmed until *expires_at*.

    Attributes
    ----------
    secret
        160 bits in base32, for those who type it in.
    uri
        The same as apps read it from a QR code.
    enrolment
        What the first code is sent with.
    expires_at
        Until when it can be confirmed.

    """

    enrolment: str
    secret: str
    uri: str
    expires_at: dt.datetime


class _Offer(msgspec.Struct, frozen=True):
    user: str
    secret: str


class Totp:
    """The TOTP factor: at most one app for each user."""

    def __init__(
        self,
        documents: Documents,
        enrolment: Enrolment,
        recovery: RecoveryCodes,
        tries: AttemptLimit,
        once: OneTimeTokens,
        waiting: WaitingPeriod,
    ) -> None:
        self._documents = documents
        self._enrolment = enrolment
        self._recovery = recovery
        self._tries = tries
        self._once = once
        self._waiting = waiting

    async def enrol(self, scope: Scope, at: dt.datetime) -> Enrolling:
        """Begin an enrolment with a new secret; nothing changes before `confirm`."""
        user = await self._documents.get(User, scope.user, scope.user)
        secret = pyotp.random_base32(32)
        name = await self._once.keep(_PURPOSE, _Offer(scope.user, secret), PATIENCE)
        uri = pyotp.TOTP(secret).provisioning_uri(name=user.email, issuer_name=ISSUER)
        return Enrolling(name, secret, uri, at + PATIENCE)

    async def confirm(self, scope: Scope, given: TotpConfirmation) -> tuple[str, ...]:
        """Enrol an app by its first code; return new recovery codes, if any.

        An app that was enrolled before makes codes in vain.
        """
        offer = await self._once.look(_PURPOSE, given.enrolment, _Offer)
        if offer is None or offer.user != scope.user:
            raise factor_wrong()
        secret = offer.secret
        codes, hashes = self._recovery.fresh(scope.user)

        def change(before: Factors, changes: WriteContext) -> Factors:
            step = step_of(secret, given.code, changes.at, 0)
            if step is None:
                raise factor_wrong()
            since = self._waiting.end(changes, scope)
            after = before.with_totp(secret, step, hashes, changes.at, since)
            announce_factor(changes, scope, after, TOTP)
            return after

        async with self._tries.attempt("totp", scope):
            after = await self._enrolment.change(scope, change, *self._waiting.refs(scope))
        await self._once.take(_PURPOSE, given.enrolment, _Offer)
        return codes if after.recovery == hashes else ()

    async def disable(self, scope: Scope) -> None:
        """Delete the caller's TOTP factor."""

        def change(before: Factors, changes: WriteContext) -> Factors:
            if before.totp_secret is None:
                raise not_enrolled()
            mail_removal(changes, scope, "totp removed")
            return before.without_totp(changes.at)

        await self._enrolment.change(scope, change, caller_ref(scope))

    async def use(self, scope: Scope, code: str) -> None:
        """Verify *code* and consume its time step, or raise `Forbidden`."""

        def change(before: Factors, changes: WriteContext) -> Factors:
            secret = before.totp_secret if before.counts(TOTP, changes.at) else None
            step = secret and step_of(secret, code, changes.at, before.totp_step)
            if not step:
                raise factor_wrong()
            return before.with_totp_step(step, changes.at)

        async with self._tries.attempt("totp", scope):
            await self._enrolment.change(Scope(user=scope.user), change)


def step_of(secret: str, code: str, at: dt.datetime, used: int) -> int | None:
    """The time step of *code*: around *at*, and after the one that was *used* last.

    Examples
    --------
    >>> secret = "GEZDGNBVGY3TQOJQGEZDGNBVGY3TQOJQ"
    >>> at = dt.datetime.fromtimestamp(59, dt.UTC)
    >>> step_of(secret, "287082", at, 0), step_of(secret, "287082", at, 1)
    (1, None)

    """
    now = int(at.timestamp()) // STEP_S
    app = pyotp.TOTP(secret)
    for step in (now + way for way in WINDOW):
        if step > used and hmac.compare_digest(app.generate_otp(step), code):
            return step
    return None
