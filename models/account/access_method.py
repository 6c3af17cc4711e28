"""Access methods: ways into an account and out of it, and whether its owner has confirmed them."""

import datetime as dt
from typing import Annotated, Self

import msgspec

from models.base.document import Document, Privacy


class AccessMethod(Document, frozen=True, kw_only=True):
    """A way into an account, or out of it, that an intruder could have left behind.

    Attributes
    ----------
    confirmed_at
        When somebody who reads the mails of the account's address has said that it is theirs.
        What nobody has said so of falls with a reset by mail.

    """

    confirmed_at: Annotated[dt.datetime | None, Privacy.PERSONAL, Privacy.HIDDEN] = None

    @property
    def since(self) -> dt.datetime:
        """The time since which it is what its owner has to confirm."""
        return self.updated_at

    def confirmed_by_mail(self, at: dt.datetime) -> Self:
        """The same way, confirmed by its owner through a mail."""
        return msgspec.structs.replace(self.advanced(at), confirmed_at=at)

    def to_confirm(self) -> Self:
        """The same way, to be confirmed anew."""
        return msgspec.structs.replace(self, confirmed_at=None)
