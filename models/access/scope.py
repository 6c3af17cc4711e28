"""The scope of a caller.  Every service takes it first, and every query is filtered by it."""

import msgspec

from models.wire.events import user_feed


class Scope(msgspec.Struct, frozen=True, kw_only=True):
    """A caller: the user, the session they are logged in with, and the device it lives on."""

    user: str
    session: str = ""
    device: str = ""

    @property
    def feed(self) -> str:
        """The caller's own feed."""
        return user_feed(self.user)
