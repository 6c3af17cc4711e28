"""Import plans: read from a file, previewed, then carried out.

An importer reads its file into an `ImportPlan`, which names each document that is to be and where
it came from.  The same rule (`ImportItem.take`) says what becomes of it when the plan is shown and
when it is carried out.  Ids follow from the owner and the file, so that an import may be repeated.
"""

import abc
import collections
import datetime as dt
from collections.abc import Iterable, Sequence
from typing import ClassVar, Final, Generic, Literal, TypeVar

import msgspec

from models.base.document import Document
from models.base.errors import FieldError, Invalid
from models.base.merge_patch import Json
from models.habits import Entry, EntryDraft, Habit, NewHabit, entry_id
from models.tasks import NewTask, Task
from upcoach.services.base.rules import DraftWithId
from upcoach.services.habits import set_entry
from upcoach.services.imports.planning.reports import Reported
from upcoach.store.write.changes import WriteContext
from upcoach.store.write.refs import Ref

N = TypeVar("N", bound=DraftWithId)
Verb = Literal["created", "updated", "kept"]

MOST_ITEMS: Final = 55_000  # of one file: readers bound what they read, and this all of them
LISTED_DOCUMENTS: Final = 500  # in one answer; of further ones only their number is told


class ImportItem(abc.ABC):
    """A document to import.  *area* is what people call such documents."""

    area: ClassVar[str]
    verbs: ClassVar[tuple[Verb, ...]] = ("created", "kept")
    id: str

    @property
    def name(self) -> str:
        """What its owner calls it; empty for what has no name."""
        return ""

    @property
    def parent(self) -> str:
        """The id of the document that it is counted with; empty for one that stands by itself."""
        return ""

    @abc.abstractmethod
    def parts(self) -> tuple[object, ...]:
        """The values that it was made from."""

    @abc.abstractmethod
    def reads(self, owner: str) -> tuple[Ref, ...]:
        """The refs that `take` has to read."""

    @abc.abstractmethod
    def take(self, changes: WriteContext, owner: str, source: str) -> Verb:
        """Write the document, unless its owner has changed it."""


class DraftItem(ImportItem, Generic[N]):
    """A document that is made of a draft: what its owner has made of it here stays."""

    kind: ClassVar[type[Document]]

    def __init__(self, draft: N) -> None:
        self.id = draft.id
        self.draft = draft

    def parts(self) -> tuple[object, ...]:
        """See `ImportItem.parts`."""
        return (self.draft,)

    def reads(self, owner: str) -> tuple[Ref, ...]:
        """See `ImportItem.reads`."""
        return (Ref(self.kind, owner, self.id),)

    def take(self, changes: WriteContext, owner: str, source: str) -> Verb:
        """See `ImportItem.take`."""
        if changes.find(self.kind, owner, self.id) is not None:
            return "kept"
        changes.create(self.document(owner, changes.at, source))
        return "created"

    @abc.abstractmethod
    def document(self, owner: str, at: dt.datetime, source: str) -> Document:
        """The document that it makes."""


class HabitItem(DraftItem[NewHabit]):
    """A habit."""

    area = "habits"
    kind = Habit

    @property
    def name(self) -> str:
        """See `ImportItem.name`."""
        return self.draft.name

    def document(self, owner: str, at: dt.datetime, source: str) -> Habit:
        """See `DraftItem.document`."""
        return Habit.drafted(self.draft, owner=owner, at=at, source=source)


class EntryItem(ImportItem):
    """A day of a habit: it follows the file as long as it came from one like it."""

    area = "entries"
    verbs = ("created", "updated", "kept")

    def __init__(self, habit: str, day: dt.date, draft: EntryDraft) -> None:
        self.id = entry_id(habit, day)
        self.day = day
        self._habit = habit
        self._draft = draft

    def parts(self) -> tuple[str, dt.date, EntryDraft]:
        """See `ImportItem.parts`."""
        return (self._habit, self.day, self._draft)

    @property
    def parent(self) -> str:
        """See `ImportItem.parent`."""
        return self._habit

    def reads(self, owner: str) -> tuple[Ref, ...]:
        """See `ImportItem.reads`."""
        return (Ref(Habit, owner, self._habit), Ref(Entry, owner, self.id))

    def take(self, changes: WriteContext, owner: str, source: str) -> Verb:
        """See `ImportItem.take`."""
        habit = changes.get(Habit, owner, self._habit)
        before = changes.find(Entry, owner, self.id)
        if before is not None and before.source != source:
            return "kept"
        try:
            verb = set_entry(changes, habit, self.day, self._draft, before, source=source).verb
        except Invalid:  # its owner measures the habit in another way by now
            return "kept"
        return "created" if verb == "created" else "updated" if verb == "updated" else "kept"


class TaskItem(DraftItem[NewTask]):
    """A task, and when it was completed."""

    area = "tasks"
    kind = Task

    def __init__(self, draft: NewTask, completed_at: dt.datetime | None) -> None:
        super().__init__(draft)
        self._completed_at = completed_at

    def parts(self) -> tuple[object, ...]:
        """See `ImportItem.parts`."""
        return (self.draft, self._completed_at)

    @property
    def name(self) -> str:
        """See `ImportItem.name`."""
        return self.draft.title

    def document(self, owner: str, at: dt.datetime, source: str) -> Task:  # noqa: ARG002 - not kept
        """See `DraftItem.document`."""
        task = Task.drafted(self.draft, owner=owner, at=at)
        if task.completed_at is None or self._completed_at is None:
            return task
        return msgspec.structs.replace(task, completed_at=self._completed_at)


class ImportPlan(msgspec.Struct, frozen=True):
    """All that a file wants: *items*, parents first.

    Attributes
    ----------
    areas
        What such files hold: each is counted, also where there is nothing of it.
    notes
        Sentences about what of such a file has no place here.
    reports
        What of the file was cut, changed or left out, each with its place.

    """

    source: str
    items: tuple[ImportItem, ...]
    areas: tuple[type[ImportItem], ...]
    notes: tuple[str, ...] = ()
    reports: Reported = Reported()


class Counts(msgspec.Struct, frozen=True):
    """How many documents an import made, and how many there were.

    Attributes
    ----------
    created
        How many are new.
    kept
        How many were there already.

    """

    created: int
    kept: int


class EntryCounts(msgspec.Struct, frozen=True):
    """How many entries an import made, changed, and left as they were.

    Attributes
    ----------
    created
        How many are new.
    updated
        How many have changed.
    kept
        How many were there already.

    """

    created: int
    updated: int
    kept: int


class Planned(msgspec.Struct, frozen=True, omit_defaults=True):
    """What would become of one document, and of the days that belong to it.

    Attributes
    ----------
    area
        What kind of thing it is.
    id
        The id that it gets.
    name
        What it is called.
    verb
        What the import does with it.
    entries
        How many entries it brings.

    """

    area: str
    id: str
    name: str
    verb: Verb
    entries: EntryCounts | None = None


class Imported(msgspec.Struct, frozen=True, omit_defaults=True):
    """What an import did, or what it would do.

    Attributes
    ----------
    notes
        Sentences about what of such a file has no place here.
    reports
        What of the file was cut, changed or left out, each with its place: the pointer into the
        file, or to a file of the archive and a line of it.
    reports_unlisted
        How many further reports there are.
    documents
        With *dry_run*, the first documents of the file that stand by themselves.
    documents_unlisted
        How many further ones there are.
    habits
        The habits.
    entries
        The entries of habits.
    tasks
        The tasks.
    moods
        The moods.
    journals
        The journals.
    journal_entries
        The entries of journals.
    dry_run
        Whether nothing was written.

    """

    notes: list[str]
    reports: tuple[FieldError, ...] = ()
    reports_unlisted: int = 0
    habits: Counts | None = None
    entries: EntryCounts | None = None
    tasks: Counts | None = None
    moods: Counts | None = None
    journals: Counts | None = None
    journal_entries: Counts | None = None
    dry_run: bool = False
    documents: tuple[Planned, ...] = ()
    documents_unlisted: int = 0


class ImportTally:
    """Counts what became of items by area, on top of *before*."""

    def __init__(
        self,
        areas: Iterable[type[ImportItem]],
        source: str,
        notes: Sequence[str],
        reports: Reported,
        before: Json | None = None,
    ) -> None:
        self._source = source
        self._notes = notes
        self._reports = reports
        self._counts = {
            area.area: collections.Counter(
                {verb: (before or {}).get(area.area, {}).get(verb, 0) for verb in area.verbs}
            )
            for area in areas
        }
        self._documents: list[Planned] = []
        self._unlisted = 0
        self._days: dict[str, collections.Counter[str]] = {}

    def take(self, item: ImportItem, changes: WriteContext, owner: str) -> None:
        """Take *item*, and count it."""
        verb = item.take(changes, owner, self._source)
        self._counts[item.area][verb] += 1
        if item.parent:
            self._days.setdefault(item.parent, collections.Counter())[verb] += 1
        elif len(self._documents) == LISTED_DOCUMENTS:
            self._unlisted += 1
        else:
            self._documents.append(Planned(item.area, item.id, item.name, verb))

    @property
    def changed(self) -> bool:
        """Whether anything was changed."""
        return any(set(count) - {"kept"} & set(+count) for count in self._counts.values())

    def counts(self) -> Json:
        """What became of the items of each area until now, which another tally goes on from."""
        return {area: dict(count) for area, count in self._counts.items()}

    def body(self) -> Json:
        """The body of the answer: an `Imported`."""
        return self.counts() | {
            "notes": list(self._notes),
            "reports": msgspec.to_builtins(self._reports.listed),
            "reports_unlisted": self._reports.unlisted,
        }

    def shown(self) -> Json:
        """The body of the answer to a dry run, with what would become of the first documents."""
        documents = [
            msgspec.structs.replace(planned, entries=_entries(self._days, planned.id))
            for planned in self._documents
        ]
        return self.body() | {
            "dry_run": True,
            "documents": documents,
            "documents_unlisted": self._unlisted,
        }


def _entries(days: dict[str, collections.Counter[str]], parent: str) -> EntryCounts | None:
    count = days.get(parent)
    return None if count is None else EntryCounts(**{verb: count[verb] for verb in EntryItem.verbs})
