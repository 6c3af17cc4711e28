"""Goals, the points that are noted of them, and templates; their rules are pure arithmetic."""

from models.access.model_context import ModelContext
from models.goals.goal import Goal, GoalDraft, NewGoal
from models.goals.goal_point import GoalPoint, PointDraft
from models.goals.goal_template import GoalTemplate, GoalTemplateDraft, NewGoalTemplate

CONTEXT = ModelContext(
    documents=(
        Goal,
        GoalPoint,
        GoalTemplate,
    ),
)

__all__ = [
    "CONTEXT",
    "Goal",
    "GoalDraft",
    "GoalPoint",
    "GoalTemplate",
    "GoalTemplateDraft",
    "NewGoal",
    "NewGoalTemplate",
    "PointDraft",
]
