"""Ways into an account and out of it, and whether its owner has confirmed them."""

import datetime as dt
from typing import Annotated, Self

import msgspec

from models.base.document import Document, Privacy


class AccessMethod(Document, frozen=True, kw_only=True):
    """A way into an account, or out of it, that whoever was in once could have left behind.

    Attributes
    ----------
    confirmed_at
        When somebody who reads the mails of the account's address has said that it is theirs.
        What nobody has said so of falls with a reset by mail.

    """

    confirmed_at: Annotated[dt.datetime | None, Privacy.PERSONAL, Privacy.HIDDEN] = None

    @property
    def since(self) -> dt.datetime:
        """When it became what somebody has to confirm."""
        return self.updated_at

    def confirmed_by_mail(self, at: dt.datetime) -> Self:
        """The same way, which is known to be its owner's."""
        return msgspec.structs.replace(self.advanced(at), confirmed_at=at)

    def to_confirm(self) -> Self:
        """The same way, about which somebody has yet to say that it is theirs as it is now."""
        return msgspec.structs.replace(self, confirmed_at=None)
