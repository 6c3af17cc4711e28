"""Access methods: what gives access to an account, and whether its owner has confirmed it."""

import datetime as dt
from typing import Annotated, Self

import msgspec

from models.base.document import Document, Privacy


class AccessMethod(Document, frozen=True, kw_only=True):
    """A document that gives access to an account or its data, and could be an intruder's.

    Attributes
    ----------
    confirmed_at
        When somebody who reads the account's mail confirmed it; None where nobody has.  What is
        not confirmed goes when the owner takes the account back by a password reset.

    """

    confirmed_at: Annotated[dt.datetime | None, Privacy.PERSONAL, Privacy.HIDDEN] = None

    @property
    def since(self) -> dt.datetime:
        """The time of the last change that its owner has to confirm."""
        return self.updated_at

    def confirmed_by_mail(self, at: dt.datetime) -> Self:
        """The same access method, confirmed by its owner through a mail."""
        return msgspec.structs.replace(self.advanced(at), confirmed_at=at)

    def to_confirm(self) -> Self:
        """The same access method, to be confirmed again."""
        return msgspec.structs.replace(self, confirmed_at=None)
