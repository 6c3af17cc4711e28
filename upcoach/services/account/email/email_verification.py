"""Showing that an address is one's own, by a link that was mailed to it."""

import datetime as dt
from typing import Final

import msgspec

from models.access.scope import Scope
from models.account import AddressVerificationMail, User
from models.account.user import normalised_email
from models.base.errors import NotFound
from models.base.mail import Mail
from upcoach.services.account.email.users_by_email import UsersByEmail
from upcoach.services.base.mail import Mailer, texts
from upcoach.services.base.mail_links import FORGOT, VERIFY, MailLinks, link_over
from upcoach.services.base.resources import outcome
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
    """Whose address it is said to be."""

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
        """Mail the caller a link, unless it is not needed any more; return their address."""
        user = await self._documents.get(User, scope.user, scope.user)
        await self._mail.send(AddressVerificationMail(user.email, user.id))
        return user.email

    async def confirm(self, token: str) -> Outcome[User]:
        """Take the link of *token* for a proof; one that does not hold is `Invalid`."""
        found = await self._once.take(_PURPOSE, token, ClaimedAddress)
        if found is None:
            raise link_over()
        address = found

        def decide(changes: WriteContext) -> Outcome[User]:
            user = changes.find(User, address.user, address.user)
            if user is None or not is_at(user, address.email):
                raise link_over()
            if user.verified_at is not None:
                return outcome("unchanged", user)
            after = user.verified(changes.at)
            changes.update(user, after)
            return outcome("updated", after)

        reads = (Ref(User, address.user, address.user),)
        write = Write(scope=Scope(user=address.user), reads=reads, decide=decide)
        return await self._committer.commit(write)

    async def _write(self, wish: AddressVerificationMail) -> Mail | None:
        """The link for whoever has just registered; for whoever had already, other words."""
        try:
            user = await self._documents.get(User, wish.user, wish.user)
        except NotFound:
            there = await self._directory.find(wish.to)
            link = self._links.to(FORGOT)
            return None if there is None else texts.already_there(there.email, link)
        if user.verified_at is not None:
            return None
        token = await self._once.keep(_PURPOSE, ClaimedAddress(user.id, user.email), LIFE)
        return texts.verification(user.email, self._links.to(VERIFY, token))


def is_at(user: User, email: str) -> bool:
    """Whether *user* goes by the address *email*."""
    return normalised_email(user.email) == normalised_email(email)
