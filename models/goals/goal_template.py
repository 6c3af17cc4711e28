"""Templates of goals that a person sets themselves again and again."""

import datetime as dt
from typing import Annotated, ClassVar, Final, Self

import msgspec

from models.base.document import Document, Draft, Order, Privacy, fields_of
from models.base.fields import ShortText, Title
from models.base.ids import id_pattern, new_id
from models.goals.goal import GoalCategory, KeyResults, Milestones, Priority
from models.goals.goal_parts import Smart

ID_PREFIX: Final = "tpl"  # of ids
GoalTemplateId = Annotated[str, id_pattern(ID_PREFIX)]
Days = Annotated[int, msgspec.Meta(ge=1, le=3660)]


class GoalTemplateDraft(Draft, frozen=True, kw_only=True):
    """The fields of a template that a person may write; *days* is how long its goals take.

    Attributes
    ----------
    title
        The title of goals that are made from it.
    description
        Their description.
    category
        Their area of life.
    priority
        How much they matter.
    days
        The days from their start to their target date.
    smart
        Their answers to what makes a goal SMART.
    milestones
        Their milestones, by id.
    key_results
        Their key results, by id.

    """

    free_text: ClassVar[tuple[str, ...]] = (
        "title",
        "description",
        "smart",
        "milestones",
        "key_results",
    )

    title: Title
    description: ShortText | None = None
    category: GoalCategory = GoalCategory.PERSONAL
    priority: Priority = "medium"
    days: Days | None = None
    smart: Smart | None = None
    milestones: Milestones = msgspec.field(default_factory=dict)
    key_results: KeyResults = msgspec.field(default_factory=dict)


class NewGoalTemplate(GoalTemplateDraft, frozen=True, kw_only=True):
    """A new template, with an id that the client may choose.

    Attributes
    ----------
    id
        The id, if the client chooses it.

    """

    id: GoalTemplateId = msgspec.field(default_factory=lambda: new_id(ID_PREFIX))


class GoalTemplate(Document, frozen=True, kw_only=True):
    """A goal template of a person's own."""

    kind: ClassVar[str] = "goal.template"
    id_prefix: ClassVar[str] = ID_PREFIX
    collection: ClassVar[str] = "goal_templates"
    draft: ClassVar[type[Draft]] = GoalTemplateDraft
    orders: ClassVar[tuple[Order, ...]] = (Order("created_at"),)

    title: Annotated[Title, Privacy.SEALED]
    description: Annotated[ShortText | None, Privacy.SEALED] = None
    category: Annotated[GoalCategory, Privacy.PERSONAL] = GoalCategory.PERSONAL
    priority: Annotated[Priority, Privacy.PERSONAL] = "medium"
    days: Annotated[Days | None, Privacy.PERSONAL] = None
    smart: Annotated[Smart | None, Privacy.SEALED] = None
    milestones: Annotated[Milestones, Privacy.SEALED] = msgspec.field(default_factory=dict)
    key_results: Annotated[KeyResults, Privacy.SEALED] = msgspec.field(default_factory=dict)

    @classmethod
    def drafted(cls, draft: NewGoalTemplate, *, owner: str, at: dt.datetime) -> Self:
        """A new template."""
        fields = fields_of(draft, GoalTemplateDraft)
        return cls(id=draft.id, owner=owner, created_at=at, updated_at=at, **fields)

    def revised(self, draft: GoalTemplateDraft, at: dt.datetime) -> Self:
        """The same template as *draft* says."""
        return msgspec.structs.replace(self.advanced(at), **fields_of(draft, GoalTemplateDraft))
