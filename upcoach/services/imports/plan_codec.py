"""Encodes a plan as bytes, between the process that reads a file and the server.

What a stranger's file has made of a reader must not reach the server as code, so this is
MessagePack of declared types, and each draft is checked once more as it is opened.
"""

import datetime as dt
from collections.abc import Sequence
from typing import Any, Final

import msgspec

from models.base.errors import Invalid, invalid_field
from models.base.validation import flaws_of, summary
from models.habits import EntryDraft, NewHabit
from models.journal import NewJournal, NewJournalEntry
from models.moods import NewMood
from models.tasks import NewTask
from upcoach.services.imports.planning.diary_items import JournalEntryItem, JournalItem, MoodItem
from upcoach.services.imports.planning.plan import (
    EntryItem,
    HabitItem,
    ImportItem,
    ImportPlan,
    TaskItem,
)
from upcoach.services.imports.planning.reports import Reported

LEAST: Final = 256  # bytes

_ITEMS: Final[dict[str, tuple[type[ImportItem], Any]]] = {
    HabitItem.area: (HabitItem, tuple[NewHabit]),
    EntryItem.area: (EntryItem, tuple[str, dt.date, EntryDraft]),
    TaskItem.area: (TaskItem, tuple[NewTask, dt.datetime | None]),
    MoodItem.area: (MoodItem, tuple[NewMood]),
    JournalItem.area: (JournalItem, tuple[NewJournal]),
    JournalEntryItem.area: (JournalEntryItem, tuple[NewJournalEntry]),
}


class PackedItem(msgspec.Struct, frozen=True, array_like=True, gc=False):
    """An item: its area, and what it is made from."""

    area: str
    parts: msgspec.Raw

    @classmethod
    def of(cls, item: ImportItem) -> "PackedItem":
        """*item*, packed."""
        return cls(item.area, msgspec.Raw(msgspec.msgpack.encode(item.parts())))

    @property
    def size(self) -> int:
        """The bytes of the packed item."""
        return len(memoryview(self.parts))

    @property
    def kept(self) -> int:
        """The bytes that it adds to what is stored: an event and a document, at the least."""
        return max(LEAST, self.size)

    def opened(self) -> ImportItem:
        """The item."""
        kind, parts = _ITEMS[self.area]
        try:
            made: ImportItem = kind(*msgspec.msgpack.decode(self.parts, type=parts))
        except msgspec.ValidationError:
            flaws = flaws_of(msgspec.msgpack.decode(self.parts), parts)
            raise beyond_rules(summary(flaws), self.area) from None
        return made


class PackedPlan(msgspec.Struct, frozen=True):
    """A `ImportPlan` whose items are still packed.

    Attributes
    ----------
    size
        The bytes that it adds to what is kept, if nothing of it is there yet: summed up as the
        items come, since there may be tens of thousands.

    """

    source: str
    items: Sequence[PackedItem]
    size: int
    areas: tuple[type[ImportItem], ...]
    notes: tuple[str, ...] = ()
    reports: Reported = Reported()

    @classmethod
    def of(cls, plan: ImportPlan) -> "PackedPlan":
        """*plan*, packed."""
        items = [PackedItem.of(item) for item in plan.items]
        return cls(plan.source, items, kept_by(items), plan.areas, plan.notes, plan.reports)


def kept_by(items: Sequence[PackedItem]) -> int:
    """The bytes that *items* add to what is kept."""
    return sum(item.kept for item in items)


def beyond_rules(message: str, area: str) -> Invalid:
    """The refusal of an item that would be no document; *message* says what is wrong with it."""
    words = f"One of the {area} is beyond its rules. {message}"
    return invalid_field("", "field_invalid", words, refusal="document_invalid")


def area_named(name: str) -> type[ImportItem]:
    """The kind of items that people call so."""
    return _ITEMS[name][0]
