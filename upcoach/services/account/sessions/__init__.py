"""Sessions: on which devices somebody is logged in, and the tokens that show it."""

from typing import Self

import msgspec

from upcoach.services.account.sessions.arrivals import Arrivals
from upcoach.services.account.sessions.browsers import Browsers
from upcoach.services.account.sessions.keys import Keys
from upcoach.services.account.sessions.revocations import Revocations
from upcoach.services.account.sessions.sessions import Sessions
from upcoach.services.account.sessions.tokens import Tokens
from upcoach.services.base.dependencies import Dependencies
from upcoach.store.secrets.refresh_generations import Rotations
from upcoach.store.secrets.signing import SigningStore


class SessionServices(msgspec.Struct, frozen=True, kw_only=True):
    """Sessions, and what they rest on."""

    arrivals: Arrivals
    browsers: Browsers
    keys: Keys
    revocations: Revocations
    sessions: Sessions
    tokens: Tokens

    @classmethod
    def make(cls, dependencies: Dependencies) -> Self:
        configuration, documents = dependencies.configuration, dependencies.documents
        lifetime, clock = configuration.token_lifetime, dependencies.clock
        keys = Keys(SigningStore(dependencies.database, dependencies.masters), clock)
        revocations = Revocations(documents, lifetime, clock)
        rotations = Rotations(dependencies.database)
        arrivals = Arrivals(rotations)
        issuer = configuration.issuer
        tokens = Tokens(keys, issuer, lifetime, revocations, clock, arrivals.note)
        secret, committer = configuration.secret, dependencies.committer
        sessions = Sessions(documents, committer, tokens, rotations, clock, key=secret)
        return cls(
            arrivals=arrivals,
            browsers=Browsers(dependencies.once, sessions, key=secret),
            keys=keys,
            revocations=revocations,
            sessions=sessions,
            tokens=tokens,
        )
