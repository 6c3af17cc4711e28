"""The journal: entries, their drafts and their trash, journals, templates and prompts."""

from typing import Self

import msgspec

from models.base.periodic_jobs import PeriodicJob
from upcoach.services.base.dependencies import Dependencies
from upcoach.services.base.time_zones import TimeZones
from upcoach.services.journal.drafts import UnsavedEntries
from upcoach.services.journal.journal import JournalEntries
from upcoach.services.journal.journals import Journals, Templates
from upcoach.services.journal.prompts import Prompts
from upcoach.services.journal.trash import Trash
from upcoach.services.sharing import EntryShares, SharingServices
from upcoach.store.log.log_redaction import LogRedaction

__all__ = ["JournalEntries", "JournalServices", "Journals", "Templates"]


class JournalServices(msgspec.Struct, frozen=True, kw_only=True):
    """The services of the journal."""

    entries: JournalEntries
    drafts: UnsavedEntries
    journals: Journals
    templates: Templates
    prompts: Prompts
    trash: Trash
    entry_shares: EntryShares
    zones: TimeZones

    @property
    def periodic_jobs(self) -> tuple[PeriodicJob, ...]:
        """The periodic purge of the trash."""
        return self.trash.periodic_jobs

    @classmethod
    def make(cls, dependencies: Dependencies, sharing: SharingServices) -> Self:
        documents, committer = dependencies.documents, dependencies.committer
        log, clock = dependencies.log, dependencies.clock
        redaction = LogRedaction(dependencies.database, dependencies.keyring, log)
        return cls(
            entries=JournalEntries(documents, committer, log, clock),
            drafts=UnsavedEntries(documents, committer),
            journals=Journals(documents, committer),
            templates=Templates(documents, committer),
            prompts=Prompts(documents),
            trash=Trash(documents, committer, redaction, sharing.entry_shares, clock),
            entry_shares=sharing.entry_shares,
            zones=dependencies.zones,
        )
