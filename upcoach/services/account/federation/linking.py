"""Account linking: which account a provider's user logs in to.

(a) Whoever has come before enters the account that they entered then, whatever their address is by
    now.  (b) An address that is new here gets a new account.  (c) An address that has an account is
    not enough to enter it: its owner logs in the old way first, and links the provider then.
(d) Unless nobody has ever shown that the account is theirs, and the provider is the last word on
    whose the address is: then it is theirs, and whoever made it before them, in order to wait for
    them there, loses the password, every other way in and every session.
(e) The last way in is not taken away.  (f) A second factor is asked for as ever: `Logins.finish`.
"""

import datetime as dt
import hashlib
import hmac
from collections.abc import Mapping
from typing import Final

import msgspec

from models.access.scope import Scope
from models.account import (
    Addition,
    AddressVerificationMail,
    Factors,
    Identity,
    ProviderLinkedMail,
    ProviderUnlinkedMail,
    User,
)
from models.account.email_addresses import normalised_email
from models.account.factors import FACTORS
from models.base.clock import Clock
from models.base.errors import Conflict, Forbidden, NotFound
from models.base.ids import new_id
from models.base.messages.mail import Mail
from upcoach.services.account.additions.account_claim import (
    access_method_listings,
    remove_unconfirmed,
)
from upcoach.services.account.additions.announcements import announce, announce_removal
from upcoach.services.account.email.users_by_email import UsersByEmail
from upcoach.services.account.factors.refusals import what_ends_waiting
from upcoach.services.account.factors.waiting_period import WaitingPeriod
from upcoach.services.account.federation.id_tokens import Subject, id_token_invalid
from upcoach.services.account.sessions.sessions import Sessions
from upcoach.services.base.mail import Mailer, texts
from upcoach.services.base.mail.mail_links import FORGOT, MailLinks, link_over
from upcoach.services.base.resources import deletion_outcome, write_outcome
from upcoach.store.base.sealing import associated_data
from upcoach.store.collections.documents import Documents
from upcoach.store.secrets.one_time_tokens import OneTimeTokens
from upcoach.store.write.changes import WriteContext
from upcoach.store.write.committer import Committer
from upcoach.store.write.errors import StalePrecondition, UniqueViolation
from upcoach.store.write.outcomes import Outcome
from upcoach.store.write.refs import Listing, Ref
from upcoach.store.write.requests import Write

PATIENCE: Final = dt.timedelta(minutes=10)  # for logging in the old way, before linking
TRIES: Final = 3  # to enter an account that others are making or entering at the same time
_PURPOSE: Final = "link"


class Linkable(msgspec.Struct, frozen=True):
    """A provider's user, and the account that they may be linked to."""

    user: str
    subject: Subject


class Linking:
    """Finds, creates, links and unlinks the accounts of providers' users."""

    def __init__(
        self,
        documents: Documents,
        committer: Committer,
        sessions: Sessions,
        directory: UsersByEmail,
        once: OneTimeTokens,
        mail: Mailer,
        links: MailLinks,
        waiting: WaitingPeriod,
        clock: Clock,
        *,
        key: bytes,
    ) -> None:
        self._documents = documents
        self._committer = committer
        self._sessions = sessions
        self._directory = directory
        self._once = once
        self._links = links
        self._waiting = waiting
        self._clock = clock
        self._key = key
        mail.writes(ProviderLinkedMail, self._write_linked)
        mail.writes(ProviderUnlinkedMail, self._write_unlinked)

    async def enter(self, subject: Subject, name: str = "") -> User:
        """Find the account of *subject*, or create one with *name*."""
        for _ in range(TRIES):
            try:
                return await self._enter(subject, name)
            except (UniqueViolation, StalePrecondition):  # by somebody who came at the same time
                continue
        raise Conflict("busy", "This account is being changed right now. Try again.")

    async def link(self, scope: Scope, subject: Subject) -> Outcome[Identity]:
        """Link *subject* to the caller's account; it counts now, or after the waiting period.

        Whoever a provider knows by the account's own address, and is the last word on, has shown
        just now that they read its mails.
        """
        user = await self._documents.get(User, scope.user, scope.user)
        owner = await self._owner(subject)
        if owner not in (None, scope.user):
            raise _taken()
        if owner is not None:
            return await self._unchanged(scope.user, subject)

        def decide(changes: WriteContext) -> Outcome[Identity]:
            identity = self._identity(subject, user.id, name, changes.at)
            since = self._waiting.end(changes, scope)
            if subject.is_theirs and _is_of(changes.get(User, user.id, user.id), subject):
                identity = msgspec.structs.replace(identity, confirmed_at=changes.at)
            elif since > changes.at:
                identity = msgspec.structs.replace(identity, counts_from=since)
            identity = changes.create(identity)
            announce(changes, scope, _addition(identity, subject))
            return write_outcome("created", identity)

        name = new_id(Identity.id_prefix)
        reads = (Ref(Identity, user.id, name), *self._waiting.refs(scope))
        write = Write(scope=scope, reads=reads, decide=decide)
        try:
            return await self._committer.commit(write)
        except UniqueViolation:
            raise _taken() from None

    async def link_offered(self, scope: Scope, token: str) -> Outcome[Identity]:
        """Link what a `sign_in_first` refusal gave a token for, which is consumed."""
        async with self._once.taking(_PURPOSE, token, Linkable) as linkable:
            if linkable is None or linkable.user != scope.user:
                raise link_over()
            return await self.link(scope, linkable.subject)

    async def page(self, scope: Scope, *, after: str = "", limit: int = 100) -> list[Identity]:
        """The identities that are linked to the caller's account."""
        return await self._documents.page(Identity, scope.user, after=after, limit=limit)

    async def unlink(
        self, scope: Scope, identity_id: str, titles: Mapping[str, str]
    ) -> Outcome[None]:
        """Unlink an identity of the caller, unless it is the last way in."""
        current = await self._documents.get_any(Identity, scope.user, identity_id)
        provider = current.provider if isinstance(current, Identity) else ""

        def decide(changes: WriteContext) -> Outcome[None]:
            identity = changes.get_any(Identity, scope.user, identity_id)
            others = [
                other
                for other in changes.all(Identity, scope.user)
                if other.id != identity_id and other.counts(changes.at)
            ]
            if not others and not _can_enter_otherwise(changes, scope.user):
                raise Conflict(
                    "last_way_in",
                    "Set a password or link another provider first. You could not log in without.",
                )
            changes.delete(identity)
            title = titles.get(provider, provider)
            announce_removal(changes, scope, lambda to: ProviderUnlinkedMail(to, title))
            return deletion_outcome(identity)

        refs = ((User, scope.user), (Factors, FACTORS), (Identity, identity_id))
        write = Write(
            scope=scope,
            reads=tuple(Ref(kind, scope.user, name) for kind, name in refs),
            lists=(Listing(Identity, scope.user),),
            decide=decide,
        )
        return await self._committer.commit(write)

    async def _enter(self, subject: Subject, name: str) -> User:
        owner = await self._owner(subject)
        if owner is not None:
            await self._require_counting(owner, subject)
            user = await self._get(owner)
            # Once more, now that it is known what they are compared with when they are let in.
            if await self._owner(subject) != owner:
                raise StalePrecondition
            return user
        if not subject.email:
            raise Forbidden(
                "email_unverified",
                "Your provider does not confirm that this address is yours. Log in another way.",
            )
        there = await self._directory.find(subject.email)
        if there is None:
            return await self._join(subject, name)
        if there.verified_at is None and subject.is_theirs:
            return await self._claim(subject, there)
        raise await self._sign_in_first(subject, there)

    async def _join(self, subject: Subject, name: str) -> User:
        user_id, identity_id = new_id(User.id_prefix), new_id(Identity.id_prefix)

        def decide(changes: WriteContext) -> Outcome[User]:
            user = User(
                id=user_id,
                owner=user_id,
                created_at=changes.at,
                updated_at=changes.at,
                email=subject.email,
                email_index=self._directory.index(subject.email),
                name=name or subject.name or subject.email.partition("@")[0],
                verified_at=changes.at if subject.is_theirs else None,
            )
            user = changes.create(user)
            identity = self._identity(subject, user_id, identity_id, changes.at)
            # Whoever enters by the word of the address's own provider reads its mails.
            changes.create(msgspec.structs.replace(identity, confirmed_at=user.verified_at))
            changes.send_mail(AddressVerificationMail(subject.email, user_id))
            return write_outcome("created", user)

        write = Write(
            scope=Scope(user=user_id),
            reads=(Ref(User, user_id, user_id), Ref(Identity, user_id, identity_id)),
            decide=decide,
            new_owner=True,
        )
        async with self._directory.taking(subject.email):
            await self._committer.commit(write)
        return await self._get(user_id)

    async def _claim(self, subject: Subject, there: User) -> User:
        user_id, identity_id = there.id, new_id(Identity.id_prefix)

        def decide(changes: WriteContext) -> Outcome[User]:
            before = changes.get(User, user_id, user_id)
            if before.verified_at is not None or not _is_of(before, subject):
                raise StalePrecondition
            after = before.claimed(changes.at)
            changes.update(before, after)
            remove_unconfirmed(changes, user_id)
            identity = self._identity(subject, user_id, identity_id, changes.at)
            changes.create(msgspec.structs.replace(identity, confirmed_at=changes.at))
            changes.send_mail(ProviderLinkedMail(there.email, subject.title))
            return write_outcome("updated", after)

        reads = (Ref(User, user_id, user_id), Ref(Identity, user_id, identity_id))
        lists = access_method_listings(user_id)
        write = Write(scope=Scope(user=user_id), reads=reads, lists=lists, decide=decide)
        # Whoever writes without a pause outruns nobody.
        await self._sessions.endings.end_others(write.scope)
        await self._sessions.endings.end_with(write)
        return await self._get(user_id)

    async def _sign_in_first(self, subject: Subject, there: User) -> Conflict:
        """The refusal of (c), with a token to link by if the provider vouches for the address."""
        extra = {}
        if subject.is_theirs and there.verified_at is not None:
            extra["link"] = await self._once.keep(_PURPOSE, Linkable(there.id, subject), PATIENCE)
        return Conflict(
            "sign_in_first",
            "There is already an account with this address. Log in to it, then link the two.",
            extra=extra,
        )

    async def _unchanged(self, user: str, subject: Subject) -> Outcome[Identity]:
        identity = await self._find(user, subject)
        if identity is None:
            raise _taken()
        return write_outcome("unchanged", identity)

    async def _require_counting(self, user: str, subject: Subject) -> None:
        identity = await self._find(user, subject)
        since = None if identity is None else identity.counts_from
        if since is not None and since > self._clock():
            raise Forbidden(
                "identity_waiting",
                f"{subject.title} does not open this account yet. {what_ends_waiting(since)}",
            )

    async def _find(self, user: str, subject: Subject) -> Identity | None:
        index = self._index(subject)
        identities = await self._documents.page(Identity, user)
        return next((identity for identity in identities if identity.subject_index == index), None)

    async def _owner(self, subject: Subject) -> str | None:
        return await self._documents.find_owner(Identity, "subject_index", self._index(subject))

    async def _get(self, user: str) -> User:
        try:
            return await self._documents.get(User, user, user)
        except NotFound:  # erased, and what they were called at the provider with them
            raise id_token_invalid() from None

    def _identity(self, subject: Subject, user: str, name: str, at: dt.datetime) -> Identity:
        return Identity(
            id=name,
            owner=user,
            created_at=at,
            updated_at=at,
            provider=subject.provider,
            issuer=subject.issuer,
            subject=subject.subject,
            subject_index=self._index(subject),
            email=subject.email or None,
        )

    def _index(self, subject: Subject) -> str:
        named = associated_data(subject.issuer, subject.subject)
        return hmac.digest(self._key, b"identity\0" + named, hashlib.sha256).hex()

    async def _write_linked(self, mail_request: ProviderLinkedMail) -> Mail:
        return texts.provider_linked(mail_request.to, mail_request.provider, self._links.to(FORGOT))

    async def _write_unlinked(self, mail_request: ProviderUnlinkedMail) -> Mail:
        return texts.provider_unlinked(
            mail_request.to, mail_request.provider, self._links.to(FORGOT)
        )


def _addition(identity: Identity, subject: Subject) -> Addition:
    return Addition(
        way="identity",
        id=identity.id,
        since=identity.updated_at,
        title=subject.title,
        counts_from=identity.counts_from,
    )


def _can_enter_otherwise(changes: WriteContext, user: str) -> bool:
    """Whether *user* can log in without any provider."""
    factors = changes.find(Factors, user, FACTORS)
    has_passkey = factors is not None and "passkey" in factors.methods(changes.at)
    return has_passkey or changes.get(User, user, user).password_hash is not None


def _is_of(user: User, subject: Subject) -> bool:
    """Whether *subject* says to have the address of *user*."""
    return normalised_email(user.email) == normalised_email(subject.email)


def _taken() -> Conflict:
    return Conflict("identity_taken", "This identity is linked to another account.")
