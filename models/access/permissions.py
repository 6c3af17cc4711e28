"""Permissions: what a token may be used for, each with the sentence that a person reads before they
grant it.

A permission is an OAuth scope (RFC 6749, 3.3) and is called otherwise here, because *Scope* is who
asks.  It never replaces the question whose object it is.
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


PERMISSIONS: Final[dict[str, Permission]] = {
    "account:read": Permission("see your account, your devices and your sessions", True),
    "account:write": Permission("change your account and how you sign in", True),
    "live:read": Permission("follow all of your changes as they happen", True),
    "goals:read": Permission("see your goals"),
    "goals:write": Permission("add, change and delete your goals"),
    "habits:read": Permission("see your habits and what you logged"),
    "habits:write": Permission("add, change and delete your habits, and log days"),
    "tasks:read": Permission("see your tasks"),
    "tasks:write": Permission("add, change and delete your tasks"),
    "moods:read": Permission("see how you felt"),
    "moods:write": Permission("add, change and delete moods"),
    "journal:read": Permission("read your journal", sensitive=True),
    "journal:write": Permission("write in your journal", sensitive=True),
    "coach:read": Permission("see what the coach has found out about you"),
    "shares:read": Permission("see with whom you share, and who shares with you", True),
    "shares:write": Permission("share your documents with a coach", True),
    "admin:users": Permission("see and end the accounts of others", True),
    "admin:content": Permission("edit what everybody reads", True),
    "admin:metrics": Permission("see the numbers of the service", True),
    "admin:audit": Permission("read who did what", True),
    "admin:roles": Permission("give roles", True),
}

# What OpenID Connect calls scopes and we do not need for an operation: who somebody is, and for how
# long the app may go on by itself (OpenID Connect Core, 5.4 and 11).
IDENTITY: Final[dict[str, Permission]] = {
    "openid": Permission("know that it is you"),
    "profile": Permission("see your name and your time zone"),
    "email": Permission("see your e-mail address"),
    "offline_access": Permission("go on while you are not there, until you take this back"),
}

Role = Literal["editor", "analyst", "support", "security", "superadmin"]

# What each role may do beside what everybody may; whoever is a coach is one by relation alone.
ROLES: Final[dict[Role, frozenset[str]]] = {
    "editor": frozenset({"admin:content"}),
    "analyst": frozenset({"admin:metrics"}),
    "support": frozenset({"admin:users"}),
    "security": frozenset({"admin:audit", "admin:users"}),
    "superadmin": frozenset(name for name in PERMISSIONS if name.startswith("admin:")),
}

# What our own apps may use a login for; whether somebody is an operator is asked at each use.
FIRST_PARTY: Final = frozenset(PERMISSIONS)


def granted_by(roles: Iterable[Role]) -> frozenset[str]:
    """The permissions that *roles* give.

    Examples
    --------
    >>> sorted(granted_by(["editor", "analyst"]))
    ['admin:content', 'admin:metrics']

    """
    return frozenset[str]().union(*(ROLES[role] for role in roles))
