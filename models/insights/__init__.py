"""Insights: what the learners have to say, each learner in a kind of insight of its own."""

from models.access.model_context import ModelContext
from models.access.permissions import Permission
from models.insights.habit_forecast import HabitForecast
from models.insights.insight import Insight, Reason, Scores, insight_id

CONTEXT = ModelContext(
    content=(HabitForecast,),
    shareable={
        HabitForecast: "what the coach in the app has found out about you",
    },
    permissions={
        "coach:read": Permission("see what the coach has found out about you"),
    },
)

__all__ = [
    "CONTEXT",
    "HabitForecast",
    "Insight",
    "Reason",
    "Scores",
    "insight_id",
]
