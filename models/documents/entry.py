"""Entries: what became of one habit on one local date.

An entry is keyed by the date that its owner calls it, decided when it is logged: no clock, job or
journey changes a day of the past.
"""

import datetime as dt
from typing import Annotated, ClassVar, Literal, Self

import msgspec

from models.documents.document import Document, Draft, Mark
from models.documents.habit import Amount, Habit
from models.errors import Flaw, Invalid
from models.merge import Merge

State = Literal["done", "missed", "skip"]
Value = Annotated[float, msgspec.Meta(ge=0, le=1e9)]
Note = Annotated[str, msgspec.Meta(max_length=1000)]


class EntryDraft(Draft, frozen=True, kw_only=True):
    """What a person may write of an entry.  *value* belongs to habits with an amount, only."""

    state: State = "done"
    value: Value | None = None
    note: Note | None = None


class Entry(Document, frozen=True, kw_only=True):
    """One day of one habit.

    Attributes
    ----------
    achieved
        Whether the day counts as done under the habit's measure as it was when the entry was
        written; null for a skipped day, which counts neither way.
    tz
        The zone of the habit when the entry was written.

    """

    kind: ClassVar[str] = "habit.entry"
    collection: ClassVar[str] = "habit_entries"
    draft: ClassVar[type[Draft]] = EntryDraft

    habit: str
    local_date: Annotated[dt.date, Mark.PERSONAL]
    state: Annotated[State, Mark.PERSONAL]
    value: Annotated[Value | None, Mark.PERSONAL, Merge.SUM] = None
    note: Annotated[Note | None, Mark.SEALED, Merge.APPEND] = None
    achieved: Annotated[bool | None, Mark.PERSONAL] = None
    tz: Annotated[str, Mark.PERSONAL]
    source: str | None = None

    @classmethod
    def drafted(
        cls,
        draft: EntryDraft,
        *,
        habit: Habit,
        day: dt.date,
        at: dt.datetime,
        source: str | None = None,
    ) -> Self:
        """A new entry; raises `Invalid` when value and measure do not fit."""
        return cls(
            id=entry_id(habit.id, day),
            owner=habit.owner,
            created_at=at,
            updated_at=at,
            habit=habit.id,
            local_date=day,
            achieved=achieved(draft, habit),
            tz=habit.tz,
            source=source,
            **msgspec.structs.asdict(draft),
        )

    def revised(
        self, draft: EntryDraft, *, habit: Habit, at: dt.datetime, source: str | None = None
    ) -> Self:
        """The same entry as *draft* says."""
        return msgspec.structs.replace(
            self.advanced(at),
            achieved=achieved(draft, habit),
            source=source,
            **msgspec.structs.asdict(draft),
        )


def entry_id(habit_id: str, day: dt.date) -> str:
    """The id of a habit's entry: it stands below the habit's."""
    return f"{habit_id}/{day.isoformat()}"


def achieved(draft: EntryDraft, habit: Habit) -> bool | None:
    """Whether *draft* counts as done for *habit*; raises `Invalid` when they do not fit."""
    measured = isinstance(habit.measure, Amount)
    if draft.value is not None and not measured:
        raise _unfit("value_unexpected", "This habit is done or not: it takes no value.")
    if draft.state == "skip":
        return None
    if draft.state == "missed":
        return False
    if not isinstance(habit.measure, Amount):
        return True
    if draft.value is None:
        raise _unfit("value_missing", "This habit is measured: a done day needs a value.")
    return habit.measure.is_met(draft.value)


def _unfit(code: str, detail: str) -> Invalid:
    return Invalid("body_invalid", detail, flaws=(Flaw("/value", code, detail),))
