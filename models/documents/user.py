"""Users: who somebody is, and how they prove it."""

import datetime as dt
import unicodedata
from typing import Annotated, ClassVar, Self

import msgspec

from models.documents.document import Document, Draft, Mark
from models.documents.habit import check_zone
from models.permissions import Role

Email = Annotated[str, msgspec.Meta(max_length=254, pattern=r"^[^@\s]{1,64}@[^@\s]+\.[^@\s]+\Z")]
PersonName = Annotated[str, msgspec.Meta(min_length=1, max_length=100)]
Password = Annotated[str, msgspec.Meta(min_length=8, max_length=128)]


class Registration(Draft, frozen=True, kw_only=True):
    """What somebody gives to become a user."""

    email: Email
    password: Password
    name: PersonName
    tz: str = "UTC"

    def __post_init__(self) -> None:
        check_zone(self.tz)


class User(Document, frozen=True, kw_only=True):
    """A person with an account.

    Attributes
    ----------
    email_index
        A keyed hash of the normalised address: the account is found by it, and it tells nothing.
    password_hash
        Argon2id in PHC string format.
    roles
        Given by an operator's command (`make admin`), and by nobody else.

    """

    kind: ClassVar[str] = "user"
    collection: ClassVar[str] = "users"

    email: Annotated[Email, Mark.SEALED]
    email_index: Annotated[str, Mark.PERSONAL, Mark.HIDDEN]
    name: Annotated[PersonName, Mark.SEALED]
    tz: Annotated[str, Mark.PERSONAL] = "UTC"
    password_hash: Annotated[str, Mark.PERSONAL, Mark.HIDDEN]
    roles: tuple[Role, ...] = ()

    def appointed(self, roles: tuple[Role, ...], at: dt.datetime) -> Self:
        """The same user in other roles."""
        return msgspec.structs.replace(self.advanced(at), roles=roles)


def normalised_email(email: str) -> str:
    """The form under which two spellings of one address are the same account."""
    return unicodedata.normalize("NFKC", email).casefold()
