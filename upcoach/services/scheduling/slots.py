"""Which times coaches offer, and why others are not offered."""

import datetime as dt
import itertools
from typing import Final

import msgspec

from models.access.scope import Scope
from models.base.clock import Clock
from models.base.errors import NotFound, invalid_parameter
from models.base.time import DAY
from models.scheduling import (
    Availability,
    BookingRules,
    Interval,
    Mode,
    Reason,
    SessionType,
)
from upcoach.services.scheduling.agenda import Agendas, Asker, read
from upcoach.services.scheduling.offers import (
    availability_ref,
    offer_refs,
    require_offer,
    session_type_of,
)
from upcoach.store.collections.documents import Documents

LONGEST: Final = 62 * DAY
ALTERNATIVES: Final = 5
_SEARCHED: Final = 14 * DAY  # for alternatives, on both sides of what was asked for


class OfferedSlot(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True):
    """A time of a coach's.

    Attributes
    ----------
    starts_at
        When a session could begin.
    ends_at
        When it would be over.
    reasons
        Why it cannot be booked; only where that was asked for, and none where it can.

    """

    starts_at: dt.datetime
    ends_at: dt.datetime
    reasons: tuple[Reason, ...] | msgspec.UnsetType = msgspec.UNSET


class OfferedType(msgspec.Struct, frozen=True, kw_only=True):
    """What can be booked, as it is shown to those who can.

    Attributes
    ----------
    id
        The id by which it is booked.
    name
        What it is called.
    description
        What it is about.
    minutes
        How long it takes.
    modes
        How the two can meet.

    """

    id: str
    name: str
    description: str | None
    minutes: int
    modes: tuple[Mode, ...]


class CoachOffer(msgspec.Struct, frozen=True, kw_only=True):
    """What a coach offers to whoever asks.

    Attributes
    ----------
    coach
        The user id of the coach.
    tz
        The zone of the coach.
    session_types
        What can be booked now.
    needs_confirmation
        Whether a booking waits for the coach's word.
    notice_minutes
        How long before a session it can still be booked.
    horizon_days
        How many days ahead can be booked.
    cancel_notice_minutes
        How long before a session it can still be cancelled.
    move_notice_minutes
        The same for another time.

    """

    coach: str
    tz: str
    session_types: list[OfferedType]
    needs_confirmation: bool
    notice_minutes: int
    horizon_days: int
    cancel_notice_minutes: int
    move_notice_minutes: int


class Slots:
    """The times that coaches offer."""

    def __init__(self, documents: Documents, clock: Clock) -> None:
        self._documents = documents
        self._clock = clock

    async def availability(self, coach: str, user: str) -> Availability:
        """The availability of *coach*, if *user* can book them; else `NotFound`."""
        state = await self._documents.state(offer_refs(coach, user))
        return require_offer(coach, user, tuple(state.values()))

    async def can_book(self, coach: str, user: str) -> bool:
        """Whether *user* can book *coach*."""
        if "/" in coach:
            return False
        try:
            await self.availability(coach, user)
        except NotFound:
            return False
        return True

    async def offer(self, scope: Scope, coach: str) -> CoachOffer:
        """What *coach* offers to the caller."""
        availability = await self.availability(coach, scope.user)
        types = [
            OfferedType(
                id=name,
                name=session_type.name,
                description=session_type.description,
                minutes=session_type.minutes,
                modes=session_type.modes,
            )
            for name, session_type in availability.session_types.items()
            if session_type.is_offered
        ]
        return CoachOffer(
            coach=coach,
            tz=availability.tz,
            session_types=types,
            needs_confirmation=availability.needs_confirmation,
            notice_minutes=availability.notice_minutes,
            horizon_days=availability.horizon_days,
            cancel_notice_minutes=availability.cancel_notice_minutes,
            move_notice_minutes=availability.move_notice_minutes,
        )

    async def offered(
        self, scope: Scope, coach: str, type_name: str, span: Interval, *, explain: bool
    ) -> list[OfferedSlot]:
        """The times in *span* at which the caller can book; all, with reasons, to *explain*."""
        if not dt.timedelta() < span[1] - span[0] <= LONGEST:
            words = f"It ends after it begins, and {LONGEST.days} days later at most."
            raise invalid_parameter("to", words)
        asker = Asker(coach, scope.user)
        availability = await self.availability(coach, scope.user)
        session_type = session_type_of(availability, type_name)
        if session_type is None:
            words = "This coach offers no such type of session."
            raise invalid_parameter("type", words, code="type_unknown")
        agendas = await read(self._documents, asker, span)
        rules = self._rules(availability, session_type, asker, agendas, span)
        if explain:
            return [_slot(rules, start, rules.refusals(start)) for start in rules.grid]
        return [_slot(rules, start) for start in rules.offered()]

    async def alternatives(
        self, asker: Asker, type_name: str, wanted: dt.datetime
    ) -> list[OfferedSlot]:
        """The free times that are nearest to the one *wanted*, in order."""
        ref, now = availability_ref(asker.coach), self._clock()
        found = await self._documents.find_many(Availability, ref.owner, [ref.id])
        session_type = session_type_of(found[0], type_name) if found else None
        if session_type is None:
            return []
        latest = now + found[0].horizon_days * DAY
        middle = min(max(wanted, now), latest)
        span = max(now, middle - _SEARCHED), middle + _SEARCHED
        agendas = await read(self._documents, asker, span)
        rules = self._rules(found[0], session_type, asker, agendas, span)
        nearest = sorted(rules.grid, key=lambda start: abs(start - wanted))
        free = (start for start in nearest if not rules.refusals(start))
        return [_slot(rules, start) for start in sorted(itertools.islice(free, ALTERNATIVES))]

    def _rules(
        self,
        availability: Availability,
        session_type: SessionType,
        asker: Asker,
        agendas: Agendas,
        span: Interval,
    ) -> BookingRules:
        now = self._clock()
        return BookingRules(availability, session_type, asker.taken(agendas, now), span, now)


def _slot(
    rules: BookingRules,
    start: dt.datetime,
    reasons: tuple[Reason, ...] | msgspec.UnsetType = msgspec.UNSET,
) -> OfferedSlot:
    return OfferedSlot(starts_at=start, ends_at=rules.end_of(start), reasons=reasons)
