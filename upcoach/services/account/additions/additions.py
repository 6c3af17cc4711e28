"""What was added to an account: a mail says so, and one click confirms it or takes it away.

The click shows that whoever makes it reads the mails of the account's address.  What it confirms
stays when the password is reset by mail; what it takes away goes at once, with all else that nobody
has confirmed, for whoever added it has been where they should not be.
"""

import datetime as dt
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
    WayName,
)
from models.account.access_method import AccessMethod
from models.account.factors import FACTORS, RECOVERY, TOTP
from models.base.document import Document
from models.base.mail import Mail
from upcoach.services.account.additions.account_claim import shut_out, ways_of
from upcoach.services.account.additions.addition_details import KINDS, AdditionReader
from upcoach.services.account.email.email_verification import is_at
from upcoach.services.account.sessions.sessions import Sessions
from upcoach.services.base.mail import Later, Mailer, texts
from upcoach.services.base.mail_links import CONFIRM, DISOWN, FORGOT, MailLinks, only_link_over
from upcoach.services.base.resources import outcome
from upcoach.store.collections.documents import Documents
from upcoach.store.secrets.one_time_tokens import OneTimeTokens
from upcoach.store.write.changes import WriteContext
from upcoach.store.write.committer import Committer
from upcoach.store.write.outcomes import AnyWriteResult, Outcome, Replay
from upcoach.store.write.refs import Ref
from upcoach.store.write.requests import Write

LIFE: Final = dt.timedelta(days=7)
APART: Final = dt.timedelta(minutes=10)  # mails about one thing that changes again and again
CHANGING: Final = ("share", "entry share", "grant")  # by a write that nothing else bounds
UNPROVEN: Final = 3  # mails an hour to an address of which nobody has shown that it is theirs
_TOLD: Final = "addition told"
_PURPOSE: Final = "addition"


class Announced(msgspec.Struct, frozen=True):
    """What a mail to *email* was about; *session* had added it."""

    user: str
    email: str
    session: str
    added: Addition


class Additions:
    """Announces ways that were added, and hears what their owners say of it."""

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

    async def announce(self, scope: Scope, added: Addition) -> None:
        """Have the caller told of what was *added* to their account."""
        user = await self._documents.get(User, scope.user, scope.user)
        await self._mail.send(AccessMethodAddedMail(user.email, user.id, scope.session, added))

    async def announce_given(self, scope: Scope, way: WayName, given: AnyWriteResult) -> None:
        """Have the caller told of the document that a write has *given*, unless nothing is new."""
        if isinstance(given, Replay) or given.verb == "unchanged":
            return
        added = given.document
        if isinstance(added, Document):
            await self.announce(scope, Addition(way=way, id=added.id, since=added.updated_at))

    async def look(self, token: str) -> tuple[Addition, AdditionDetails]:
        """What the mail with *token* was about; one that does not hold is `Invalid`."""
        found = await self._once.look(_PURPOSE, token, Announced)
        if found is None:
            raise only_link_over()
        return found.added, await self._reader.details(found.user, found.session, found.added)

    async def confirm(self, token: str) -> Outcome[User]:
        """Take what was added for its owner's from now on, and the address for theirs."""
        announced = await self._take(token)
        user_id, added = announced.user, announced.added

        def decide(changes: WriteContext) -> Outcome[User]:
            user = _holder(changes, announced)
            if user.verified_at is None:
                verified = user.verified(changes.at)
                changes.update(user, verified)
                user = verified
            _confirm(changes, user_id, added)
            return outcome("updated", user)

        reads = (Ref(User, user_id, user_id), *_refs(user_id, added))
        write = Write(scope=Scope(user=user_id), reads=reads, decide=decide)
        return await self._committer.commit(write)

    async def disown(self, token: str) -> Outcome[User]:
        """Take away what was added and all else that nobody has confirmed; its session ends."""
        announced = await self._take(token)
        user_id, added = announced.user, announced.added
        clients: list[str] = []

        def decide(changes: WriteContext) -> Outcome[User]:
            user = _holder(changes, announced)
            _require_unconfirmed(changes, user_id, added)  # whatever was made of it since
            clients[:] = shut_out(changes, user_id)
            return outcome("updated", user)

        scope = Scope(user=user_id)
        reads = (Ref(User, user_id, user_id),)
        write = Write(scope=scope, reads=reads, lists=ways_of(user_id), decide=decide)

        def is_over(session: Session) -> bool:
            return session.id == announced.session or session.client in clients

        return await self._sessions.end_some_with(write, is_over)

    async def _take(self, token: str) -> Announced:
        found = await self._once.take(_PURPOSE, token, Announced)
        if found is None:
            raise only_link_over()
        return found

    async def _write(self, wish: AccessMethodAddedMail) -> Mail | None:
        if not await self._is_due(wish):
            return None
        announced = Announced(wish.user, wish.to, wish.session, wish.added)
        token = await self._once.keep(_PURPOSE, announced, LIFE)
        links = (self._links.to(CONFIRM, token), self._links.to(DISOWN, token))
        details = await self._reader.details(wish.user, wish.session, wish.added)
        return texts.way_added(wish.to, wish.added, details, *links, self._links.to(FORGOT))

    async def _is_due(self, wish: AccessMethodAddedMail) -> bool:
        """Whether a mail about it is wanted; `Later` while the last one about it is too new.

        Else somebody could have mails without end sent to an address.
        """
        name = f"{wish.user}/{wish.added.way}/{wish.added.id}"
        told = await self._once.look(_TOLD, name, dt.datetime)
        changes = wish.added.way in CHANGING
        if changes and told is not None and told != wish.added.since:
            if await self._reader.stands(wish.user, wish.added):
                raise Later(APART)
            return False  # it is another by now, of which another mail tells, or gone
        user = await self._reader.find(User, wish.user, wish.user)
        if user is not None and user.verified_at is None:
            places = [f"{user.id}/{number}" for number in range(UNPROVEN)]
            if not await self._once.claim_any(_TOLD, places, dt.timedelta(hours=1)):
                return False
        await self._once.keep(_TOLD, wish.added.since, APART, name)
        return True


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
    found = _require_unconfirmed(changes, user, added)
    if isinstance(found, Factors):
        changes.update(found, found.confirming(added.id, changes.at))
    elif found.since != added.since:  # more is shown by now than the mail told of
        raise only_link_over()
    elif isinstance(found, Identity):
        changes.update(found, found.confirmed_by_mail(changes.at))
    else:
        changes.set(found, found.confirmed_by_mail(changes.at))


def _require_unconfirmed(
    changes: WriteContext, user: str, added: Addition
) -> AccessMethod | Factors:
    """The document that says of what was *added* whose it is, if nobody has said so yet."""
    found = _way(changes, user, added) if added.way in KINDS else _factors(changes, user, added)
    if found is None:
        raise only_link_over()
    return found


def _way(changes: WriteContext, user: str, added: Addition) -> AccessMethod | None:
    found = next(iter(changes.find_refs(_refs(user, added))), None)
    if not isinstance(found, AccessMethod) or found.confirmed_at is not None:
        return None
    return found


def _factors(changes: WriteContext, user: str, added: Addition) -> Factors | None:
    factors = next(iter(changes.find_all(Factors, user, [FACTORS])), None)
    if factors is None or added.id in factors.confirmed:
        return None
    if added.way == "passkey":
        return factors if changes.find_all(Passkey, user, [added.id]) else None
    since = {TOTP: factors.totp_since, RECOVERY: factors.recovery_at}[added.id]
    return factors if since == added.since else None
