"""Password reset by a mailed link."""

import datetime as dt
import hashlib
import secrets
from typing import Final

import msgspec

from models.access.scope import Scope
from models.account import PasswordChangedMail, PasswordResetMail, User
from models.account.user import PasswordReset
from models.base.errors import NotFound
from models.base.messages.mail import Mail
from upcoach.services.account.additions.account_claim import (
    access_method_listings,
    remove_unconfirmed,
)
from upcoach.services.account.email.email_verification import is_at
from upcoach.services.account.email.users_by_email import UsersByEmail
from upcoach.services.account.password_change import PasswordChanges
from upcoach.services.base.mail import Mailer, texts
from upcoach.services.base.mail.mail_links import RESET, MailLinks, link_over
from upcoach.services.base.resources import write_outcome
from upcoach.store.collections.documents import Documents
from upcoach.store.secrets.one_time_tokens import OneTimeTokens
from upcoach.store.write.changes import WriteContext
from upcoach.store.write.outcomes import Outcome

LIFE: Final = dt.timedelta(minutes=15)
_PURPOSE: Final = "reset"
_NEWEST: Final = "newest reset"  # of a user: whoever asks again has the link before put out


class PasswordResetRequest(msgspec.Struct, frozen=True):
    """A requested reset: the user, and what must be unchanged since.

    Attributes
    ----------
    replaces
        A digest of the hash of the password that was forgotten.
    mark
        Which of their links this is.

    """

    user: str
    email: str
    replaces: bytes
    mark: str


class PasswordResets:
    """Mails reset links, and sets new passwords by them."""

    def __init__(
        self,
        documents: Documents,
        directory: UsersByEmail,
        password_changes: PasswordChanges,
        once: OneTimeTokens,
        mail: Mailer,
        links: MailLinks,
    ) -> None:
        self._documents = documents
        self._directory = directory
        self._password_changes = password_changes
        self._once = once
        self._mail = mail
        self._links = links
        mail.writes(PasswordResetMail, self._write)

    async def ask(self, email: str) -> None:
        """Mail a reset link to *email* if it has an account; the caller does not learn whether."""
        await self._mail.send(PasswordResetMail(email))

    async def look(self, token: str) -> User:
        """The user of the link's *token*, which is not consumed; an invalid one is `Invalid`."""
        ask = await self._once.look(_PURPOSE, token, PasswordResetRequest)
        if ask is None or await self._once.look(_NEWEST, ask.user, str) != ask.mark:
            raise link_over()
        try:
            user = await self._documents.get(User, ask.user, ask.user)
        except NotFound:
            raise link_over() from None
        if not is_at(user, ask.email) or _digest(user) != ask.replaces:
            raise link_over()
        return user

    async def finish(self, wanted: PasswordReset) -> Outcome[User]:
        """Set a new password by a link, which is consumed; all sessions end.

        A password that is refused leaves the link as it was, and so does an answer that nobody
        could give.  Nobody is logged in by it, so a
        second factor is asked for as ever, if its owner has confirmed it through their mails.
        What nobody has confirmed so falls: it may be of whoever knew the password.
        """
        user = await self.look(wanted.token)
        password_hash = await self._password_changes.hash(user, wanted.password)

        def decide(changes: WriteContext) -> Outcome[User]:
            before = changes.get(User, user.id, user.id)
            if not is_at(before, user.email) or before.password_hash != user.password_hash:
                raise link_over()
            after = before.reset(password_hash, changes.at)
            changes.update(before, after)
            remove_unconfirmed(changes, user.id)
            return write_outcome("updated", after)

        scope, lists = Scope(user=user.id), access_method_listings(user.id)
        notice = PasswordChangedMail(user.email, "reset" if user.password_hash else "first")
        async with self._once.taking(_PURPOSE, wanted.token, PasswordResetRequest) as ask:
            if ask is None:
                raise link_over()
            return await self._password_changes.keep(scope, notice, decide, lists)

    async def _write(self, mail_request: PasswordResetMail) -> Mail | None:
        user = await self._directory.find(mail_request.to)
        if user is None:
            return None
        mark = secrets.token_urlsafe()
        await self._once.keep(_NEWEST, mark, LIFE, user.id)
        ask = PasswordResetRequest(user.id, user.email, _digest(user), mark)
        token = await self._once.keep(_PURPOSE, ask, LIFE)
        return texts.reset(user.email, self._links.to(RESET, token))


def _digest(user: User) -> bytes:
    return hashlib.sha256((user.password_hash or "").encode()).digest()
