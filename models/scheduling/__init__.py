"""Scheduling: when coaches can be booked, what is held, and the sessions that are booked."""

from models.access.limits import Quota
from models.access.model_context import ModelContext
from models.access.permissions import Permission
from models.scheduling.availability import (
    Availability,
    AvailabilityDraft,
    Mode,
    SessionType,
    availability_id,
)
from models.scheduling.hold import HOLD_OVER, LIFE, HoldDraft, SlotHold, hold_id
from models.scheduling.reminders import SESSION_REMINDER, SessionReminder, reminders_of
from models.scheduling.session import (
    AHEAD,
    MOST_AHEAD,
    CoachingSession,
    CompletionDraft,
    MoveDraft,
    NewSession,
    RatingDraft,
    ReasonDraft,
    Role,
    SessionNotesDraft,
    SessionStatus,
    Sides,
)
from models.scheduling.slots import BookingRules, Interval, Reason, Taken

CONTEXT = ModelContext(
    content=(Availability, SlotHold, CoachingSession),
    permissions={
        "scheduling:read": Permission("see when coaches can be booked, and your sessions"),
        "scheduling:write": Permission("book, move and cancel your sessions, and offer some"),
    },
    quotas={
        CoachingSession: Quota(20_000, 128),
    },
    timers={SlotHold: (HOLD_OVER,), CoachingSession: (SESSION_REMINDER,)},
)

__all__ = [
    "AHEAD",
    "CONTEXT",
    "HOLD_OVER",
    "LIFE",
    "MOST_AHEAD",
    "SESSION_REMINDER",
    "Availability",
    "AvailabilityDraft",
    "BookingRules",
    "CoachingSession",
    "CompletionDraft",
    "HoldDraft",
    "Interval",
    "Mode",
    "MoveDraft",
    "NewSession",
    "RatingDraft",
    "Reason",
    "ReasonDraft",
    "Role",
    "SessionNotesDraft",
    "SessionReminder",
    "SessionStatus",
    "SessionType",
    "Sides",
    "SlotHold",
    "Taken",
    "availability_id",
    "hold_id",
    "reminders_of",
]
