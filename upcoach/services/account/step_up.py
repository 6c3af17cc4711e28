"""Step-up authentication within a session (RFC 9470).

What is asked for is the best that the user has: a second factor where one is enrolled, and the
password where none is.  Operators always need a second factor.
"""

import datetime as dt
from typing import Final

import msgspec

from models.access.caller import Caller
from models.access.scope import Scope
from models.account import Factors, Session, User
from models.account.factors import FACTORS, FactorProof
from models.base.errors import Forbidden, Unauthenticated
from models.base.fields import EnteredPassword
from models.base.merge_patch import Json
from upcoach.services.account.factors import SecondFactors
from upcoach.services.account.passwords import Passwords, password_wrong
from upcoach.services.account.sessions.sessions import Sessions
from upcoach.store.collections.documents import Documents
from upcoach.store.write.changes import WriteContext
from upcoach.store.write.committer import Committer
from upcoach.store.write.errors import StalePrecondition
from upcoach.store.write.outcomes import D, Outcome, WriteResult
from upcoach.store.write.refs import Ref
from upcoach.store.write.requests import Write

FRESH: Final = dt.timedelta(minutes=15)  # how long a factor counts as just shown


class StepUp(FactorProof, frozen=True, kw_only=True):
    """One factor; the password is one where no second factor is enrolled.

    Attributes
    ----------
    password
        The password of the account.

    """

    password: EnteredPassword | None = None


class StepUpTokens(msgspec.Struct, frozen=True):
    """A token with the factors that were shown just now, in place of the one before."""

    token: str
    expires_at: dt.datetime
    session: Session


class StepUps:
    """Requires and performs step-ups."""

    def __init__(
        self,
        documents: Documents,
        passwords: Passwords,
        factors: SecondFactors,
        sessions: Sessions,
    ) -> None:
        self._documents = documents
        self._passwords = passwords
        self._factors = factors
        self._sessions = sessions

    async def require(
        self, caller: Caller, now: dt.datetime, *, operator: bool = False, in_write: bool = False
    ) -> None:
        """Refuse *caller* unless they have shown the best factor that they have just now.

        Whether that was the best, the write itself asks if it does so (*in_write*, see
        `submit_with_best`): nothing may be awaited before it is queued, or what the same device
        has sent after it would overtake it.
        """
        is_fresh = now - caller.authenticated_at <= FRESH
        if is_fresh and (caller.acr >= 2 or (in_write and not operator)):
            return
        has_second = operator or bool(await self._factors.methods(caller.scope.user))
        if has_second or not is_fresh:
            raise step_up_required(2 if has_second else 1)

    async def ask_passkey(self, scope: Scope) -> Json:
        """The options to step up with a passkey of the caller (WebAuthn, 5.5)."""
        return await self._factors.passkeys.ask(scope.user, scope.session)

    async def step_up(self, scope: Scope, shown: StepUp) -> StepUpTokens:
        """Verify the factor that the caller has *shown*; return new tokens, or `Forbidden`."""
        if shown.password is not None:
            await self._check_password(scope, shown.password)
            return StepUpTokens(*await self._sessions.step_up(scope, ("pwd",), 1))
        amr = await self._factors.show(scope, shown, scope.session)
        return StepUpTokens(*await self._sessions.step_up(scope, (*amr, "mfa"), 2))

    async def _check_password(self, scope: Scope, password: str) -> None:
        user = await self._documents.get(User, scope.user, scope.user)
        if await self._factors.methods(scope.user):
            words = "This account has a second factor: confirm with a code or a passkey."
            raise Forbidden("second_factor_required", words)
        async with self._factors.tries.attempt("password", scope):
            if not await self._passwords.verify(user.password_hash, password, is_known=True):
                raise password_wrong()


async def submit_with_best(committer: Committer, write: Write[D], acr: int) -> WriteResult[D]:
    """Submit *write* if its caller, who has shown *acr*, could not have shown more.

    Also a session that has ended meanwhile is asked to show more.  A refusal of this kind is no
    answer to the write: it may come again under its name when more was shown.
    """
    scope = write.scope

    def decide(changes: WriteContext) -> Outcome[D]:
        factors = changes.find(Factors, scope.user, FACTORS)
        has_second = changes.broken(Factors, scope.user, FACTORS) or (
            factors is not None and factors.methods(changes.at)
        )
        if acr < 2 and has_second:
            raise StalePrecondition
        return write.decide(changes)

    reads = (*write.reads, Ref(Factors, scope.user, FACTORS))
    try:
        return await committer.submit(msgspec.structs.replace(write, reads=reads, decide=decide))
    except StalePrecondition:
        raise step_up_required(2) from None


def step_up_required(acr: int) -> Unauthenticated:
    """The refusal of a caller who has to show a factor again (RFC 9470, 3)."""
    factor = "with a second factor" if acr == 2 else "with your password"
    return Unauthenticated(
        "insufficient_user_authentication",
        f"Confirm that it is you {factor}.",
        extra={"acr_values": str(acr), "max_age": int(FRESH.total_seconds())},
    )
