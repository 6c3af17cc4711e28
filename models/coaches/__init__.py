"""Coaches: their profiles, and what others find of them."""

from models.access.model_context import ModelContext
from models.access.permissions import Permission
from models.coaches.listing import CoachListing, FoundCoach
from models.coaches.profile import (
    CoachProfile,
    CoachProfileDraft,
    RefusalReason,
    Verification,
    profile_id,
)

CONTEXT = ModelContext(
    content=(CoachProfile,),
    unlogged=(CoachListing,),
    permissions={
        "coaches:read": Permission("find coaches, and see what you say of yourself as one"),
        "coaches:write": Permission("write your profile as a coach", first_party=True),
    },
)

__all__ = [
    "CONTEXT",
    "CoachListing",
    "CoachProfile",
    "CoachProfileDraft",
    "FoundCoach",
    "RefusalReason",
    "Verification",
    "profile_id",
]
