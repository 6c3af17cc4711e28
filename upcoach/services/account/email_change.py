"""Change of an account's email address, confirmed by mail, and its undoing.

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
from models.account.email_addresses import normalised_email
from models.account.user import UNDO, FormerAddress
from models.base.clock import Clock
from models.base.errors import Conflict, NotFound
from models.base.messages.mail import Mail
from upcoach.services.account.additions.account_claim import (
    access_method_listings,
    remove_unconfirmed,
)
from upcoach.services.account.email.email_verification import is_at
from upcoach.services.account.email.users_by_email import UsersByEmail
from upcoach.services.account.sessions.sessions import Sessions
from upcoach.services.base.mail import Mailer, texts
from upcoach.services.base.mail.mail_links import (
    CHANGE_EMAIL,
    FORGOT,
    UNDO_EMAIL_CHANGE,
    MailLinks,
    link_over,
    only_link_over,
)
from upcoach.services.base.resources import write_outcome
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
    """A request to change a user's address, void if they are locked out meanwhile.

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
    """The undoing of a user's change, back to the former address *mark*."""

    user: str
    mark: str


class EmailChanges:
    """Changes the addresses of accounts."""

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
        """Change the address by the link's *token*; an invalid one is `Invalid`."""
        async with self._once.taking(_PURPOSE, token, EmailChangeRequest) as requested:
            if requested is None:
                raise link_over()
            return await self._move(requested)

    async def _move(self, moving: EmailChangeRequest) -> Outcome[User]:
        index = self._directory.index(moving.new)
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
            after = before.with_email(moving.new, index, mark, changes.at)
            changes.update(before, after)
            changes.send_mail(EmailChangedMail(moving.old, moving.user, mark))
            return write_outcome("updated", after)

        asked_in = (Session, moving.user, moving.session)
        reads = (Ref(User, moving.user, moving.user), Ref(*asked_in))
        write = Write(scope=Scope(user=moving.user), reads=reads, decide=decide)
        user = await self._get(moving.user)
        leaving = self._directory.leaving(moving.old, reserves=user.verified_at is not None)
        try:
            async with self._taking(moving), leaving:
                return await self._committer.commit(write)
        except UniqueViolation:
            raise Conflict("email_taken", "This address has an account in the meantime.") from None

    async def look(self, token: str) -> str:
        """The former address that the link of *token* restores; `Invalid` for an invalid one."""
        return (await self._former(await self._once.look(_UNDO, token, EmailChangeUndo))).email

    async def undo(self, token: str) -> Outcome[User]:
        """Undo a change: restore the address to which *token* was mailed.

        Every login ends, the password is nobody's any more, and what was added to the account
        since, or is confirmed by nobody, is gone.
        """
        undoing = await self._once.look(_UNDO, token, EmailChangeUndo)
        former = await self._former(undoing)
        assert undoing is not None
        user_id, mark, index = undoing.user, undoing.mark, self._directory.index(former.email)

        def decide(changes: WriteContext) -> Outcome[User]:
            before = changes.find(User, user_id, user_id)
            to = None if before is None else before.former_address(mark, changes.at)
            if before is None or to is None:
                raise only_link_over()
            after = before.with_former_email(to, index, changes.at)
            changes.update(before, after)
            remove_unconfirmed(changes, user_id, before=to.left_at)
            changes.send_mail(EmailChangeUndoneMail(after.email, is_back=True))
            changes.send_mail(EmailChangeUndoneMail(before.email))
            return write_outcome("updated", after)

        reads, lists = (Ref(User, user_id, user_id),), access_method_listings(user_id)
        write = Write(scope=Scope(user=user_id), reads=reads, lists=lists, decide=decide)
        # Whoever writes without a pause outruns nobody.
        await self._sessions.endings.end_others(write.scope)
        try:
            done = await self._sessions.endings.end_with(write)
        except UniqueViolation:  # by somebody who was faster than our word that it is not free
            raise Conflict(
                "email_taken", "This address has another account in the meantime."
            ) from None
        await self._once.take(_UNDO, token, EmailChangeUndo)  # the mark is gone with what it marked
        await self._directory.free(former.email)
        return done

    @contextlib.asynccontextmanager
    async def _taking(self, moving: EmailChangeRequest) -> AsyncIterator[None]:
        """Lock the address *moving.new*, unless it is one of the account's former ones."""
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
        former = (await self._get(undoing.user)).former_address(undoing.mark, self._clock())
        if former is None:
            raise only_link_over()
        return former

    async def _get(self, user: str) -> User:
        try:
            return await self._documents.get(User, user, user)
        except NotFound:
            raise only_link_over() from None

    async def _write(self, mail_request: EmailChangeMail) -> Mail | None:
        there = await self._directory.find(mail_request.to)
        if there is not None and there.id != mail_request.user:
            return texts.email_change_impossible(there.email)
        try:
            user = await self._documents.get(User, mail_request.user, mail_request.user)
        except NotFound:
            return None
        moving = EmailChangeRequest(
            user.id, user.email, mail_request.to, mail_request.session, mail_request.lockouts
        )
        token = await self._once.keep(_PURPOSE, moving, LIFE)
        return texts.email_change(mail_request.to, self._links.to(CHANGE_EMAIL, token))

    async def _write_asked(self, mail_request: EmailChangeAskedMail) -> Mail:
        return texts.email_change_asked(mail_request.to, self._links.to(FORGOT))

    async def _write_moved(self, mail_request: EmailChangedMail) -> Mail:
        undoing = EmailChangeUndo(mail_request.user, mail_request.mark)
        token = await self._once.keep(_UNDO, undoing, UNDO)
        return texts.email_changed(mail_request.to, self._links.to(UNDO_EMAIL_CHANGE, token))

    async def _write_undone(self, mail_request: EmailChangeUndoneMail) -> Mail:
        if mail_request.is_back:
            return texts.email_change_undone(mail_request.to, self._links.to(FORGOT))
        return texts.address_lost(mail_request.to)
