"""Sessions: one for each device on which a user is logged in."""

import datetime as dt
from typing import Annotated, ClassVar, Self

import msgspec

from models.documents.document import Document, Draft, Mark

DeviceId = Annotated[str, msgspec.Meta(min_length=1, max_length=64, pattern=r"^[A-Za-z0-9._:-]+\Z")]
DeviceName = Annotated[str, msgspec.Meta(max_length=100)]


class Credentials(Draft, frozen=True, kw_only=True):
    """What somebody gives to log in on a device."""

    email: Annotated[str, msgspec.Meta(max_length=254)]
    password: Annotated[str, msgspec.Meta(max_length=128)]
    device: DeviceId
    device_name: DeviceName | None = None


class Refresh(Draft, frozen=True, kw_only=True):
    """What a device gives to get a new token."""

    refresh_token: Annotated[str, msgspec.Meta(max_length=512)]


class Session(Document, frozen=True, kw_only=True):
    """A login of one device, until it expires or is ended.

    Attributes
    ----------
    secret_hash
        SHA-256 of the token's secret part, which has 256 bits and needs no slow hash.

    """

    kind: ClassVar[str] = "session"
    collection: ClassVar[str] = "sessions"

    device: Annotated[str, Mark.PERSONAL]
    device_name: Annotated[DeviceName | None, Mark.SEALED] = None
    secret_hash: Annotated[bytes, Mark.HIDDEN]
    expires_at: Annotated[dt.datetime, Mark.PERSONAL]
    ended_at: Annotated[dt.datetime | None, Mark.PERSONAL] = None

    def is_open(self, at: dt.datetime) -> bool:
        """Whether the login still holds at *at*."""
        return self.ended_at is None and at < self.expires_at

    def ended(self, at: dt.datetime) -> Self:
        """The same login, over."""
        return msgspec.structs.replace(self.advanced(at), ended_at=at)
