"""Letters that the service sends, and the wishes that they are written for.

A wish says what happened, and to which address; whoever carries it out finds out later whether the
address has an account.  So asking for a letter takes the same time whether or not it has one.
"""

import datetime as dt
import unicodedata
from typing import Final, Literal

import msgspec

LONGEST_NAME: Final = 40


class Letter(msgspec.Struct, frozen=True):
    """A mail in plain text."""

    to: str
    subject: str
    text: str


class Wish(msgspec.Struct, frozen=True, tag=True):
    """Something that the owner of an address has to be told.

    Nothing that a stranger could have chosen but the address is in a letter, or strangers would
    have us carry their words; of the name of a coach or client there is what `plain_name` leaves.
    """

    to: str


def plain_name(name: str) -> str:
    """*name* with nothing that could be followed, called, or read as a message of ours.

    Examples
    --------
    >>> plain_name("Dr. Ann-Marie O'Neill")
    "Dr Ann-Marie O'Neill"
    >>> plain_name("Locked! Call 0800 1234 or look at evil.test/?now")
    'Locked Call or look at evil test now'
    >>> plain_name("1234")
    'Somebody'

    """
    letters = "".join(letter if _is_plain(letter) else " " for letter in name)
    return " ".join(letters.split())[:LONGEST_NAME].strip() or "Somebody"


def _is_plain(letter: str) -> bool:
    return unicodedata.category(letter)[0] in "LM" or letter in "'-"


class Welcome(Wish, frozen=True):
    """Somebody registered the address, or wants to show that it is theirs; *user* would be it."""

    user: str


class Forgotten(Wish, frozen=True):
    """Somebody has forgotten the password of the address."""


class Move(Wish, frozen=True):
    """The account *user* is to go by the address, as *session* asked; see `User.lockouts`."""

    user: str
    session: str = ""
    lockouts: int = 0


class PasswordChanged(Wish, frozen=True):
    """The account of the address has a new password."""


class MoveAsked(Wish, frozen=True):
    """The account of the address is to go by another one."""


class Moved(Wish, frozen=True):
    """The account *user* went by the address so far; see `models.documents.user.Former`."""

    user: str = ""
    mark: str = ""


class Linked(Wish, frozen=True):
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
        What the provider of an identity is called, or the other one of a relation; see
        `plain_name`.
    counts_from
        When it begins to count, if it does not at once.

    """

    way: WayName
    id: str
    since: dt.datetime
    title: str = ""
    counts_from: dt.datetime | None = None


class WayAdded(Wish, frozen=True):
    """The account *user* of the address has another way in or out, which *session* has added."""

    user: str
    session: str
    added: Addition


class FactorsRemoved(Wish, frozen=True):
    """An operator has taken all second factors off the account of the address."""


class Unlinked(Wish, frozen=True):
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


class FactorsChanged(Wish, frozen=True):
    """The account of the address has other second factors than before."""

    change: FactorChange


AnyWish = (
    Welcome
    | Forgotten
    | Move
    | PasswordChanged
    | MoveAsked
    | Moved
    | Linked
    | WayAdded
    | FactorsRemoved
    | Unlinked
    | FactorsChanged
)
