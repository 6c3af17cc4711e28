"""What a file wants of moods and the journal; what its owner has made of it here stays."""

from models.base.document import Document
from models.journal import Journal, JournalEntry, NewJournal, NewJournalEntry
from models.moods import Mood, NewMood
from upcoach.services.imports.plan import Item, Verb
from upcoach.store.write.changes import Changes
from upcoach.store.write.refs import Ref


class MoodItem(Item):
    """A mood."""

    area = "moods"

    def __init__(self, draft: NewMood) -> None:
        self.id = draft.id
        self._draft = draft

    def parts(self) -> tuple[object, ...]:
        """See `Item.parts`."""
        return (self._draft,)

    def reads(self, owner: str) -> tuple[Ref, ...]:
        """See `Item.reads`."""
        return (Ref(Mood, owner, self.id),)

    def take(self, changes: Changes, owner: str, source: str) -> Verb:  # noqa: ARG002 - not kept
        """See `Item.take`."""
        return _made(changes, Mood.drafted(self._draft, owner=owner, at=changes.at))


class JournalItem(Item):
    """A journal."""

    area = "journals"

    def __init__(self, draft: NewJournal) -> None:
        self.id = draft.id
        self._draft = draft

    def parts(self) -> tuple[object, ...]:
        """See `Item.parts`."""
        return (self._draft,)

    @property
    def name(self) -> str:
        """See `Item.name`."""
        return self._draft.name

    def reads(self, owner: str) -> tuple[Ref, ...]:
        """See `Item.reads`."""
        return (Ref(Journal, owner, self.id),)

    def take(self, changes: Changes, owner: str, source: str) -> Verb:  # noqa: ARG002 - not kept
        """See `Item.take`."""
        return _made(changes, Journal.drafted(self._draft, owner=owner, at=changes.at))


class PageItem(Item):
    """An entry of a journal that the same file wants."""

    area = "journal_entries"

    def __init__(self, draft: NewJournalEntry) -> None:
        self.id = draft.id
        self._draft = draft

    def parts(self) -> tuple[object, ...]:
        """See `Item.parts`."""
        return (self._draft,)

    @property
    def name(self) -> str:
        """See `Item.name`."""
        return self._draft.title or self._draft.text[:60]

    def reads(self, owner: str) -> tuple[Ref, ...]:
        """See `Item.reads`."""
        return (Ref(JournalEntry, owner, self.id),)

    def take(self, changes: Changes, owner: str, source: str) -> Verb:  # noqa: ARG002 - not kept
        """See `Item.take`."""
        return _made(changes, JournalEntry.drafted(self._draft, owner=owner, at=changes.at))


def _made(changes: Changes, document: Document) -> Verb:
    if changes.find(type(document), document.owner, document.id) is not None:
        return "kept"
    changes.create(document)
    return "created"
