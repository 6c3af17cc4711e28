"""Goals, the points that are noted of them, and templates; their rules are pure arithmetic."""

from models.access.limits import Quota
from models.access.model_context import ModelContext
from models.access.permissions import Permission
from models.goals.goal import Goal, GoalCategory, GoalDraft, GoalId, NewGoal
from models.goals.goal_point import GoalPoint, PointDraft, PointId
from models.goals.goal_template import GoalTemplate, GoalTemplateDraft, NewGoalTemplate
from models.goals.timers import GOAL_REMINDER, GOAL_TARGET, reminder_at, target_reminders

CONTEXT = ModelContext(
    content=(
        Goal,
        GoalPoint,
        GoalTemplate,
    ),
    shareable={
        Goal: "your goals",
        GoalPoint: "the progress that you note of your goals",
    },
    permissions={
        "goals:read": Permission("see your goals"),
        "goals:write": Permission("add, change and delete your goals"),
    },
    quotas={
        Goal: Quota(2_000, 32),
        GoalPoint: Quota(50_000, 64),
        GoalTemplate: Quota(100, 16),
    },
    timers={Goal: (GOAL_REMINDER, GOAL_TARGET)},
)

__all__ = [
    "CONTEXT",
    "GOAL_REMINDER",
    "GOAL_TARGET",
    "Goal",
    "GoalCategory",
    "GoalDraft",
    "GoalId",
    "GoalPoint",
    "GoalTemplate",
    "GoalTemplateDraft",
    "NewGoal",
    "NewGoalTemplate",
    "PointDraft",
    "PointId",
    "reminder_at",
    "target_reminders",
]
