"""The journal: journals, templates, entries and prompts."""

from models.access.model_context import ModelContext
from models.journal.journal import (
    Journal,
    JournalDraft,
    NewJournal,
    NewTemplate,
    Template,
    TemplateDraft,
)
from models.journal.journal_entry import (
    ClientEntry,
    EntryShare,
    EntryShareDraft,
    JournalEntry,
    JournalEntryContent,
    JournalEntryDraft,
    NewJournalEntry,
    UnsavedEntry,
)

CONTEXT = ModelContext(
    documents=(
        Journal,
        JournalEntry,
        EntryShare,
        ClientEntry,
        Template,
    ),
    unlogged=(UnsavedEntry,),
)

__all__ = [
    "CONTEXT",
    "ClientEntry",
    "EntryShare",
    "EntryShareDraft",
    "Journal",
    "JournalDraft",
    "JournalEntry",
    "JournalEntryContent",
    "JournalEntryDraft",
    "NewJournal",
    "NewJournalEntry",
    "NewTemplate",
    "Template",
    "TemplateDraft",
    "UnsavedEntry",
]
