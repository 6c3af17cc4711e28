"""Accounts: who somebody is, how they show it, on which devices they are, and what guards that."""

from typing import Self

import msgspec

from models.base.jobs import PeriodicJob
from upcoach.services.account.accounts import Accounts
from upcoach.services.account.additions.additions import Additions
from upcoach.services.account.email.email_verification import Verification
from upcoach.services.account.email.users_by_email import Directory
from upcoach.services.account.email_change import Moves
from upcoach.services.account.factors import SecondFactors, make_factors
from upcoach.services.account.factors.waiting import WaitingPeriod
from upcoach.services.account.federation import Federation, providers_of
from upcoach.services.account.federation.linking import Linking
from upcoach.services.account.logins import Logins
from upcoach.services.account.password_change import NewPasswords
from upcoach.services.account.password_reset import Resets
from upcoach.services.account.passwords import Passwords
from upcoach.services.account.sessions import SessionServices
from upcoach.services.account.sessions.arrivals import Arrivals
from upcoach.services.account.sessions.browsers import Browsers
from upcoach.services.account.sessions.device_cookies import KnownDevices
from upcoach.services.account.sessions.keys import ALGORITHMS, Keys
from upcoach.services.account.sessions.revocations import Revocations
from upcoach.services.account.sessions.sessions import Proviso, Sessions
from upcoach.services.account.sessions.tokens import AUDIENCES, Tokens
from upcoach.services.account.step_up import SteppingUp, stepping_up_needed, submit_with_best
from upcoach.services.base.dependencies import Dependencies

__all__ = [
    "ALGORITHMS",
    "AUDIENCES",
    "AccountServices",
    "Additions",
    "Keys",
    "Logins",
    "Proviso",
    "Sessions",
    "Tokens",
    "stepping_up_needed",
    "submit_with_best",
]


class AccountServices(msgspec.Struct, frozen=True, kw_only=True):
    """What people do with their accounts, and what says who asks."""

    accounts: Accounts
    additions: Additions
    arrivals: Arrivals
    browsers: Browsers
    directory: Directory
    factors: SecondFactors
    federation: Federation
    keys: Keys
    known: KnownDevices
    logins: Logins
    moves: Moves
    new_passwords: NewPasswords
    passwords: Passwords
    resets: Resets
    revocations: Revocations
    sessions: Sessions
    stepping_up: SteppingUp
    tokens: Tokens
    verification: Verification

    @property
    def jobs(self) -> tuple[PeriodicJob, ...]:
        """What is done now and then."""
        return (*self.keys.jobs, *self.arrivals.jobs)

    @classmethod
    def make(cls, dependencies: Dependencies) -> Self:
        secret = dependencies.configuration.secret
        documents, committer = dependencies.documents, dependencies.committer
        once, mail, links = dependencies.once, dependencies.mail, dependencies.links
        clock = dependencies.clock
        passwords, directory = Passwords(secret), Directory(documents, once, secret)
        login = SessionServices.make(dependencies)
        sessions = login.sessions
        additions = Additions(documents, committer, sessions, once, mail, links)
        waiting = WaitingPeriod(dependencies.configuration.factor_delay)
        factors = make_factors(dependencies, additions, waiting)
        logins = Logins(documents, sessions, factors, once, clock)
        linking = _make_linking(dependencies, sessions, directory, additions, waiting)
        changes = NewPasswords(documents, passwords, sessions, mail, links, factors.tries)
        return cls(
            accounts=Accounts(documents, committer, passwords, logins, directory, mail),
            additions=additions,
            arrivals=login.arrivals,
            browsers=login.browsers,
            directory=directory,
            factors=factors,
            federation=_make_federation(dependencies, linking, logins, sessions),
            keys=login.keys,
            known=KnownDevices(secret),
            logins=logins,
            moves=Moves(documents, committer, directory, once, mail, links, sessions, clock),
            new_passwords=changes,
            passwords=passwords,
            resets=Resets(documents, directory, changes, once, mail, links),
            revocations=login.revocations,
            sessions=sessions,
            stepping_up=SteppingUp(documents, passwords, factors, sessions),
            tokens=login.tokens,
            verification=Verification(documents, committer, directory, once, mail, links),
        )


def _make_linking(
    dependencies: Dependencies,
    sessions: Sessions,
    directory: Directory,
    additions: Additions,
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
        additions,
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
