"""Vacations: ranges of dates on which some habits, or all, are paused.

What was logged on such a day counts all the same.  A vacation that is taken back asks again.
"""

import datetime as dt
from typing import Annotated, ClassVar, Final, Self

import msgspec

from models.base.document import Document, Draft, Order, Privacy, fields_of
from models.base.errors import invalid_field
from models.base.fields import ShortText
from models.base.ids import id_pattern, new_id
from models.base.time import check_counted
from models.habits.habit import HabitId

ID_PREFIX: Final = "vac"  # of ids
VacationId = Annotated[str, id_pattern(ID_PREFIX)]
LONGEST: Final = 366  # days


class VacationDraft(Draft, frozen=True, kw_only=True):
    """The fields of a vacation that a person may write.

    Attributes
    ----------
    last
        Still within it.
    habits
        The habits that pause; none means all.  Ids of habits that are gone mean nothing.
    first
        The first day.
    note
        A note about it.

    """

    free_text: ClassVar[tuple[str, ...]] = ("note",)

    first: dt.date
    last: dt.date
    habits: Annotated[tuple[HabitId, ...], msgspec.Meta(max_length=100)] = ()
    note: ShortText | None = None

    def __post_init__(self) -> None:
        super().__post_init__()
        check_counted(self.first, "/first")
        check_counted(self.last, "/last")
        if not 0 <= (self.last - self.first).days < LONGEST:
            message = f"A vacation ends no earlier than it begins, and has {LONGEST} days at most."
            raise invalid_field("/last", "range_impossible", message)


class NewVacation(VacationDraft, frozen=True, kw_only=True):
    """A new vacation, with an id that the client may choose.

    Attributes
    ----------
    id
        The id, if the client chooses it.

    """

    id: VacationId = msgspec.field(default_factory=lambda: new_id(ID_PREFIX))


class Vacation(Document, frozen=True, kw_only=True):
    """A range of dates on which some habits, or all, are paused.

    Attributes
    ----------
    last
        The last day.
    habits
        The habits that pause; all of them without any.

    """

    kind: ClassVar[str] = "habit.vacation"
    id_prefix: ClassVar[str] = ID_PREFIX
    collection: ClassVar[str] = "vacations"
    draft: ClassVar[type[Draft]] = VacationDraft
    orders: ClassVar[tuple[Order, ...]] = (Order("last"),)

    first: Annotated[dt.date, Privacy.PERSONAL]
    last: Annotated[dt.date, Privacy.PERSONAL]
    habits: Annotated[tuple[str, ...], Privacy.PERSONAL] = ()
    note: Annotated[ShortText | None, Privacy.SEALED] = None

    @classmethod
    def drafted(cls, draft: NewVacation, *, owner: str, at: dt.datetime) -> Self:
        """A new vacation."""
        fields = fields_of(draft, VacationDraft)
        return cls(id=draft.id, owner=owner, created_at=at, updated_at=at, **fields)

    def revised(self, draft: VacationDraft, at: dt.datetime) -> Self:
        """The same vacation as *draft* says."""
        return msgspec.structs.replace(self.advanced(at), **fields_of(draft, VacationDraft))
