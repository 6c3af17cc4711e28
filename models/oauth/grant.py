"""Grants: what somebody allows an app of others, until they take it back."""

import datetime as dt
from collections.abc import Iterable
from typing import Annotated, ClassVar, Self

import msgspec

from models.account import AccessMethod
from models.base.document import Privacy


class Grant(AccessMethod, frozen=True, kw_only=True):
    """What a user has agreed to, for one client; the client's id is the grant's.

    Attributes
    ----------
    client
        What the app was called when they did.
    permissions
        The scopes, in the order in which they were agreed to.

    """

    kind: ClassVar[str] = "grant"
    collection: ClassVar[str] = "grants"

    client: Annotated[str, Privacy.PERSONAL]
    permissions: Annotated[tuple[str, ...], Privacy.PERSONAL]

    def covers(self, asked: Iterable[str]) -> bool:
        """Whether all that is *asked* was agreed to."""
        return set(asked) <= set(self.permissions)

    def widened(self, client: str, asked: Iterable[str], at: dt.datetime) -> Self:
        """The same grant, of what is *asked* too."""
        both = tuple(dict.fromkeys((*self.permissions, *asked)))
        after = self.advanced(at).to_confirm()
        return msgspec.structs.replace(after, client=client, permissions=both)
