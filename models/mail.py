"""Letters that the service sends, and the wishes that they are written for.

A wish says what happened, and to which address; whoever carries it out finds out later whether the
address has an account.  So asking for a letter takes the same time whether or not it has one.
"""

from typing import Literal

import msgspec


class Letter(msgspec.Struct, frozen=True):
    """A mail in plain text."""

    to: str
    subject: str
    text: str


class Wish(msgspec.Struct, frozen=True, tag=True):
    """Something that the owner of an address has to be told.

    Nothing that a stranger could have chosen but the address is in a letter, or strangers would
    have us carry their words.
    """

    to: str


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
    """The account of the address goes by another one now."""


class Linked(Wish, frozen=True):
    """The account of the address can be entered through the provider *provider* now."""

    provider: str


class Unlinked(Wish, frozen=True):
    """The account of the address cannot be entered through the provider *provider* any more."""

    provider: str


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
    | Unlinked
    | FactorsChanged
)
