"""Going by another address, once somebody who reads its mails agrees; and coming back.

The address that was left is told, and whoever reads its mails can undo the move for a week: it may
have been somebody else's.  For so long no other account gets that address, if it was verified: who
has made an account with a stranger's address keeps it from them for no longer than they stay.
"""

import contextlib
import datetime as dt
import secrets
from collections.abc import AsyncIterator
from typing import Final

import msgspec

from models.access.scope import Scope
from models.account import (
    EmailChangeAskedMail,
    EmailChangedMail,
    EmailChangeMail,
    EmailChangeUndoneMail,
    LoginFacts,
    Session,
    SessionState,
    User,
    session_state,
)
from models.account.user import UNDO, FormerAddress, normalised_email
from models.base.clock import Clock
from models.base.errors import Conflict, NotFound
from models.base.mail import Mail
from upcoach.services.account.additions.account_claim import shut_out, ways_of
from upcoach.services.account.email.email_verification import is_at
from upcoach.services.account.email.users_by_email import UsersByEmail
from upcoach.services.account.sessions.sessions import Sessions
from upcoach.services.base.mail import Mailer, texts
from upcoach.services.base.mail_links import (
    FORGOT,
    MOVE,
    UNDO_MOVE,
    MailLinks,
    link_over,
    only_link_over,
)
from upcoach.services.base.resources import outcome
from upcoach.store.collections.documents import Documents
from upcoach.store.secrets.one_time_tokens import OneTimeTokens
from upcoach.store.write.changes import WriteContext
from upcoach.store.write.committer import Committer
from upcoach.store.write.errors import UniqueViolation
from upcoach.store.write.outcomes import Outcome
from upcoach.store.write.refs import Ref
from upcoach.store.write.requests import Write

LIFE: Final = dt.timedelta(hours=24)
_PURPOSE: Final = "move"
_UNDO: Final = "move undone"


class EmailChangeRequest(msgspec.Struct, frozen=True):
    """Who wants to go from which address to which, as long as nobody is locked out meanwhile.

    Attributes
    ----------
    session
        That in which they asked for it.
    lockouts
        `User.lockouts` when they did.

    """

    user: str
    old: str
    new: str
    session: str = ""
    lockouts: int = 0


class EmailChangeUndo(msgspec.Struct, frozen=True):
    """Whose move is undone, to the address that they left under *mark*."""

    user: str
    mark: str


class EmailChanges:
    """Moves accounts from one address to another."""

    def __init__(
        self,
        documents: Documents,
        committer: Committer,
        directory: UsersByEmail,
        once: OneTimeTokens,
        mail: Mailer,
        links: MailLinks,
        sessions: Sessions,
        clock: Clock,
    ) -> None:
        self._documents = documents
        self._committer = committer
        self._directory = directory
        self._once = once
        self._mail = mail
        self._links = links
        self._sessions = sessions
        self._clock = clock
        mail.writes(EmailChangeMail, self._write)
        mail.writes(EmailChangeAskedMail, self._write_asked)
        mail.writes(EmailChangedMail, self._write_moved)
        mail.writes(EmailChangeUndoneMail, self._write_undone)

    async def ask(self, scope: Scope, email: str) -> None:
        """Mail a link to *email*, and a notice to the address that the caller has."""
        user = await self._documents.get(User, scope.user, scope.user)
        await self._mail.send(EmailChangeAskedMail(user.email))
        await self._mail.send(EmailChangeMail(email, user.id, scope.session, user.lockouts))

    async def confirm(self, token: str) -> Outcome[User]:
        """Take the link of *token* for consent; one that does not hold is `Invalid`."""
        found = await self._once.take(_PURPOSE, token, EmailChangeRequest)
        if found is None:
            raise link_over()
        moving, index = found, self._directory.index(found.new)
        mark = secrets.token_urlsafe()

        def decide(changes: WriteContext) -> Outcome[User]:
            before = changes.find(User, moving.user, moving.user)
            if before is None or not is_at(before, moving.old):
                raise link_over()
            # Who asked may have been a thief, whom the owner has locked out meanwhile.
            session = changes.find(*asked_in)
            facts = LoginFacts(
                is_ended=session is not None and session.ended_at is not None,
                began_with=moving.lockouts,
                lockouts=before.lockouts,
            )  # a login that has expired meanwhile is no reason: it was theirs when they asked
            if session_state(facts, changes.at) is not SessionState.ACTIVE:
                raise link_over()
            after = before.moved(moving.new, index, mark, changes.at)
            changes.update(before, after)
            changes.send_mail(EmailChangedMail(moving.old, moving.user, mark))
            return outcome("updated", after)

        asked_in = (Session, moving.user, moving.session)
        reads = (Ref(User, moving.user, moving.user), Ref(*asked_in))
        write = Write(scope=Scope(user=moving.user), reads=reads, decide=decide)
        user = await self._get(moving.user)
        leaving = self._directory.leaving(moving.old, reserves=user.verified_at is not None)
        try:
            async with self._taking(moving), leaving:
                return await self._committer.commit(write)
        except UniqueViolation:
            raise Conflict("email_taken", "This address has an account by now.") from None

    async def look(self, token: str) -> str:
        """The address that the link of *token* leads back to; `Invalid` if it does not hold."""
        return (await self._former(await self._once.look(_UNDO, token, EmailChangeUndo))).email

    async def undo(self, token: str) -> Outcome[User]:
        """Go by the address again to which *token* was mailed, as before it was left.

        Every login ends, the password is nobody's any more, and what was added to the account
        since, or is confirmed by nobody, is gone.
        """
        undoing = await self._once.look(_UNDO, token, EmailChangeUndo)
        former = await self._former(undoing)
        assert undoing is not None
        user_id, mark, index = undoing.user, undoing.mark, self._directory.index(former.email)

        def decide(changes: WriteContext) -> Outcome[User]:
            before = changes.find(User, user_id, user_id)
            to = None if before is None else before.left(mark, changes.at)
            if before is None or to is None:
                raise only_link_over()
            after = before.returned(to, index, changes.at)
            changes.update(before, after)
            shut_out(changes, user_id, before=to.left_at)
            changes.send_mail(EmailChangeUndoneMail(after.email, is_back=True))
            changes.send_mail(EmailChangeUndoneMail(before.email))
            return outcome("updated", after)

        reads, lists = (Ref(User, user_id, user_id),), ways_of(user_id)
        write = Write(scope=Scope(user=user_id), reads=reads, lists=lists, decide=decide)
        await self._sessions.end_others(write.scope)  # who writes without a pause outruns nobody
        try:
            done = await self._sessions.end_with(write)
        except UniqueViolation:  # by somebody who was faster than our word that it is not free
            raise Conflict("email_taken", "This address has another account by now.") from None
        await self._once.take(_UNDO, token, EmailChangeUndo)  # the mark is gone with what it marked
        await self._directory.free(former.email)
        return done

    @contextlib.asynccontextmanager
    async def _taking(self, moving: EmailChangeRequest) -> AsyncIterator[None]:
        """The block that gives an account the address *moving.new*, which may be its former one."""
        user = await self._get(moving.user)
        ours = {normalised_email(former.email) for former in user.former}
        if normalised_email(moving.new) in ours:
            yield
            return
        async with self._directory.taking(moving.new):
            yield

    async def _former(self, undoing: EmailChangeUndo | None) -> FormerAddress:
        if undoing is None:
            raise only_link_over()
        found = (await self._get(undoing.user)).left(undoing.mark, self._clock())
        if found is None:
            raise only_link_over()
        return found

    async def _get(self, user: str) -> User:
        try:
            return await self._documents.get(User, user, user)
        except NotFound:
            raise only_link_over() from None

    async def _write(self, wish: EmailChangeMail) -> Mail | None:
        there = await self._directory.find(wish.to)
        if there is not None and there.id != wish.user:
            return texts.move_impossible(there.email)
        try:
            user = await self._documents.get(User, wish.user, wish.user)
        except NotFound:
            return None
        moving = EmailChangeRequest(user.id, user.email, wish.to, wish.session, wish.lockouts)
        token = await self._once.keep(_PURPOSE, moving, LIFE)
        return texts.move(wish.to, self._links.to(MOVE, token))

    async def _write_asked(self, wish: EmailChangeAskedMail) -> Mail:
        return texts.move_asked(wish.to, self._links.to(FORGOT))

    async def _write_moved(self, wish: EmailChangedMail) -> Mail:
        undoing = EmailChangeUndo(wish.user, wish.mark)
        token = await self._once.keep(_UNDO, undoing, UNDO)
        return texts.moved(wish.to, self._links.to(UNDO_MOVE, token))

    async def _write_undone(self, wish: EmailChangeUndoneMail) -> Mail:
        if wish.is_back:
            return texts.move_undone(wish.to, self._links.to(FORGOT))
        return texts.address_lost(wish.to)
