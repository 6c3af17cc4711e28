"""Templates of goals: those that come with the product, and one's own."""

from models.goals import GoalTemplate, GoalTemplateDraft, NewGoalTemplate
from upcoach.services.base.resources import Resources
from upcoach.services.base.rules import Rules, revising


class GoalTemplates(Resources[GoalTemplate, NewGoalTemplate]):
    """A person's templates."""

    rules = Rules(
        kind=GoalTemplate,
        drafted=GoalTemplate.drafted,
        revised=revising(GoalTemplateDraft, GoalTemplate.revised),
    )
