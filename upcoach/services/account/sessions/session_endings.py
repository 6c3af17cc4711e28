"""The end of sessions: one, some, or all of a user, alone or with another write."""

from collections.abc import Callable, Collection

import msgspec

from models.access.scope import Scope
from models.account import Session, User
from models.base.clock import Clock
from models.sharing import INVITATIONS, OpenInvitations
from upcoach.services.account.sessions.access_tokens import AccessTokens
from upcoach.store.base.conditions import Range
from upcoach.store.secrets.refresh_generations import RefreshGenerations
from upcoach.store.write.changes import WriteContext
from upcoach.store.write.committer import Committer
from upcoach.store.write.outcomes import D, Outcome
from upcoach.store.write.refs import Listing, Ref
from upcoach.store.write.requests import AnyWrite, Write


class SessionEndings:
    """Ends sessions in the store, and their tokens on this node."""

    def __init__(
        self,
        committer: Committer,
        tokens: AccessTokens,
        rotations: RefreshGenerations,
        clock: Clock,
    ) -> None:
        self._committer = committer
        self._tokens = tokens
        self._rotations = rotations
        self._clock = clock

    async def end(self, scope: Scope, session_id: str) -> Outcome[None]:
        """End one of the caller's sessions; whoever ends their own may do so twice."""
        is_own = session_id == scope.session
        invitations = Ref(OpenInvitations, scope.user, INVITATIONS)
        ended: list[str] = []

        def decide(changes: WriteContext) -> Outcome[None]:
            ended[:] = end_sessions(changes, [changes.get(Session, scope.user, session_id)])
            if not is_own:  # whoever was there may have given the code of one to somebody
                changes.discard(*invitations)
            return Outcome(verb="deleted", document=None)

        write = Write(
            scope=msgspec.structs.replace(scope, session="") if is_own else scope,
            reads=(Ref(Session, scope.user, session_id), invitations),
            decide=decide,
        )
        done = await self._committer.commit(write)
        await self.forget(ended)
        return done

    async def end_others(self, scope: Scope, but: Collection[str] = ()) -> Outcome[None]:
        """End all of the caller's sessions but some."""
        return (await self._lock_out(_nothing_else(scope), but))[0]

    async def end_all(self, scope: Scope, beside: AnyWrite | None = None) -> int:
        """End every session of the caller's, and return how many there were.

        The write *beside* is committed with it.
        """
        return (await self._lock_out(beside or _nothing_else(scope)))[1]

    async def end_with(self, write: Write[D], but: Collection[str] = ()) -> Outcome[D]:
        """Commit *write*, and end all sessions of its user but some in the same transaction."""
        return (await self._lock_out(write, but))[0]

    async def end_some(self, scope: Scope, is_over: Callable[[Session], bool]) -> int:
        """End the caller's sessions for which *is_over* holds; return how many there were."""
        return (await self._end_with(_nothing_else(scope), is_over))[1]

    async def end_client_with(self, write: Write[D], client: str) -> Outcome[D]:
        """Commit *write*, and end all sessions of its user at an OAuth client with it."""
        return await self.end_some_with(write, lambda session: session.client == client)

    async def end_some_with(
        self, write: Write[D], is_over: Callable[[Session], bool]
    ) -> Outcome[D]:
        """Commit *write*, and end the sessions of its user for which *is_over* holds with it."""
        return (await self._end_with(write, is_over))[0]

    async def _lock_out(self, write: Write[D], but: Collection[str] = ()) -> tuple[Outcome[D], int]:
        """End all sessions of a user but some, those too that begin just now.

        Invitations fall too: a session that ends may have given the code to somebody.
        """
        user = write.scope.user
        invitations = Ref(OpenInvitations, user, INVITATIONS)

        def decide(changes: WriteContext) -> Outcome[D]:
            before = changes.get(User, user, user)
            done = write.decide(changes)
            changes.discard(*invitations)
            now = changes.get(User, user, user)
            if now.lockouts == before.lockouts:
                _lock_out(changes, now, but)
            return done

        reads = tuple(dict.fromkeys((*write.reads, Ref(User, user, user), invitations)))
        both = msgspec.structs.replace(write, reads=reads, decide=decide)
        return await self._end_with(both, lambda session: session.id not in but)

    async def _end_with(
        self, write: Write[D], is_over: Callable[[Session], bool]
    ) -> tuple[Outcome[D], int]:
        user = write.scope.user
        ended: list[str] = []

        def decide(changes: WriteContext) -> Outcome[D]:
            done = write.decide(changes)
            ended[:] = end_sessions(
                changes, [session for session in open_sessions(changes, user) if is_over(session)]
            )
            return done

        lists = (*write.lists, self.listing(user))
        both = msgspec.structs.replace(write, lists=lists, decide=decide)
        done = await self._committer.commit(both)
        await self.forget(ended)
        return done, len(ended)

    async def forget(self, sessions: Collection[str]) -> None:
        """Refuse the tokens of *sessions*, which have ended, on this node at once."""
        self._tokens.revoke(sessions)
        for session_id in sessions:
            await self._rotations.end(session_id)

    def listing(self, user: str) -> Listing:
        """The open sessions of *user*, as they are when a write is decided."""
        is_open = {"ended_at": None, "expires_at": Range(above=self._clock())}
        return Listing(Session, user, {"owner": user, **is_open})


def _nothing_else(scope: Scope) -> Write[None]:
    return Write(scope=scope, reads=(), decide=lambda _: Outcome(verb="deleted", document=None))


def open_sessions(changes: WriteContext, user: str) -> list[Session]:
    """The open sessions of *user*, the oldest first."""
    opened = (session for session in changes.all(Session, user) if session.is_open(changes.at))
    return sorted(opened, key=lambda session: session.created_at)


def _lock_out(changes: WriteContext, user: User, but: Collection[str]) -> None:
    """Count a lockout of *user*: logins and sessions that began before are void."""
    after = user.with_lockout()
    if any(session.id not in but for session in open_sessions(changes, user.id)):
        changes.keep(after)  # the sessions that end say enough
    else:  # there must be an event, or what begins just now would not know of it
        changes.update(user, after.advanced(changes.at))


def end_sessions(changes: WriteContext, sessions: Collection[Session]) -> list[str]:
    """End *sessions*, and return their ids."""
    for session in sessions:
        if session.ended_at is None:
            changes.update(session, session.ended(changes.at), event="ended")
    return [session.id for session in sessions]
