"""Additions to an account: announced by mail, and confirmed or removed by one click.

The click shows that whoever makes it reads the mails of the account's address.  What it confirms
stays when the password is reset by mail; what it takes away goes at once, with all else that nobody
has confirmed, for whoever added it has been where they should not be.
"""

import contextlib
import datetime as dt
from collections.abc import AsyncIterator
from typing import Final

import msgspec

from models.access.scope import Scope
from models.account import (
    AccessMethodAddedMail,
    Addition,
    AdditionDetails,
    Factors,
    Identity,
    Passkey,
    Session,
    User,
)
from models.account.access_method import AccessMethod
from models.account.factors import FACTORS, RECOVERY, TOTP
from models.base.messages.mail import Mail
from upcoach.services.account.additions.account_claim import (
    access_method_listings,
    remove_unconfirmed,
)
from upcoach.services.account.additions.addition_details import KINDS, AdditionReader
from upcoach.services.account.email.email_verification import is_at
from upcoach.services.account.sessions.sessions import Sessions
from upcoach.services.base.delivery import Later
from upcoach.services.base.mail import Mailer, texts
from upcoach.services.base.mail.mail_links import CONFIRM, DISOWN, FORGOT, MailLinks, only_link_over
from upcoach.services.base.resources import write_outcome
from upcoach.store.collections.documents import Documents
from upcoach.store.secrets.one_time_tokens import OneTimeTokens
from upcoach.store.write.changes import WriteContext
from upcoach.store.write.committer import Committer
from upcoach.store.write.outcomes import Outcome
from upcoach.store.write.refs import Ref
from upcoach.store.write.requests import Write

LIFE: Final = dt.timedelta(days=7)
APART: Final = dt.timedelta(minutes=10)  # mails about one thing that changes again and again
CHANGING: Final = ("share", "entry share", "grant")  # by a write that nothing else bounds
UNPROVEN: Final = 3  # mails an hour to an address of which nobody has shown that it is theirs
_TOLD: Final = "addition told"
_PURPOSE: Final = "addition"


class Announced(msgspec.Struct, frozen=True):
    """The addition that a mail to *email* was about; *session* had added it."""

    user: str
    email: str
    session: str
    added: Addition


class Additions:
    """Writes the mails that announce additions, and confirms or removes what they were about."""

    def __init__(
        self,
        documents: Documents,
        committer: Committer,
        sessions: Sessions,
        once: OneTimeTokens,
        mail: Mailer,
        links: MailLinks,
    ) -> None:
        self._documents = documents
        self._committer = committer
        self._sessions = sessions
        self._once = once
        self._mail = mail
        self._links = links
        self._reader = AdditionReader(documents)
        mail.writes(AccessMethodAddedMail, self._write)

    async def look(self, token: str) -> tuple[Addition, AdditionDetails]:
        """The addition that the mail with *token* was about; an invalid token is `Invalid`."""
        announced = await self._once.look(_PURPOSE, token, Announced)
        if announced is None:
            raise only_link_over()
        return announced.added, await self._reader.details(
            announced.user, announced.session, announced.added
        )

    async def confirm(self, token: str) -> Outcome[User]:
        """Confirm what was added, and verify the address."""
        async with self._taking(token) as announced:
            return await self._committer.commit(_confirmation(announced))

    async def disown(self, token: str) -> Outcome[User]:
        """Remove what was added and all else that nobody has confirmed; its session ends."""
        async with self._taking(token) as announced:
            return await self._disown(announced)

    async def _disown(self, announced: Announced) -> Outcome[User]:
        user_id, added = announced.user, announced.added
        clients: list[str] = []

        def decide(changes: WriteContext) -> Outcome[User]:
            user = _holder(changes, announced)
            _require_unconfirmed(changes, user_id, added)  # whatever was made of it since
            clients[:] = remove_unconfirmed(changes, user_id)
            return write_outcome("updated", user)

        scope = Scope(user=user_id)
        reads = (Ref(User, user_id, user_id),)
        write = Write(
            scope=scope, reads=reads, lists=access_method_listings(user_id), decide=decide
        )

        def is_over(session: Session) -> bool:
            return session.id == announced.session or session.client in clients

        return await self._sessions.endings.end_some_with(write, is_over)

    @contextlib.asynccontextmanager
    async def _taking(self, token: str) -> AsyncIterator[Announced]:
        async with self._once.taking(_PURPOSE, token, Announced) as announced:
            if announced is None:
                raise only_link_over()
            yield announced

    async def _write(self, mail_request: AccessMethodAddedMail) -> Mail | None:
        if not await self._is_due(mail_request):
            return None
        announced = Announced(
            mail_request.user, mail_request.to, mail_request.session, mail_request.added
        )
        token = await self._once.keep(_PURPOSE, announced, LIFE)
        links = (self._links.to(CONFIRM, token), self._links.to(DISOWN, token))
        details = await self._reader.details(
            mail_request.user, mail_request.session, mail_request.added
        )
        return texts.access_method_added(
            mail_request.to, mail_request.added, details, *links, self._links.to(FORGOT)
        )

    async def _is_due(self, mail_request: AccessMethodAddedMail) -> bool:
        """Whether a mail about it is wanted; `Later` while the last one about it is too new.

        Else somebody could have mails without end sent to an address.
        """
        name = f"{mail_request.user}/{mail_request.added.way}/{mail_request.added.id}"
        announced_since = await self._once.look(_TOLD, name, dt.datetime)
        changes = mail_request.added.way in CHANGING
        if changes and announced_since is not None and announced_since != mail_request.added.since:
            if await self._reader.stands(mail_request.user, mail_request.added):
                raise Later(APART)
            return False  # it is another by now, of which another mail tells, or gone
        user = await self._reader.find(User, mail_request.user, mail_request.user)
        if user is not None and user.verified_at is None:
            places = [f"{user.id}/{number}" for number in range(UNPROVEN)]
            if not await self._once.claim_any(_TOLD, places, dt.timedelta(hours=1)):
                return False
        await self._once.keep(_TOLD, mail_request.added.since, APART, name)
        return True


def _confirmation(announced: Announced) -> Write[User]:
    user_id, added = announced.user, announced.added

    def decide(changes: WriteContext) -> Outcome[User]:
        user = _holder(changes, announced)
        if user.verified_at is None:
            verified = user.verified(changes.at)
            changes.update(user, verified)
            user = verified
        _confirm(changes, user_id, added)
        return write_outcome("updated", user)

    reads = (Ref(User, user_id, user_id), *_refs(user_id, added))
    return Write(scope=Scope(user=user_id), reads=reads, decide=decide)


def _holder(changes: WriteContext, announced: Announced) -> User:
    user = changes.find(User, announced.user, announced.user)
    if user is None or not is_at(user, announced.email):
        raise only_link_over()
    return user


def _refs(user: str, added: Addition) -> tuple[Ref, ...]:
    if added.way in KINDS:
        return (Ref(KINDS[added.way], user, added.id),)
    return Ref(Factors, user, FACTORS), Ref(Passkey, user, added.id)


def _confirm(changes: WriteContext, user: str, added: Addition) -> None:
    document = _require_unconfirmed(changes, user, added)
    if isinstance(document, Factors):
        changes.update(document, document.confirming(added.id, changes.at))
    elif document.since != added.since:  # more is shown by now than the mail told of
        raise only_link_over()
    elif isinstance(document, Identity):
        changes.update(document, document.confirmed_by_mail(changes.at))
    else:
        changes.set(document, document.confirmed_by_mail(changes.at))


def _require_unconfirmed(
    changes: WriteContext, user: str, added: Addition
) -> AccessMethod | Factors:
    """The document to confirm for what was *added*, if nobody has confirmed it yet."""
    document = _way(changes, user, added) if added.way in KINDS else _factors(changes, user, added)
    if document is None:
        raise only_link_over()
    return document


def _way(changes: WriteContext, user: str, added: Addition) -> AccessMethod | None:
    method = next(iter(changes.find_refs(_refs(user, added))), None)
    if not isinstance(method, AccessMethod) or method.confirmed_at is not None:
        return None
    return method


def _factors(changes: WriteContext, user: str, added: Addition) -> Factors | None:
    factors = next(iter(changes.find_all(Factors, user, [FACTORS])), None)
    if factors is None or added.id in factors.confirmed:
        return None
    if added.way == "passkey":
        return factors if changes.find_all(Passkey, user, [added.id]) else None
    since = {TOTP: factors.totp_since, RECOVERY: factors.recovery_at}[added.id]
    return factors if since == added.since else None
