"""Import items of moods and the journal."""

import datetime as dt

from models.journal import Journal, JournalEntry, NewJournal, NewJournalEntry
from models.moods import Mood, NewMood
from upcoach.services.imports.planning.plan import DraftItem


class MoodItem(DraftItem[NewMood]):
    """A mood."""

    area = "moods"
    kind = Mood

    def document(self, owner: str, at: dt.datetime, source: str) -> Mood:  # noqa: ARG002 - not kept
        """See `DraftItem.document`."""
        return Mood.drafted(self.draft, owner=owner, at=at)


class JournalItem(DraftItem[NewJournal]):
    """A journal."""

    area = "journals"
    kind = Journal

    @property
    def name(self) -> str:
        """See `Item.name`."""
        return self.draft.name

    def document(self, owner: str, at: dt.datetime, source: str) -> Journal:  # noqa: ARG002 - not kept
        """See `DraftItem.document`."""
        return Journal.drafted(self.draft, owner=owner, at=at)


class JournalEntryItem(DraftItem[NewJournalEntry]):
    """An entry of a journal that the same file wants."""

    area = "journal_entries"
    kind = JournalEntry

    @property
    def name(self) -> str:
        """See `Item.name`."""
        return self.draft.title or self.draft.text[:60]

    def document(self, owner: str, at: dt.datetime, source: str) -> JournalEntry:  # noqa: ARG002 - not kept
        """See `DraftItem.document`."""
        return JournalEntry.drafted(self.draft, owner=owner, at=at)
