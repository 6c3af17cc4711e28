"""Permissions: what a token may be used for, each with the sentence that a person reads before they
grant it.

Contexts declare them (`models.contexts.PERMISSIONS`).  A permission is an OAuth scope (RFC 6749,
3.3) and is called otherwise here, because *Scope* is who asks.  It never replaces the question
whose object it is.
"""

from collections.abc import Iterable
from typing import Final, Literal

import msgspec


class Permission(msgspec.Struct, frozen=True):
    """What somebody grants.

    Attributes
    ----------
    meaning
        Said on the consent page, after "It may".
    first_party
        Whether only our own apps may have it.
    sensitive
        Whether it stands on the consent page by itself.

    """

    meaning: str
    first_party: bool = False
    sensitive: bool = False


# What OpenID Connect calls scopes and we do not need for an operation: who somebody is, and for how
# long the app may go on by itself (OpenID Connect Core, 5.4 and 11).
IDENTITY: Final[dict[str, Permission]] = {
    "openid": Permission("know that it is you"),
    "profile": Permission("see your name and your time zone"),
    "email": Permission("see your e-mail address"),
    "offline_access": Permission("go on while you are not there, until you take this back"),
}

OperatorRole = Literal["editor", "analyst", "support", "security", "superadmin"]

# What each role may do beside what everybody may; whoever is a coach is one by relation alone.
ROLES: Final[dict[OperatorRole, frozenset[str]]] = {
    "editor": frozenset({"admin:content"}),
    "analyst": frozenset({"admin:metrics"}),
    "support": frozenset({"admin:users"}),
    "security": frozenset({"admin:audit", "admin:users"}),
    "superadmin": frozenset(
        {"admin:audit", "admin:content", "admin:metrics", "admin:roles", "admin:users"}
    ),
}


def granted_by(roles: Iterable[OperatorRole]) -> frozenset[str]:
    """The permissions that *roles* give.

    Examples
    --------
    >>> sorted(granted_by(["editor", "analyst"]))
    ['admin:content', 'admin:metrics']

    """
    return frozenset[str]().union(*(ROLES[role] for role in roles))
