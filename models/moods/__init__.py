"""Moods: how somebody felt, on the date that they call it."""

from models.access.limits import Quota
from models.access.model_context import ModelContext
from models.access.permissions import Permission
from models.moods.mood import Mood, MoodDraft, NewMood

CONTEXT = ModelContext(
    content=(Mood,),
    shareable={Mood: "your moods"},
    permissions={
        "moods:read": Permission("see how you felt"),
        "moods:write": Permission("add, change and delete moods"),
    },
    quotas={
        Mood: Quota(50_000, 64),
    },
)

__all__ = [
    "CONTEXT",
    "Mood",
    "MoodDraft",
    "NewMood",
]
