"""Email verification by a mailed link."""

import datetime as dt
from typing import Final

import msgspec

from models.access.scope import Scope
from models.account import AddressVerificationMail, User
from models.account.email_addresses import normalised_email
from models.base.errors import NotFound
from models.base.messages.mail import Mail
from upcoach.services.account.email.users_by_email import UsersByEmail
from upcoach.services.base.mail import Mailer, texts
from upcoach.services.base.mail.mail_links import FORGOT, VERIFY, MailLinks, link_over
from upcoach.services.base.resources import write_outcome
from upcoach.store.collections.documents import Documents
from upcoach.store.secrets.one_time_tokens import OneTimeTokens
from upcoach.store.write.changes import WriteContext
from upcoach.store.write.committer import Committer
from upcoach.store.write.outcomes import Outcome
from upcoach.store.write.refs import Ref
from upcoach.store.write.requests import Write

LIFE: Final = dt.timedelta(hours=24)
_PURPOSE: Final = "verification"


class ClaimedAddress(msgspec.Struct, frozen=True):
    """A user and the address that they claim."""

    user: str
    email: str


class EmailVerification:
    """Verifies addresses."""

    def __init__(
        self,
        documents: Documents,
        committer: Committer,
        directory: UsersByEmail,
        once: OneTimeTokens,
        mail: Mailer,
        links: MailLinks,
    ) -> None:
        self._documents = documents
        self._committer = committer
        self._directory = directory
        self._once = once
        self._mail = mail
        self._links = links
        mail.writes(AddressVerificationMail, self._write)

    async def ask(self, scope: Scope) -> str:
        """Mail the caller a verification link, unless they are verified; return their address."""
        user = await self._documents.get(User, scope.user, scope.user)
        await self._mail.send(AddressVerificationMail(user.email, user.id))
        return user.email

    async def confirm(self, token: str) -> Outcome[User]:
        """Verify an address by the link's *token*; an invalid one is `Invalid`."""
        async with self._once.taking(_PURPOSE, token, ClaimedAddress) as claimed:
            if claimed is None:
                raise link_over()
            return await self._committer.commit(_verification(claimed))

    async def _write(self, mail_request: AddressVerificationMail) -> Mail | None:
        """A verification link for a new user; a notice for an address that has an account."""
        try:
            user = await self._documents.get(User, mail_request.user, mail_request.user)
        except NotFound:
            there = await self._directory.find(mail_request.to)
            link = self._links.to(FORGOT)
            return None if there is None else texts.already_there(there.email, link)
        if user.verified_at is not None:
            return None
        token = await self._once.keep(_PURPOSE, ClaimedAddress(user.id, user.email), LIFE)
        return texts.verification(user.email, self._links.to(VERIFY, token))


def is_at(user: User, email: str) -> bool:
    """Whether *email* is the address of *user*."""
    return normalised_email(user.email) == normalised_email(email)


def _verification(claimed: ClaimedAddress) -> Write[User]:
    def decide(changes: WriteContext) -> Outcome[User]:
        user = changes.find(User, claimed.user, claimed.user)
        if user is None or not is_at(user, claimed.email):
            raise link_over()
        if user.verified_at is not None:
            return write_outcome("unchanged", user)
        after = user.verified(changes.at)
        changes.update(user, after)
        return write_outcome("updated", after)

    reads = (Ref(User, claimed.user, claimed.user),)
    return Write(scope=Scope(user=claimed.user), reads=reads, decide=decide)
