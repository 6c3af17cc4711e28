"""The end of every login: a session, or a challenge for a second factor.

Whoever has enrolled a second factor is asked for it, whichever way they came.  A login that waits
for it is kept under a name of 256 bits; it holds what the first factor has shown, and nothing that
comes with the answer changes that.
"""

import datetime as dt
from typing import Final

import msgspec

from models.access.scope import Scope
from models.account import BROWSERS, LoginFacts, Session, SessionState, User, session_state
from models.account.factors import ChallengeAnswer
from models.account.session import SessionTerms
from models.account.webauthn import PasskeyAssertion
from models.base.clock import Clock
from models.base.errors import Forbidden, NotFound
from models.base.merge_patch import Json
from upcoach.services.account.factors import SecondFactors
from upcoach.services.account.sessions.sessions import Sessions, SessionTokens
from upcoach.store.collections.documents import Documents
from upcoach.store.secrets.one_time_tokens import OneTimeTokens
from upcoach.store.write.outcomes import Outcome

PATIENCE: Final = dt.timedelta(minutes=10)  # how long somebody may look for their second factor
_PURPOSE: Final = "second factor"


class Challenge(msgspec.Struct, frozen=True):
    """A challenge for a second factor, after the first was shown.

    Attributes
    ----------
    challenge
        The name of the login that waits, until *expires_at*.
    methods
        The factors that it can be answered with, the strongest first.
    expires_at
        Until when it can be answered.

    """

    challenge: str
    methods: tuple[str, ...]
    expires_at: dt.datetime


class PendingLogin(msgspec.Struct, frozen=True):
    """A login that waits for a second factor, as long as nobody is locked out meanwhile."""

    user: str
    terms: SessionTerms
    lockouts: int = 0  # `User.lockouts` when it began


LoggedIn = tuple[SessionTokens, Outcome[Session]]


class Answered(msgspec.Struct, frozen=True):
    """The result of the right answer to a challenge.

    Attributes
    ----------
    trusted
        What this device shows from now on in place of a code; empty if it was not asked for.

    """

    login: SessionTokens
    outcome: Outcome[Session]
    trusted: str = ""


class Logins:
    """Finishes logins of every kind: by password, link, passkey or provider."""

    def __init__(
        self,
        documents: Documents,
        sessions: Sessions,
        factors: SecondFactors,
        once: OneTimeTokens,
        clock: Clock,
    ) -> None:
        self._documents = documents
        self._sessions = sessions
        self._factors = factors
        self._once = once
        self._clock = clock

    async def user(self, user_id: str) -> User:
        """The user with this id."""
        return await self._documents.get(User, user_id, user_id)

    async def finish(
        self, user: User, terms: SessionTerms, *, trusted: str = ""
    ) -> LoggedIn | Challenge:
        """Start a session of *user*, or challenge them, on a device that may be *trusted*."""
        challenge = await self.challenge(user, terms, trusted=trusted)
        if challenge is not None:
            return challenge
        return await self._sessions.start(user.id, terms, lockouts=user.lockouts)

    async def challenge(
        self, user: User, terms: SessionTerms, *, trusted: str = ""
    ) -> Challenge | None:
        """The challenge that *user* has to answer before a session on these *terms*, if any.

        Terms of two factors (acr 2) need no third.
        """
        factors = await self._factors.of(user.id)
        methods = factors.methods(self._clock())
        if terms.acr >= 2 or not methods:
            return None
        if "totp" in methods and await self._factors.trusted.admits(factors, trusted):
            return None
        name = await self._once.keep(
            _PURPOSE, PendingLogin(user.id, terms, user.lockouts), PATIENCE
        )
        return Challenge(name, methods, self._clock() + PATIENCE)

    async def ask_passkey(self, challenge: str) -> Json:
        """The options to answer a challenge with a passkey (WebAuthn, 5.5)."""
        waiting, _ = await self._waiting(challenge)
        return await self._factors.passkeys.ask(waiting.user, challenge)

    async def answer(self, answer: ChallengeAnswer, *, in_browser: bool = False) -> Answered:
        """Start the session of a pending login after the right *answer*, or `Forbidden`.

        *in_browser* it is to be one that a browser has begun: of others a page could keep no
        token, and a cookie would let an app's session do all that its user may.
        """
        waiting, user = await self._waiting(answer.challenge)
        if in_browser and waiting.terms.app not in BROWSERS:
            raise challenge_over()
        try:
            amr = await self._factors.show(Scope(user=waiting.user), answer, answer.challenge)
        except Forbidden as refusal:
            refusal.concerns = waiting.user
            raise
        # Of two right answers one is taken; the factor of the other is used up all the same.
        if await self._once.take(_PURPOSE, answer.challenge, PendingLogin) is None:
            raise challenge_over()
        shown = tuple(dict.fromkeys((*waiting.terms.amr, *amr, "mfa")))
        terms = msgspec.structs.replace(
            waiting.terms, acr=2, amr=shown, authenticated_at=self._clock()
        )
        login, outcome = await self._sessions.start(user.id, terms, lockouts=waiting.lockouts)
        trusted = ""
        if answer.trust_device:
            scope = Scope(user=user.id, session=outcome.document.id, device=terms.device)
            trusted = await self._factors.trusted.trust(scope, terms)
        return Answered(login, outcome, trusted)

    async def log_in_with_passkey(self, shown: PasskeyAssertion, terms: SessionTerms) -> LoggedIn:
        """Log in with a passkey, which counts as two factors: it verifies its user."""
        user, amr = await self._factors.passkeys.identify(shown)
        both = msgspec.structs.replace(terms, acr=2, amr=(*amr, "mfa"))
        return await self._sessions.start(user.id, both, lockouts=user.lockouts)

    async def _waiting(self, challenge: str) -> tuple[PendingLogin, User]:
        """The pending login of *challenge*, and its user."""
        waiting = await self._once.look(_PURPOSE, challenge, PendingLogin)
        if waiting is None:
            raise challenge_over()
        try:
            user = await self._documents.get(User, waiting.user, waiting.user)
        except NotFound:
            raise challenge_over() from None
        facts = LoginFacts(began_with=waiting.lockouts, lockouts=user.lockouts)
        if session_state(facts, self._clock()) is not SessionState.ACTIVE:
            raise challenge_over()
        return waiting, user


def challenge_over() -> Forbidden:
    """The refusal of an answer that nothing waits for (any more)."""
    return Forbidden("challenge_over", "This login has expired. Start again.")
