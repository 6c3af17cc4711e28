"""The journal: journals, templates, entries, their shares, and prompts."""

from models.access.limits import Quota
from models.access.model_context import ModelContext
from models.access.permissions import Permission
from models.journal.entry_share import (
    ClientEntry,
    EntryShare,
    EntryShareDraft,
    client_entry_id,
    share_id,
)
from models.journal.journal import (
    Journal,
    JournalDraft,
    JournalTemplate,
    JournalTemplateDraft,
    NewJournal,
    NewJournalTemplate,
)
from models.journal.journal_entry import (
    JournalEntry,
    JournalEntryContent,
    JournalEntryDraft,
    JournalEntryId,
    NewJournalEntry,
    UnsavedEntry,
)

CONTEXT = ModelContext(
    content=(
        Journal,
        JournalEntry,
        JournalTemplate,
    ),
    ways=(EntryShare,),
    mirrors=(ClientEntry,),
    unlogged=(UnsavedEntry,),
    permissions={
        "journal:read": Permission("read your journal", sensitive=True),
        "journal:write": Permission("write in your journal", sensitive=True),
    },
    quotas={
        Journal: Quota(100, 4),
        UnsavedEntry: Quota(100, 16),
        JournalEntry: Quota(20_000, 256),
        EntryShare: Quota(2_000, 4),
        JournalTemplate: Quota(100, 8),
    },
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
    "JournalEntryId",
    "JournalTemplate",
    "JournalTemplateDraft",
    "NewJournal",
    "NewJournalEntry",
    "NewJournalTemplate",
    "UnsavedEntry",
    "client_entry_id",
    "share_id",
]
