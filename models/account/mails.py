"""Mails to the owner of an account."""

import datetime as dt
from typing import Literal

import msgspec

from models.base.messages.mail import MailRequest


class AddressVerificationMail(MailRequest, frozen=True, tag="Welcome"):
    """Verify the address: it was registered, or *user* wants to show that it is theirs."""

    user: str


class PasswordResetMail(MailRequest, frozen=True, tag="Forgotten"):
    """Reset the password of the account of the address."""


class EmailChangeMail(MailRequest, frozen=True, tag="Move"):
    """Confirm the new address of *user*, as *session* asked; see `User.lockouts`."""

    user: str
    session: str = ""
    lockouts: int = 0


# How a password came about: whoever was logged in gave the old one, too; or a mailed link let them
# choose another, or the first that the account has.
PasswordOrigin = Literal["changed", "reset", "first"]


class PasswordChangedMail(MailRequest, frozen=True, tag="PasswordChanged"):
    """The account of the address has a new password; mails of older builds do not say by what."""

    origin: PasswordOrigin | None = None


class EmailChangeAskedMail(MailRequest, frozen=True, tag="MoveAsked"):
    """A change of the address of the account was asked for."""


class EmailChangedMail(MailRequest, frozen=True, tag="Moved"):
    """The address of *user* was changed; see `models.account.user.FormerAddress`."""

    user: str = ""
    mark: str = ""


class EmailChangeUndoneMail(MailRequest, frozen=True, tag="MoveUndone"):
    """The change of the address was undone; *is_back* for the address that counts again."""

    is_back: bool = False


class ProviderLinkedMail(MailRequest, frozen=True, tag="Linked"):
    """A provider was linked to the account of the address."""

    provider: str


WayName = Literal[
    "totp",
    "passkey",
    "recovery codes",
    "identity",
    "coach",
    "client",
    "share",
    "entry share",
    "grant",
    "webhook",
]


class Addition(msgspec.Struct, frozen=True, kw_only=True):
    """An access method that was added.

    Attributes
    ----------
    id
        Of the document; of factors, what they are called among the user's factors.
    since
        When it became what it is: what was put in its place later is another.
    title
        What the provider of an identity is called.
    counts_from
        When it begins to count, if it does not at once.
    by_operator
        Whether an operator added it, on the person's behalf.

    """

    way: WayName
    id: str
    since: dt.datetime
    title: str = ""
    counts_from: dt.datetime | None = None
    by_operator: bool = False


class AdditionDetails(msgspec.Struct, frozen=True, kw_only=True):
    """Details of an addition; empty where they are not known.

    Attributes
    ----------
    name
        Of the passkey, the app, the coach or the client, or the address at a provider.
    allows
        What the app may do, or what the coach sees.
    day
        What the entry is about, which a coach may read.
    until
        How long they may.
    device
        How the device calls itself with which it was added, and *app* what kind of one that is.

    """

    name: str = ""
    allows: tuple[str, ...] = ()
    day: dt.date | None = None
    until: dt.datetime | None = None
    device: str = ""
    app: str = ""


class AccessMethodAddedMail(MailRequest, frozen=True, tag="WayAdded"):
    """An access method was added to the account *user* of the address, by *session*."""

    user: str
    session: str
    added: Addition


class FactorsRemovedMail(MailRequest, frozen=True, tag="FactorsRemoved"):
    """An operator has removed all second factors from the account of the address."""


class ProviderUnlinkedMail(MailRequest, frozen=True, tag="Unlinked"):
    """A provider was unlinked from the account of the address."""

    provider: str


# The first two and the last are told of in another way now; mails of before may wait.
FactorChange = Literal[
    "totp added",
    "totp removed",
    "passkey added",
    "passkey removed",
    "recovery code used",
    "recovery codes renewed",
]


class FactorsChangedMail(MailRequest, frozen=True, tag="FactorsChanged"):
    """The second factors of the account of the address were changed."""

    change: FactorChange
