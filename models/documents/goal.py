"""Goals: what a person wants to have reached."""

import datetime as dt
from typing import Annotated, ClassVar, Literal, Self

import msgspec

from models.documents.document import Document, Draft, Mark, fields_of
from models.identity import GoalId, new_id
from models.merge import Merge

Title = Annotated[str, msgspec.Meta(min_length=1, max_length=255)]
Description = Annotated[str, msgspec.Meta(max_length=1000)]
Progress = Annotated[float, msgspec.Meta(ge=0, le=1)]
Category = Literal[
    "career", "education", "financial", "health", "learning", "other", "personal", "relationship"
]
Priority = Literal["low", "medium", "high"]
Status = Literal["active", "paused", "completed", "cancelled"]


class GoalDraft(Draft, frozen=True, kw_only=True):
    """What a person may write of a goal; *progress* is a share from 0 to 1."""

    title: Title
    description: Description | None = None
    category: Category = "personal"
    priority: Priority = "medium"
    status: Status = "active"
    progress: Progress = 0.0
    target_date: dt.date | None = None


class NewGoal(GoalDraft, frozen=True, kw_only=True):
    """A goal to be made, under an id that the client may choose."""

    id: GoalId = msgspec.field(default_factory=lambda: new_id("gol"))


class Goal(Document, frozen=True, kw_only=True):
    """A goal, and when it was completed."""

    kind: ClassVar[str] = "goal"
    collection: ClassVar[str] = "goals"
    draft: ClassVar[type[Draft]] = GoalDraft

    title: Annotated[Title, Mark.SEALED]
    description: Annotated[Description | None, Mark.SEALED] = None
    category: Annotated[Category, Mark.PERSONAL] = "personal"
    priority: Annotated[Priority, Mark.PERSONAL] = "medium"
    status: Annotated[Status, Mark.PERSONAL] = "active"
    progress: Annotated[Progress, Mark.PERSONAL, Merge.MAX] = 0.0
    target_date: Annotated[dt.date | None, Mark.PERSONAL] = None
    completed_at: Annotated[dt.datetime | None, Mark.PERSONAL] = None

    @classmethod
    def drafted(cls, draft: NewGoal, *, owner: str, at: dt.datetime) -> Self:
        """A new goal."""
        return cls(
            id=draft.id,
            owner=owner,
            created_at=at,
            updated_at=at,
            completed_at=at if draft.status == "completed" else None,
            **fields_of(draft, GoalDraft),
        )

    def revised(self, draft: GoalDraft, at: dt.datetime) -> Self:
        """The same goal as *draft* says; it is completed when its status becomes so."""
        completed_at = (self.completed_at or at) if draft.status == "completed" else None
        return msgspec.structs.replace(
            self.advanced(at), completed_at=completed_at, **fields_of(draft, GoalDraft)
        )
