"""Who may follow, and publish on, which channel.

A presence or typing channel is called by the other person, `typing:{user}`, so that the two who
share one call it by different names.  What is published there reaches these two and nobody else:
several clients of one coach, or coaches of one client, each have a channel of their own.

The channel of a coach's times, `slots:{user}`, is one for all who can book them: it says that some
of them were taken or given back, and neither which nor by whom.
"""

from typing import Final, NamedTuple

from models.access.scope import Scope
from models.base.errors import Invalid, NotFound
from streams.channels.presence import CHANNEL_PREFIX as PRESENCE_PREFIX
from streams.consumers.slot_changes import SLOTS_PREFIX
from upcoach.services.contexts import Services
from upcoach.services.scheduling.slots import Slots
from upcoach.services.sharing.shares import Shares

TYPING_PREFIX: Final = "typing:"


class ChannelAccess(NamedTuple):
    """What tells who may follow a channel."""

    shares: Shares
    slots: Slots

    @classmethod
    def of(cls, services: Services) -> "ChannelAccess":
        """That of a node's *services*."""
        return cls(services.sharing.shares, services.scheduling.slots)

    async def require(self, scope: Scope, name: str) -> None:
        """Raise `NotFound` unless the caller may follow the channel *name*."""
        if not await self._may_follow(scope.user, name, other_user(name)):
            raise NotFound("channel_unknown", "There is no such channel.")

    async def _may_follow(self, user: str, name: str, other: str) -> bool:
        if name.startswith(SLOTS_PREFIX):
            return await self.slots.can_book(other, user)
        return other == user or await self.shares.connects(user, other)


def is_channel(name: str) -> bool:
    """Whether *name* is that of a channel, and not of a feed."""
    return name.startswith((PRESENCE_PREFIX, TYPING_PREFIX, SLOTS_PREFIX))


def require_typing_channel(name: str) -> None:
    """Raise `Invalid` unless clients may publish on the channel *name*."""
    if not name.startswith(TYPING_PREFIX):
        raise Invalid("channel_closed", "Only the server speaks on this channel.")


def other_user(name: str) -> str:
    """The user at the other end of the channel *name*."""
    return name.partition(":")[2]


def shared_name(scope: Scope, name: str) -> str:
    """The name of the channel among the nodes, whoever of those who share it follows it."""
    if not name.startswith(TYPING_PREFIX):
        return name
    return TYPING_PREFIX + "+".join(sorted({scope.user, other_user(name)}))
