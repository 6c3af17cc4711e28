"""Coaches: their profiles, what others find of them, and their notes about clients."""

from models.access.limits import Quota
from models.access.model_context import ModelContext
from models.access.permissions import Permission
from models.coaches.client_note import (
    ClientNote,
    ClientNoteDraft,
    NewClientNote,
    NoteAboutClient,
)
from models.coaches.listing import CoachListing, FoundCoach
from models.coaches.profile import (
    CoachProfile,
    CoachProfileDraft,
    RefusalReason,
    Verification,
    profile_id,
)

CONTEXT = ModelContext(
    content=(CoachProfile, ClientNote),
    unlogged=(CoachListing,),
    quotas={
        ClientNote: Quota(20_000, 64),
    },
    permissions={
        "coaches:read": Permission("find coaches, and see what you say of yourself as one"),
        "coaches:write": Permission("write your profile as a coach", first_party=True),
        "notes:read": Permission("read your notes about clients", first_party=True),
        "notes:write": Permission("write notes about clients", first_party=True),
    },
)

__all__ = [
    "CONTEXT",
    "ClientNote",
    "ClientNoteDraft",
    "CoachListing",
    "CoachProfile",
    "CoachProfileDraft",
    "FoundCoach",
    "NewClientNote",
    "NoteAboutClient",
    "RefusalReason",
    "Verification",
    "profile_id",
]
