"""A facade over all kinds of second factors."""

from models.access.scope import Scope
from models.account import Factors
from models.account.factors import FactorProof, Method
from models.base.clock import Clock
from upcoach.services.account.factors.attempt_limit import AttemptLimit
from upcoach.services.account.factors.enrolment import Enrolment
from upcoach.services.account.factors.passkeys import Passkeys
from upcoach.services.account.factors.recovery_codes import RecoveryCodes
from upcoach.services.account.factors.refusals import factor_wrong
from upcoach.services.account.factors.relying_party import RelyingParty
from upcoach.services.account.factors.totp import Totp
from upcoach.services.account.factors.trusted_devices import TrustedDevices
from upcoach.services.account.factors.waiting_period import WaitingPeriod
from upcoach.store.collections.documents import Documents
from upcoach.store.secrets.one_time_tokens import OneTimeTokens
from upcoach.store.write.committer import Committer


class SecondFactors:
    """The second factors of each kind, and verification of whichever is shown."""

    def __init__(
        self,
        documents: Documents,
        committer: Committer,
        once: OneTimeTokens,
        clock: Clock,
        *,
        party: RelyingParty,
        key: bytes,
        waiting: WaitingPeriod,
    ) -> None:
        self._enrolment = Enrolment(documents, committer)
        self._clock = clock
        self.tries = AttemptLimit(once)
        self.recovery = RecoveryCodes(self._enrolment, self.tries, key=key)
        self.totp = Totp(documents, self._enrolment, self.recovery, self.tries, once, waiting)
        self.passkeys = Passkeys(
            documents, committer, self._enrolment, self.recovery, once, party, waiting
        )
        self.trusted = TrustedDevices(documents, committer, clock)

    async def of(self, user: str) -> Factors:
        """The enrolled factors of *user*, which may be none."""
        return await self._enrolment.of(user) or Factors.none(user, self._clock())

    async def methods(self, user: str) -> tuple[Method, ...]:
        """The methods that *user* can authenticate with now, the strongest first."""
        return (await self.of(user)).methods(self._clock())

    async def remove_all(self, scope: Scope) -> int:
        """Delete every factor of the caller, and mail them if there were any; return how many."""
        return await self._enrolment.remove_all(scope)

    async def show(self, scope: Scope, shown: FactorProof, context: str) -> tuple[str, ...]:
        """Verify and consume the factor that the caller has *shown*; return its `amr` (RFC 8176).

        *context* names what it was asked for, such as a login that waits.
        """
        if shown.passkey is not None:
            return await self.passkeys.use(scope.user, shown.passkey, context)
        if shown.totp is not None:
            await self.totp.use(scope, shown.totp)
        elif shown.recovery_code is not None:
            await self.recovery.use(scope, shown.recovery_code)
        else:
            raise factor_wrong()
        return ("otp",)
