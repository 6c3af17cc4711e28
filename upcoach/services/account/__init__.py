"""Accounts: users, authentication, second factors, sessions, federation.

Every way in ends in `login.logins`, which asks for a second factor once there is one.
"""

from typing import Self

import msgspec

from models.base.periodic_jobs import PeriodicJob
from upcoach.services.account.accounts import Accounts
from upcoach.services.account.additions.additions import Additions
from upcoach.services.account.additions.announcements import (
    announce,
    announce_document,
    caller_ref,
)
from upcoach.services.account.email.email_verification import EmailVerification
from upcoach.services.account.email.users_by_email import UsersByEmail
from upcoach.services.account.email_change import EmailChanges
from upcoach.services.account.factors import SecondFactors, make_factors
from upcoach.services.account.factors.waiting_period import WaitingPeriod
from upcoach.services.account.federation import Federation, providers_of
from upcoach.services.account.federation.linking import Linking
from upcoach.services.account.login.logins import Logins
from upcoach.services.account.password_change import PasswordChanges
from upcoach.services.account.password_reset import PasswordResets
from upcoach.services.account.passwords import Passwords
from upcoach.services.account.profiles import Profiles
from upcoach.services.account.sessions import SessionServices
from upcoach.services.account.sessions.access_tokens import AUDIENCES, AccessTokens
from upcoach.services.account.sessions.arrivals import Arrivals
from upcoach.services.account.sessions.browsers import BrowserSessions
from upcoach.services.account.sessions.device_cookies import DeviceCookies
from upcoach.services.account.sessions.revocations import RevocationCache
from upcoach.services.account.sessions.sessions import SessionCondition, Sessions
from upcoach.services.account.sessions.signing_keys import ALGORITHMS, SigningKeys
from upcoach.services.account.step_up import StepUps, step_up_required, submit_with_best
from upcoach.services.base.dependencies import Dependencies

__all__ = [
    "ALGORITHMS",
    "AUDIENCES",
    "AccessTokens",
    "AccountServices",
    "Logins",
    "SessionCondition",
    "Sessions",
    "SigningKeys",
    "announce",
    "announce_document",
    "caller_ref",
    "step_up_required",
    "submit_with_best",
]


class AccountServices(msgspec.Struct, frozen=True, kw_only=True):
    """The services of accounts, logins and sessions."""

    accounts: Accounts
    additions: Additions
    arrivals: Arrivals
    browsers: BrowserSessions
    directory: UsersByEmail
    factors: SecondFactors
    federation: Federation
    keys: SigningKeys
    device_cookies: DeviceCookies
    logins: Logins
    email_changes: EmailChanges
    password_changes: PasswordChanges
    profiles: Profiles
    passwords: Passwords
    password_resets: PasswordResets
    revocations: RevocationCache
    sessions: Sessions
    step_ups: StepUps
    tokens: AccessTokens
    verification: EmailVerification

    @property
    def periodic_jobs(self) -> tuple[PeriodicJob, ...]:
        """The periodic jobs of accounts."""
        return (*self.keys.periodic_jobs, *self.arrivals.periodic_jobs)

    @classmethod
    def make(cls, dependencies: Dependencies) -> Self:
        secret = dependencies.configuration.secret
        documents, committer = dependencies.documents, dependencies.committer
        once, mail, links = dependencies.once, dependencies.mail, dependencies.links
        clock = dependencies.clock
        passwords, directory = Passwords(secret), UsersByEmail(documents, committer, once, secret)
        login = SessionServices.make(dependencies)
        sessions = login.sessions
        additions = Additions(documents, committer, sessions, once, mail, links)
        waiting = WaitingPeriod(dependencies.configuration.factor_delay)
        factors = make_factors(dependencies, waiting)
        logins = Logins(documents, sessions, factors, once, clock)
        linking = _make_linking(dependencies, sessions, directory, waiting)
        changes = PasswordChanges(documents, passwords, sessions, mail, links, factors.tries)
        return cls(
            accounts=Accounts(documents, committer, passwords, logins, directory, mail),
            additions=additions,
            arrivals=login.arrivals,
            browsers=login.browsers,
            directory=directory,
            factors=factors,
            federation=_make_federation(dependencies, linking, logins, sessions),
            keys=login.keys,
            device_cookies=DeviceCookies(secret),
            logins=logins,
            email_changes=EmailChanges(
                documents, committer, directory, once, mail, links, sessions, clock
            ),
            password_changes=changes,
            profiles=Profiles(committer),
            passwords=passwords,
            password_resets=PasswordResets(documents, directory, changes, once, mail, links),
            revocations=login.revocations,
            sessions=sessions,
            step_ups=StepUps(documents, passwords, factors, sessions),
            tokens=login.tokens,
            verification=EmailVerification(documents, committer, directory, once, mail, links),
        )


def _make_linking(
    dependencies: Dependencies,
    sessions: Sessions,
    directory: UsersByEmail,
    waiting: WaitingPeriod,
) -> Linking:
    return Linking(
        dependencies.documents,
        dependencies.committer,
        sessions,
        directory,
        dependencies.once,
        dependencies.mail,
        dependencies.links,
        waiting,
        dependencies.clock,
        key=dependencies.configuration.secret,
    )


def _make_federation(
    dependencies: Dependencies, linking: Linking, logins: Logins, sessions: Sessions
) -> Federation:
    configuration = dependencies.configuration
    return Federation(
        providers_of(configuration.providers),
        linking,
        logins,
        sessions,
        dependencies.once,
        dependencies.fetch,
        configuration.issuer,
        dependencies.clock,
    )
