"""What the owner of an account is told by mail."""

import datetime as dt
from typing import Literal

import msgspec

from models.base.mail import MailRequest


class AddressVerificationMail(MailRequest, frozen=True, tag="Welcome"):
    """Somebody registered the address, or wants to show that it is theirs; *user* would be it."""

    user: str


class PasswordResetMail(MailRequest, frozen=True, tag="Forgotten"):
    """Somebody has forgotten the password of the address."""


class EmailChangeMail(MailRequest, frozen=True, tag="Move"):
    """The account *user* is to go by the address, as *session* asked; see `User.lockouts`."""

    user: str
    session: str = ""
    lockouts: int = 0


# How a password came about: whoever was logged in gave the old one, too; or a mailed link let them
# choose another, or the first that the account has.
PasswordOrigin = Literal["changed", "reset", "first"]


class PasswordChangedMail(MailRequest, frozen=True, tag="PasswordChanged"):
    """The account of the address has a new password; mails of before do not say how it came."""

    origin: PasswordOrigin | None = None


class EmailChangeAskedMail(MailRequest, frozen=True, tag="MoveAsked"):
    """The account of the address is to go by another one."""


class EmailChangedMail(MailRequest, frozen=True, tag="Moved"):
    """The account *user* went by the address so far; see `models.account.user.FormerAddress`."""

    user: str = ""
    mark: str = ""


class EmailChangeUndoneMail(MailRequest, frozen=True, tag="MoveUndone"):
    """The account goes by another address than it did: by the address again if it *is_back*."""

    is_back: bool = False


class ProviderLinkedMail(MailRequest, frozen=True, tag="Linked"):
    """The account of the address can be entered through the provider *provider* now."""

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
]


class Addition(msgspec.Struct, frozen=True, kw_only=True):
    """A way into an account, or out of it, that was added.

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

    """

    way: WayName
    id: str
    since: dt.datetime
    title: str = ""
    counts_from: dt.datetime | None = None


class AdditionDetails(msgspec.Struct, frozen=True, kw_only=True):
    """What tells an addition from another; all of it is empty where it is not known.

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
    """The account *user* of the address has another way in or out, which *session* has added."""

    user: str
    session: str
    added: Addition


class FactorsRemovedMail(MailRequest, frozen=True, tag="FactorsRemoved"):
    """An operator has taken all second factors off the account of the address."""


class ProviderUnlinkedMail(MailRequest, frozen=True, tag="Unlinked"):
    """The account of the address cannot be entered through the provider *provider* any more."""

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
    """The account of the address has other second factors than before."""

    change: FactorChange
