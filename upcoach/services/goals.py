"""Goals: made, changed and deleted by their owner."""

import datetime as dt

from models.documents import Goal, GoalDraft, NewGoal
from models.merge_patch import Json
from models.validation import checked
from upcoach.services.resources import Resources


class Goals(Resources[Goal, NewGoal]):
    """A person's goals."""

    kind = Goal

    def _drafted(self, draft: NewGoal, owner: str, at: dt.datetime) -> Goal:
        return Goal.drafted(draft, owner=owner, at=at)

    def _revised(self, document: Goal, fields: Json, at: dt.datetime) -> Goal:
        return document.revised(checked(fields, GoalDraft), at)
