"""Holds: a time of a coach's that somebody is about to book is kept free for them for a while."""

import datetime as dt
from typing import Annotated, ClassVar, Final, Self

import msgspec

from models.base.document import Document, Draft, Order, Privacy
from models.base.fields import Moment
from models.base.ids import PartId, derived_id
from models.base.timers import TimerRule

ID_PREFIX: Final = "hld"  # of ids
LIFE: Final = dt.timedelta(minutes=5)

PersonId = Annotated[str, msgspec.Meta(min_length=1, max_length=64)]


class HoldDraft(Draft, frozen=True, kw_only=True):
    """The time that is to be held.

    Attributes
    ----------
    coach
        The user id of the coach.
    type
        Which of the coach's session types.
    starts_at
        When the session would begin.

    """

    coach: PersonId
    type: PartId
    starts_at: Moment


class SlotHold(Document, frozen=True, kw_only=True):
    """A time of its owner, a coach, that is kept free for a client.

    Each client has one with each coach: another takes its place.

    Attributes
    ----------
    client
        Whom it is kept for.
    type
        Which of the coach's session types.
    starts_at
        When the session would begin.
    ends_at
        When it would be over.
    blocked_from
        When what is kept free begins: before the session, if that has a buffer.
    blocked_to
        When what is kept free is over.
    expires_at
        Until when it is kept.

    """

    kind: ClassVar[str] = "slot_hold"
    id_prefix: ClassVar[str] = ID_PREFIX
    collection: ClassVar[str] = "slot_holds"
    orders: ClassVar[tuple[Order, ...]] = (Order("starts_at"),)

    client: Annotated[str, Privacy.PERSONAL]
    type: Annotated[str, Privacy.PERSONAL]
    starts_at: Annotated[dt.datetime, Privacy.PERSONAL]
    ends_at: Annotated[dt.datetime, Privacy.PERSONAL]
    blocked_from: Annotated[dt.datetime, Privacy.PERSONAL]
    blocked_to: Annotated[dt.datetime, Privacy.PERSONAL]
    expires_at: Annotated[dt.datetime, Privacy.PERSONAL]

    def holds(self, at: dt.datetime) -> bool:
        """Whether the time is still kept at *at*."""
        return at < self.expires_at

    def moved(self, other: Self, at: dt.datetime) -> Self:
        """The same hold, of the time of *other*."""
        return msgspec.structs.replace(
            other,
            id=self.id,
            version=self.version + 1,
            first_version=self.first_version,
            made_by=self.made_by,
            created_at=self.created_at,
            updated_at=at,
        )


def hold_id(coach: str, client: str) -> str:
    """The id of the hold that *client* has with *coach*."""
    return derived_id(ID_PREFIX, coach, client)


def _expires(hold: SlotHold, after: dt.datetime) -> dt.datetime | None:
    return hold.expires_at if hold.expires_at > after else None


HOLD_OVER: Final = TimerRule(name="hold_over", next_due=_expires, grace=dt.timedelta(days=366))
