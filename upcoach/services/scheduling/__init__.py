"""Scheduling: coaches' availability, the times that follow from it, and the sessions booked."""

from typing import Self

import msgspec

from models.scheduling import HOLD_OVER
from upcoach.services.base.dependencies import Dependencies
from upcoach.services.base.time_zones import TimeZones
from upcoach.services.scheduling.availabilities import Availabilities
from upcoach.services.scheduling.bookings import Bookings
from upcoach.services.scheduling.expired_holds import ExpiredHolds
from upcoach.services.scheduling.sessions import CoachingSessions
from upcoach.services.scheduling.slots import CoachOffer, OfferedSlot, OfferedType, Slots

__all__ = ["CoachOffer", "OfferedSlot", "OfferedType", "SchedulingServices"]


class SchedulingServices(msgspec.Struct, frozen=True, kw_only=True):
    """The services of coaches' times and sessions."""

    availabilities: Availabilities
    slots: Slots
    bookings: Bookings
    sessions: CoachingSessions
    zones: TimeZones

    @classmethod
    def make(cls, dependencies: Dependencies) -> Self:
        documents, committer = dependencies.documents, dependencies.committer
        slots = Slots(documents, dependencies.clock)
        dependencies.timers.handles(HOLD_OVER.name, ExpiredHolds(documents, committer))
        return cls(
            availabilities=Availabilities(documents, committer),
            slots=slots,
            bookings=Bookings(documents, committer, slots),
            sessions=CoachingSessions(documents, committer),
            zones=dependencies.zones,
        )
