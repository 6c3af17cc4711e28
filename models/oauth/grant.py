"""Grants: the scopes that a user has granted to an app, until they revoke them."""

import datetime as dt
from collections.abc import Iterable
from typing import Annotated, ClassVar, Self

import msgspec

from models.account import AccessMethod
from models.base.document import Privacy


class Grant(AccessMethod, frozen=True, kw_only=True):
    """The scopes that a user has granted to one client; the client's id is the grant's.

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

    def covers(self, scopes: Iterable[str]) -> bool:
        """Whether all *scopes* were granted."""
        return set(scopes) <= set(self.permissions)

    def widened(self, client: str, scopes: Iterable[str], at: dt.datetime) -> Self:
        """The same grant, with *scopes* added."""
        both = tuple(dict.fromkeys((*self.permissions, *scopes)))
        after = self.advanced(at).to_confirm()
        return msgspec.structs.replace(after, client=client, permissions=both)
