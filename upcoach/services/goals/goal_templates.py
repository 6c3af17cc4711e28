"""Templates of goals: those that come with the product, and one's own."""

import datetime as dt

from models.base.merge_patch import Json
from models.base.validation import checked
from models.goals import GoalTemplate, GoalTemplateDraft, NewGoalTemplate
from upcoach.services.base.resources import Resources


class GoalTemplates(Resources[GoalTemplate, NewGoalTemplate]):
    """A person's templates."""

    kind = GoalTemplate

    def _drafted(self, draft: NewGoalTemplate, owner: str, at: dt.datetime) -> GoalTemplate:
        return GoalTemplate.drafted(draft, owner=owner, at=at)

    def _revised(self, document: GoalTemplate, fields: Json, at: dt.datetime) -> GoalTemplate:
        return document.revised(checked(fields, GoalTemplateDraft), at)
