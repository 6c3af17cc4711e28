"""Journal entries, their trash and their drafts.

An entry that is thrown away stays in the trash for 30 days, where its owner sees it and can take it
back.  After that nobody sees it again, and what the log knew of its words is taken out of it (see
`upcoach.store.log.log_redaction`).
"""

import datetime as dt
from collections.abc import Collection
from typing import Annotated, ClassVar, Final, Self

import msgspec

from models.base.document import Document, Draft, Lookup, Order, Privacy, fields_of
from models.base.errors import Conflict
from models.base.fields import OwnZone, Rating, own_zone
from models.base.ids import id_pattern, new_id
from models.base.merge import Merge
from models.base.text.search_words import distinct, label, words_of
from models.base.text.type_words import shaped
from models.base.time import check_date, check_stored_zone, check_zone, local_date
from models.journal.journal import JournalId, Tags, Text, default_journal

ID_PREFIX: Final = "jen"  # of ids
JournalEntryId = Annotated[str, id_pattern(ID_PREFIX)]
KEPT: Final = dt.timedelta(days=30)  # in the trash

Title = Annotated[str, msgspec.Meta(max_length=255)]
PromptId = Annotated[str, shaped(pattern=r"^[a-z]{1,16}-[0-9]{1,3}\Z", form="the id of a prompt")]


class JournalEntryContent(msgspec.Struct, frozen=True, kw_only=True):
    """The content of an entry, also while it is being written.

    Attributes
    ----------
    journal
        The default one, if none is named.
    mood
        1 (very sad) to 5 (very happy), and *feelings*, their words for it.
    local_date
        The day that it is about; the day in *tz* on which it is written, if none is named.
    prompt
        The question that it answers.
    title
        The title.
    text
        The text, in Markdown.
    feelings
        What was felt.
    tags
        The tags.
    tz
        The time zone in which it was written.
    pinned
        Whether it stays on top.

    """

    journal: JournalId | None = None
    title: Title | None = None
    text: Text = ""
    mood: Rating | None = None
    feelings: Tags = ()
    tags: Tags = ()
    local_date: dt.date | None = None
    tz: OwnZone = own_zone()
    pinned: bool = False
    prompt: PromptId | None = None


class JournalEntryDraft(Draft, JournalEntryContent, frozen=True, kw_only=True):
    """The fields of an entry that a person may write."""

    free_text: ClassVar[tuple[str, ...]] = ("title", "text", "feelings", "tags")

    def __post_init__(self) -> None:
        super().__post_init__()
        check_zone(self.tz)
        check_date(self.local_date, "/local_date")
        for name in ("feelings", "tags"):
            msgspec.structs.force_setattr(self, name, distinct(getattr(self, name)))


class NewJournalEntry(JournalEntryDraft, frozen=True, kw_only=True):
    """A new entry, with an id that the client may choose.

    Attributes
    ----------
    id
        The id, if the client chooses it.

    """

    id: JournalEntryId = msgspec.field(default_factory=lambda: new_id(ID_PREFIX))


class JournalEntry(Document, frozen=True, kw_only=True):
    """A journal entry; *trashed_at* says since when it has been in the trash.

    Attributes
    ----------
    journal
        The journal that it is in.
    mood
        The mood, from 1 to 5.
    local_date
        The day that it is about.
    prompt
        The question that it answers.
    trashed_at
        When it was moved to the trash.

    """

    kind: ClassVar[str] = "journal.entry"
    id_prefix: ClassVar[str] = ID_PREFIX
    collection: ClassVar[str] = "journal_entries"
    draft: ClassVar[type[Draft]] = JournalEntryDraft
    orders: ClassVar[tuple[Order, ...]] = (
        Order("local_date", ("trashed_at",)),
        Order("local_date", ("trashed_at", "journal")),
        Order("local_date", ("trashed_at", "pinned")),
        Order("local_date", ("words",)),
        Order("updated_at", ("trashed_at",)),
        Order("trashed_at"),
    )
    lookups: ClassVar[tuple[Lookup, ...]] = (Lookup("end", "trashed_at"),)

    journal: Annotated[str, Privacy.PERSONAL]
    title: Annotated[Title | None, Privacy.SEALED] = None
    text: Annotated[Text, Privacy.SEALED, Merge.APPEND] = ""
    mood: Annotated[Rating | None, Privacy.PERSONAL] = None
    feelings: Annotated[Tags, Privacy.SEALED, Merge.APPEND] = ()
    tags: Annotated[Tags, Privacy.SEALED, Merge.APPEND] = ()
    local_date: Annotated[dt.date, Privacy.PERSONAL]
    tz: Annotated[str, Privacy.PERSONAL] = "UTC"
    pinned: bool = False
    prompt: Annotated[PromptId | None, Privacy.PERSONAL] = None
    trashed_at: Annotated[dt.datetime | None, Privacy.PERSONAL] = None

    def __post_init__(self) -> None:
        """Refuse an unknown time zone: no day of it can be told."""
        check_stored_zone(self.tz)

    @classmethod
    def drafted(cls, draft: NewJournalEntry, *, owner: str, at: dt.datetime) -> Self:
        """A new entry."""
        fields = fields_of(draft, JournalEntryDraft)
        fields["journal"] = draft.journal or default_journal(owner)
        fields["local_date"] = draft.local_date or local_date(at, draft.tz)
        return cls(id=draft.id, owner=owner, created_at=at, updated_at=at, **fields)

    def revised(self, draft: JournalEntryDraft, at: dt.datetime) -> Self:
        """The same entry as *draft* says; one in the trash is a `Conflict`."""
        if self.trashed_at is not None:
            raise Conflict("entry_trashed", "This entry is in the trash: restore it first.")
        fields = fields_of(draft, JournalEntryDraft)
        fields["journal"] = draft.journal or default_journal(self.owner)
        fields["local_date"] = draft.local_date or self.local_date
        return msgspec.structs.replace(self.advanced(at), **fields)

    def trashed(self, at: dt.datetime) -> Self:
        """The same entry, moved to the trash."""
        return msgspec.structs.replace(self.advanced(at), trashed_at=at)

    def ended(self, at: dt.datetime) -> Self:
        """The same entry, whose time in the trash is over."""
        return msgspec.structs.replace(self.advanced(at), trashed_at=at - KEPT)

    def restored(self, at: dt.datetime) -> Self:
        """The same entry, restored from the trash."""
        return msgspec.structs.replace(self.advanced(at), trashed_at=None)

    def is_gone(self, at: dt.datetime) -> bool:
        """Whether its time in the trash is over."""
        return self.trashed_at is not None and self.trashed_at <= at - KEPT

    def words(self) -> Collection[str]:
        """See `Document.words`; what is in the trash is not found."""
        if self.trashed_at is not None:
            return ()
        return words_of(self.title, self.text) | frozenset(map(label, self.tags))


class UnsavedEntry(Document, frozen=True, kw_only=True):
    """The draft of an entry: saved every few seconds, in place of what was saved before.

    It is in no feed and in no log, since each of a thousand versions of one evening would stay
    there.  Its id is that of the entry that it becomes or changes.

    Attributes
    ----------
    base
        The version of the entry that it changes; null for one that is not there yet.
    content
        What was written.

    """

    kind: ClassVar[str] = "journal.draft"
    collection: ClassVar[str] = "journal_drafts"

    content: Annotated[JournalEntryContent, Privacy.SEALED]
    base: int | None = None
