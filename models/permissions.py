"""Permissions: what a token may be used for, each with the sentence that a person reads before they
grant it.

A permission is an OAuth scope (RFC 6749, 3.3) and is called otherwise here, because *Scope* is who
asks.  It never replaces the question whose object it is.
"""

from typing import Final

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
}
