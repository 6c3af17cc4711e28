"""Users: the documents of accounts, and what is sent to register or change one."""

import datetime as dt
from typing import Annotated, ClassVar, Final, Self

import msgspec

from models.access.permissions import OperatorRole
from models.account.email_addresses import LONGEST_EMAIL, MAILBOX, check_mailbox
from models.base.document import Document, Draft, Lookup, Privacy, fields_of
from models.base.fields import EnteredPassword, Name, Token, TypedName
from models.base.text.type_words import shaped
from models.base.time import check_zone

# As it is stored, or looked for: of older builds, too.
Email = Annotated[
    str,
    shaped(
        pattern=r"^[^@\s]{1,64}@[^@\s]+\.[^@\s]+\Z",
        form="an email address such as ada@example.org",
        max_length=LONGEST_EMAIL,
    ),
]
TypedEmail = Annotated[
    str,
    shaped(
        pattern=MAILBOX,
        form="an email address such as ada@example.org",
        max_length=LONGEST_EMAIL,
    ),
]
Locale = Annotated[
    str, msgspec.Meta(max_length=35, pattern=r"^[A-Za-z]{2,3}(?:-[A-Za-z0-9]{2,8}){0,4}\Z")
]
Password = Annotated[str, msgspec.Meta(min_length=8, max_length=128)]

UNDO: Final = dt.timedelta(days=7)  # how long a move to another address can be undone


class Registration(Draft, frozen=True, kw_only=True):
    """The body of a registration.

    Attributes
    ----------
    email
        The address to log in with.
    password
        The password to log in with.
    name
        What the person is called.
    tz
        The time zone that days are counted in.

    """

    email: TypedEmail
    password: Password
    name: TypedName
    tz: str = "UTC"

    def __post_init__(self) -> None:
        check_mailbox(self.email)
        check_zone(self.tz)


class Profile(Draft, frozen=True, kw_only=True):
    """The fields of an account that its person may write.

    Attributes
    ----------
    tz
        The zone of what names none of its own.
    locale
        The language that they read, and where (BCP 47): de-AT.
    name
        What the person is called.

    """

    name: TypedName
    tz: str = "UTC"
    locale: Locale | None = None

    def __post_init__(self) -> None:
        super().__post_init__()
        check_zone(self.tz)


class NewPassword(Draft, frozen=True, kw_only=True):
    """The body of a password change by somebody who is logged in.

    Attributes
    ----------
    current
        The current password.
    password
        The new password.

    """

    current: EnteredPassword
    password: Password


class PasswordReset(Draft, frozen=True, kw_only=True):
    """The body of a password reset: the token of the link in a mail, and a new password.

    Attributes
    ----------
    token
        The token in the link that was mailed.
    password
        The new password.

    """

    token: Token
    password: Password


class MailedToken(Draft, frozen=True, kw_only=True):
    """The token of a link in a mail.

    Attributes
    ----------
    token
        The token in the link that was mailed.

    """

    token: Token


class EmailAddress(Draft, frozen=True, kw_only=True):
    """An e-mail address, of an account or not.

    Attributes
    ----------
    email
        The address.

    """

    email: Email


class EmailChange(Draft, frozen=True, kw_only=True):
    """The body of a request to change the e-mail address of an account.

    Attributes
    ----------
    email
        The new address.

    """

    email: TypedEmail

    def __post_init__(self) -> None:
        super().__post_init__()
        check_mailbox(self.email)


class FormerAddress(msgspec.Struct, frozen=True, kw_only=True):
    """A former e-mail address of an account; the change can be undone for a while.

    Attributes
    ----------
    mark
        What the link names it by that was mailed there.

    """

    mark: str
    email: str
    left_at: dt.datetime


class User(Document, frozen=True, kw_only=True):
    """A person with an account.

    Attributes
    ----------
    email_index
        A keyed hash of the normalised address: the account is found by it, and it tells nothing.
    verified_at
        When somebody who reads the address's mails said that the account is theirs.
    password_hash
        Argon2id in PHC string format, behind the name of the pepper; None for whoever has only
        come in through a provider so far.
    password_at
        When it was chosen or taken away, if ever since the account was made.
    lockouts
        How often somebody was locked out of the account: by a new password, by ending its sessions,
        by taking a way in away.  What was begun before the latest is not theirs to end after.
    former
        The addresses that it has left of late, the newest last.
    roles
        Given by an operator's command (`make admin`), and by nobody else.
    email
        The address to log in with.
    name
        What the person is called.
    tz
        The time zone that days are counted in.
    locale
        The language of what the person reads.

    """

    kind: ClassVar[str] = "user"
    id_prefix: ClassVar[str] = "usr"
    collection: ClassVar[str] = "users"
    draft: ClassVar[type[Draft]] = Profile
    lookups: ClassVar[tuple[Lookup, ...]] = (Lookup("email", "email_index", unique=True),)

    email: Annotated[Email, Privacy.SEALED]
    email_index: Annotated[str, Privacy.PERSONAL, Privacy.HIDDEN]
    name: Annotated[Name, Privacy.SEALED]
    tz: Annotated[str, Privacy.PERSONAL] = "UTC"
    locale: Annotated[Locale | None, Privacy.PERSONAL] = None
    verified_at: Annotated[dt.datetime | None, Privacy.PERSONAL] = None
    password_hash: Annotated[str | None, Privacy.PERSONAL, Privacy.HIDDEN] = None
    password_at: Annotated[dt.datetime | None, Privacy.PERSONAL, Privacy.HIDDEN] = None
    lockouts: Annotated[int, Privacy.HIDDEN] = 0
    former: Annotated[tuple[FormerAddress, ...], Privacy.SEALED, Privacy.HIDDEN] = ()
    roles: tuple[OperatorRole, ...] = ()

    def revised(self, profile: Profile, at: dt.datetime) -> Self:
        """The same user as *profile* says."""
        return msgspec.structs.replace(self.advanced(at), **fields_of(profile, Profile))

    def with_roles(self, roles: tuple[OperatorRole, ...], at: dt.datetime) -> Self:
        """The same user with other roles."""
        return msgspec.structs.replace(self.advanced(at), roles=roles)

    def verified(self, at: dt.datetime) -> Self:
        """The same user, whose address is known to be theirs."""
        return msgspec.structs.replace(self.advanced(at), verified_at=self.verified_at or at)

    def rehashed(self, password_hash: str, at: dt.datetime) -> Self:
        """The same user with the same password, hashed anew."""
        return msgspec.structs.replace(self.advanced(at), password_hash=password_hash)

    def reindexed(self, email_index: str, at: dt.datetime) -> Self:
        """The same user, found by the index that today's spelling of the address has."""
        return msgspec.structs.replace(self.advanced(at), email_index=email_index)

    def with_lockout(self) -> Self:
        """The same user with one more lockout: no login that has begun before is completed."""
        return msgspec.structs.replace(self, lockouts=self.lockouts + 1)

    def with_password(self, password_hash: str | None, at: dt.datetime) -> Self:
        """The same user with another password, or None, and one more lockout."""
        return msgspec.structs.replace(
            self.with_lockout().advanced(at), password_hash=password_hash, password_at=at
        )

    def reset(self, password_hash: str, at: dt.datetime) -> Self:
        """The same user with another password, which they chose through their mails."""
        after = self.with_password(password_hash, at)
        return msgspec.structs.replace(after, verified_at=self.verified_at or at)

    def claimed(self, at: dt.datetime) -> Self:
        """The same user, whose address turned out to be of somebody else than took the password."""
        return msgspec.structs.replace(self.with_password(None, at), verified_at=at)

    def with_email(self, email: str, email_index: str, mark: str, at: dt.datetime) -> Self:
        """The same user with another e-mail address, which is known to be theirs."""
        left = FormerAddress(mark=mark, email=self.email, left_at=at)
        recent = (address for address in self.former if at < address.left_at + UNDO)
        former = (*recent, left)
        return msgspec.structs.replace(
            self.with_lockout().advanced(at),
            email=email,
            email_index=email_index,
            verified_at=at,
            former=former,
        )

    def former_address(self, mark: str, at: dt.datetime) -> FormerAddress | None:
        """The former address under *mark*, if the change can still be undone at *at*."""
        matches = (
            address
            for address in self.former
            if address.mark == mark and at < address.left_at + UNDO
        )
        return next(matches, None)

    def with_former_email(self, to: FormerAddress, email_index: str, at: dt.datetime) -> Self:
        """The same user with a former address again, without the password set meanwhile."""
        return msgspec.structs.replace(
            self.with_password(None, at),
            email=to.email,
            email_index=email_index,
            verified_at=at,
            former=self.former[: self.former.index(to)],
        )
