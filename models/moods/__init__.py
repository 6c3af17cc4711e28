"""Moods."""

from models.access.model_context import ModelContext
from models.moods.mood import Mood, MoodDraft, NewMood

CONTEXT = ModelContext(
    documents=(Mood,),
)

__all__ = [
    "CONTEXT",
    "Mood",
    "MoodDraft",
    "NewMood",
]
