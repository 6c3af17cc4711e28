"""Who may follow, and publish on, a typing or presence channel.

A channel is called by the other person, `typing:{user}`, so that the two who share one call it by
different names.  What is published there reaches these two and nobody else: several clients of one
coach, or coaches of one client, each have a channel of their own.
"""

from typing import Final

from models.access.scope import Scope
from models.base.errors import Invalid, NotFound
from streams.channels import presence
from upcoach.services.sharing.shares import Shares

TYPING_PREFIX: Final = "typing:"


def is_channel(name: str) -> bool:
    """Whether *name* is that of a channel, and not of a feed."""
    return name.startswith((presence.CHANNEL_PREFIX, TYPING_PREFIX))


async def require_channel_access(shares: Shares, scope: Scope, name: str) -> None:
    """Raise `NotFound` unless the channel is one's own, a client's, or one's coach's."""
    other = other_user(name)
    if other != scope.user and not await shares.connects(scope.user, other):
        raise NotFound("channel_unknown", "There is no such channel.")


def require_typing_channel(name: str) -> None:
    """Raise `Invalid` unless clients may publish on the channel *name*."""
    if not name.startswith(TYPING_PREFIX):
        raise Invalid("channel_closed", "Only the server speaks on this channel.")


def other_user(name: str) -> str:
    """The user at the other end of the channel *name*."""
    return name.partition(":")[2]


def shared_name(scope: Scope, name: str) -> str:
    """The name of the channel among the nodes, whoever of the two follows it."""
    if name.startswith(presence.CHANNEL_PREFIX):
        return presence.CHANNEL_PREFIX + other_user(name)
    return TYPING_PREFIX + "+".join(sorted({scope.user, other_user(name)}))
