"""Insights: what the learners have to say."""

from models.access.model_context import ModelContext
from models.insights.insight import Insight

CONTEXT = ModelContext(
    documents=(Insight,),
)

__all__ = [
    "CONTEXT",
    "Insight",
]
