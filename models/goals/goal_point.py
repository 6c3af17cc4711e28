"""Progress points: measurements of a goal, with a time and a note."""

import datetime as dt
from typing import Annotated, ClassVar, Final, Self

import msgspec

from models.base.document import Discloses, Document, Draft, Order, Privacy
from models.base.fields import Moment, ShortText
from models.base.ids import PartId, id_pattern
from models.base.time import check_date, to_stored
from models.goals.goal import Goal
from models.goals.goal_parts import Figure

ID_PREFIX: Final = "pnt"  # of ids
PointId = Annotated[str, id_pattern(ID_PREFIX)]


class PointDraft(Draft, frozen=True, kw_only=True):
    """The fields of a point that a person may write.

    Attributes
    ----------
    value
        In the unit of the key result; of the goal itself a share from 0 to 1.
    key_result
        What was measured; the goal itself without it.
    at
        When; now without it.
    note
        A note about it.

    """

    free_text: ClassVar[tuple[str, ...]] = ("note",)

    value: Figure
    key_result: PartId | None = None
    at: Moment | None = None
    note: ShortText | None = None

    def __post_init__(self) -> None:
        super().__post_init__()
        if self.at is not None:
            check_date(self.at.date(), "/at")
            msgspec.structs.force_setattr(self, "at", to_stored(self.at))


class GoalPoint(Document, frozen=True, kw_only=True):
    """A progress point of one goal; its id stands below the goal's.

    Attributes
    ----------
    goal
        The goal.
    value
        The value at that moment.
    key_result
        The key result that it is of; without one, of the goal itself.
    at
        The moment.
    note
        A note about it.

    """

    kind: ClassVar[str] = "goal.point"
    parent: ClassVar[type[Document] | None] = Goal
    id_prefix: ClassVar[str] = ID_PREFIX
    collection: ClassVar[str] = "goal_points"
    draft: ClassVar[type[Draft]] = PointDraft
    orders: ClassVar[tuple[Order, ...]] = (
        Order("at", ("goal",)),
        Order("at", ("goal", "key_result")),
    )

    goal: str
    value: Annotated[Figure, Privacy.PERSONAL, Discloses("goal:progress", "goal:key_results")]
    key_result: Annotated[str | None, Privacy.PERSONAL] = None
    at: Annotated[dt.datetime, Privacy.PERSONAL]
    note: Annotated[ShortText | None, Privacy.SEALED] = None

    @classmethod
    def drafted(
        cls, draft: PointDraft, *, owner: str, goal: str, point: str, at: dt.datetime
    ) -> Self:
        """A new point."""
        return cls(
            id=point_id(goal, point),
            owner=owner,
            created_at=at,
            updated_at=at,
            goal=goal,
            value=draft.value,
            key_result=draft.key_result,
            at=draft.at or at,
            note=draft.note,
        )

    def revised(self, draft: PointDraft, at: dt.datetime) -> Self:
        """The same point as *draft* says."""
        return msgspec.structs.replace(
            self.advanced(at),
            value=draft.value,
            key_result=draft.key_result,
            at=draft.at or self.at,
            note=draft.note,
        )


def point_id(goal: str, point: str) -> str:
    """The id of a goal's progress point: it stands below the goal's."""
    return f"{goal}/{point}"
