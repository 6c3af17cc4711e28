"""Sessions of logged-in devices: start, refresh, step-up."""

import datetime as dt
from collections.abc import Callable, Collection
from typing import Any, Final, NamedTuple

import msgspec

from models.access.caller import Caller
from models.access.scope import Scope
from models.account import LoginFacts, Session, SessionState, User, session_state
from models.account.factors import checked_name
from models.account.session import OWN_CLIENT, SessionTerms
from models.account.session_lifetimes import LIFETIMES
from models.base.clock import Clock
from models.base.document import public
from models.base.errors import NotFound
from models.base.ids import new_id
from models.base.merge_patch import Json
from upcoach.services.account.sessions.access_tokens import AccessTokens, token_invalid
from upcoach.services.account.sessions.refresh_tokens import RefreshTokens
from upcoach.services.account.sessions.session_endings import (
    SessionEndings,
    end_sessions,
    open_sessions,
)
from upcoach.services.base.resources import write_outcome
from upcoach.store.base.conditions import Range
from upcoach.store.collections.documents import Documents, Selection
from upcoach.store.secrets.refresh_generations import RefreshExchange, RefreshGenerations
from upcoach.store.write.changes import WriteContext
from upcoach.store.write.committer import Committer
from upcoach.store.write.errors import not_found
from upcoach.store.write.outcomes import Outcome
from upcoach.store.write.refs import Ref
from upcoach.store.write.requests import Write

MOST: Final = 20  # open sessions of one user at one client (ASVS 7.1.2)
LISTED: Final = 10_000


class SessionTokens(msgspec.Struct, frozen=True):
    """The tokens of a session.

    Attributes
    ----------
    token
        For every request, until *expires_at*.
    refresh_token
        For the next token, once.
    expires_at
        When the token ends.

    """

    token: str
    expires_at: dt.datetime
    refresh_token: str


class SessionCondition(NamedTuple):
    """A condition on a new session: *holds* of the document *ref*, as the database knows.

    Who was locked out meanwhile, by a new password or because what let them in has ended, begins
    nothing any more.
    """

    ref: Ref
    holds: Callable[[Any, dt.datetime], bool]


class OpenSession(Session, frozen=True, kw_only=True):
    """A session as its user sees it among the others.

    Attributes
    ----------
    last_used_at
        When its token was last renewed, or it began.
    current
        Whether it is the one that asks.

    """

    last_used_at: dt.datetime
    current: bool


class Sessions:
    """The logins of users.

    Attributes
    ----------
    endings
        How they end.

    """

    def __init__(
        self,
        documents: Documents,
        committer: Committer,
        tokens: AccessTokens,
        rotations: RefreshGenerations,
        clock: Clock,
        *,
        key: bytes,
    ) -> None:
        self._documents = documents
        self._committer = committer
        self._tokens = tokens
        self._rotations = rotations
        self._clock = clock
        self._refresh_tokens = RefreshTokens(key)
        self.endings = SessionEndings(committer, tokens, rotations, clock)

    async def start(
        self,
        user: str,
        terms: SessionTerms,
        provisos: Collection[SessionCondition] = (),
        *,
        lockouts: int | None = None,
    ) -> tuple[SessionTokens, Outcome[Session]]:
        """Start a session, or raise `Unauthenticated` if one of *provisos* does not hold.

        *lockouts* is `User.lockouts` as it was before its holder began to show who they are; None
        for whoever has shown nothing, because it is us who begin it.

        Where its client has too many, the oldest ends.  Those of other clients stay: no app of
        others can log the user out of our own.
        """
        session_id = new_id(Session.id_prefix)
        ended: list[str] = []

        def decide(changes: WriteContext) -> Outcome[Session]:
            standing = LoginFacts(
                began_with=lockouts, lockouts=changes.get(User, user, user).lockouts
            )
            if session_state(standing, changes.at) is not SessionState.ACTIVE:
                raise token_invalid()
            for ref, holds in provisos:
                document = changes.find(*ref)
                if document is None or not holds(document, changes.at):
                    raise token_invalid()
            same = [
                session
                for session in open_sessions(changes, user)
                if session.client == terms.client
            ]
            ended[:] = end_sessions(changes, same[: max(0, len(same) - MOST + 1)])
            session = Session.started(terms, session_id=session_id, owner=user, at=changes.at)
            return write_outcome("created", changes.create(session))

        mine = Ref(Session, user, session_id)
        refs = (Ref(User, user, user), *(proviso.ref for proviso in provisos))
        write = Write(
            scope=Scope(user=user, session=session_id, device=terms.device),
            reads=(*dict.fromkeys(refs), mine),
            lists=(self.endings.listing(user),),
            decide=decide,
            fresh=(mine,),
        )
        done = await self._committer.commit(write)
        session = done.document
        await self._rotations.begin(session_id, session.created_at, session.expires_at)
        await self.endings.forget(ended)
        return self._login(session, 1), done

    async def refresh(self, refresh_token: str, key: str = "") -> SessionTokens:
        """Exchange *refresh_token* for the next tokens, or raise `Unauthenticated`.

        *key* is the thumbprint of the key that the caller has shown to hold (RFC 9449, 5).
        """
        return (await self.exchange(refresh_token, key, _require_own))[0]

    async def exchange(
        self, refresh_token: str, key: str, check: Callable[[Session], None]
    ) -> tuple[SessionTokens, Session, int]:
        """The same for a session that *check* does not refuse, with it and the generation."""
        session, generation = await self.find(refresh_token)
        now = self._clock()
        check(session)
        if session.key != key or not session.is_open(now):
            raise token_invalid()
        user, session_id = session.owner, session.id
        idle = LIFETIMES[session.app].idle
        result = await self._rotations.exchange(session_id, generation, now, idle)
        if result is RefreshExchange.REPLAYED:
            await self.endings.end(Scope(user=user, session=session_id), session_id)
        if result is not RefreshExchange.NEXT:
            refusal = token_invalid()
            if result is RefreshExchange.REPLAYED:
                refusal.replayed_session = session_id
            raise refusal
        return self._login(session, generation + 1), session, generation + 1

    async def find(self, refresh_token: str) -> tuple[Session, int]:
        """The session of a token that is one of ours, and the token's generation."""
        user, session_id, generation = self._refresh_tokens.read(refresh_token)
        try:
            return await self._documents.get(Session, user, session_id), generation
        except NotFound:
            raise token_invalid() from None

    async def is_exchangeable(self, session: Session, generation: int) -> bool:
        """Whether the refresh token of *generation* can be exchanged for the next."""
        now, idle = self._clock(), LIFETIMES[session.app].idle
        return session.is_open(now) and await self._rotations.is_exchangeable(
            session.id, generation, now, idle
        )

    async def is_open(self, scope: Scope) -> bool:
        """Whether the session of *scope* holds, as the database knows."""
        try:
            return (await self.get(scope)).is_open(self._clock())
        except NotFound:
            return False

    async def use(self, session: Session) -> bool:
        """Note that *session* is in use; false when it is over, or was not used for too long."""
        now = self._clock()
        idle = LIFETIMES[session.app].idle
        return session.is_open(now) and await self._rotations.use(session.id, now, idle)

    async def load_key_of(self, token: str) -> None:
        """See `AccessTokens.load_key_of`: to be awaited before somebody's *token* is read."""
        await self._tokens.load_key_of(token)

    def holder(self, token: str) -> Caller:
        """The caller of *token*, who has yet to show its key; or `Unauthenticated`."""
        return self._tokens.read(token)

    def authenticate(self, token: str, key: str = "") -> Caller:
        """Authenticate the holder of *token*, or raise `Unauthenticated`.

        *key* is the thumbprint of the key that came with it (RFC 9449, 7).
        """
        caller = self.holder(token)
        if caller.key != key:
            raise token_invalid()
        return caller

    def state_of(self, caller: Caller) -> SessionState:
        """See `AccessTokens.state_of`."""
        return self._tokens.state_of(caller)

    def has_ended(self, caller: Caller) -> bool:
        """Whether the session of *caller* has ended, as far as this node knows."""
        return self.state_of(caller) is SessionState.ENDED

    async def get(self, scope: Scope) -> Session:
        """The caller's session."""
        return await self._documents.get(Session, scope.user, scope.session)

    async def page(self, scope: Scope) -> list[Json]:
        """The caller's open sessions, with when each was last used, to the minute."""
        now = self._clock()
        wanted = Selection(
            order="expires_at", where={"ended_at": None}, span=Range(above=now), limit=LISTED
        )
        sessions = await self._documents.select(Session, scope.user, wanted)
        opened = sorted(sessions, key=lambda session: session.created_at)
        used = await self._rotations.last_used([session.id for session in opened])
        return [
            public(session)
            | {
                "last_used_at": at.replace(second=0, microsecond=0),
                "current": session.id == scope.session,
            }
            for session in opened
            if (at := used[session.id]) and session.state(now, at) is SessionState.ACTIVE
        ]

    async def rename(self, scope: Scope, session_id: str, name: str) -> Outcome[Session]:
        """Rename a session's device."""
        cleaned = checked_name(name)

        def decide(changes: WriteContext) -> Outcome[Session]:
            session = changes.get(Session, scope.user, session_id)
            if not session.is_open(changes.at):
                raise not_found()
            if session.device_name == cleaned:
                return write_outcome("unchanged", session)
            after = session.renamed(cleaned, changes.at)
            changes.update(session, after)
            return write_outcome("updated", after)

        reads = (Ref(Session, scope.user, session_id),)
        return await self._committer.commit(Write(scope=scope, reads=reads, decide=decide))

    async def step_up(
        self, scope: Scope, amr: tuple[str, ...], acr: int
    ) -> tuple[str, dt.datetime, Session]:
        """Note that the caller has shown *amr* just now; return a new token and its end."""

        def decide(changes: WriteContext) -> Outcome[Session]:
            session = changes.get(Session, scope.user, scope.session)
            if not session.is_open(changes.at):
                raise token_invalid()
            after = session.stepped_up(amr, acr, changes.at)
            changes.update(session, after)
            return write_outcome("updated", after)

        reads = (Ref(Session, scope.user, scope.session),)
        await self._committer.commit(Write(scope=scope, reads=reads, decide=decide))
        session = await self.get(scope)
        return *self._tokens.issue(session), session

    def _login(self, session: Session, generation: int) -> SessionTokens:
        token, expires_at = self._tokens.issue(session, generation)
        refresh_token = self._refresh_tokens.issue(session.owner, session.id, generation)
        return SessionTokens(token, expires_at, refresh_token)


def _require_own(session: Session) -> None:
    if session.client != OWN_CLIENT:  # it is exchanged by its client, which shows who it is
        raise token_invalid()
