"""Sessions: logins on devices, with access and refresh tokens."""

from typing import Self

import msgspec

from upcoach.services.account.sessions.access_tokens import AccessTokens
from upcoach.services.account.sessions.arrivals import Arrivals
from upcoach.services.account.sessions.browsers import BrowserSessions
from upcoach.services.account.sessions.revocations import RevocationCache
from upcoach.services.account.sessions.sessions import Sessions
from upcoach.services.account.sessions.signing_keys import SigningKeys
from upcoach.services.base.dependencies import Dependencies
from upcoach.store.secrets.refresh_generations import RefreshGenerations
from upcoach.store.secrets.signing import SigningStore


class SessionServices(msgspec.Struct, frozen=True, kw_only=True):
    """The services of sessions and tokens."""

    arrivals: Arrivals
    browsers: BrowserSessions
    keys: SigningKeys
    revocations: RevocationCache
    sessions: Sessions
    tokens: AccessTokens

    @classmethod
    def make(cls, dependencies: Dependencies) -> Self:
        configuration, documents = dependencies.configuration, dependencies.documents
        lifetime, clock = configuration.token_lifetime, dependencies.clock
        keys = SigningKeys(SigningStore(dependencies.database, dependencies.masters), clock)
        revocations = RevocationCache(documents, lifetime, clock)
        rotations = RefreshGenerations(dependencies.database)
        arrivals = Arrivals(rotations)
        issuer = configuration.issuer
        tokens = AccessTokens(keys, issuer, lifetime, revocations, clock, arrivals.note)
        secret, committer = configuration.secret, dependencies.committer
        sessions = Sessions(documents, committer, tokens, rotations, clock, key=secret)
        return cls(
            arrivals=arrivals,
            browsers=BrowserSessions(dependencies.once, sessions, key=secret),
            keys=keys,
            revocations=revocations,
            sessions=sessions,
            tokens=tokens,
        )
