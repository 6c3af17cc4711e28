"""Insights: what the learners have to say."""

from models.access.model_context import ModelContext
from models.access.permissions import Permission
from models.insights.insight import Insight, Reason, Scores, insight_id

CONTEXT = ModelContext(
    content=(Insight,),
    shareable={
        Insight: "what the coach in the app has found out about you",
    },
    permissions={
        "coach:read": Permission("see what the coach has found out about you"),
    },
)

__all__ = [
    "CONTEXT",
    "Insight",
    "Reason",
    "Scores",
    "insight_id",
]
