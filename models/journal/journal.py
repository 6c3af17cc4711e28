"""Journals, which hold entries, and templates for entries.

Everybody has a default journal.  Its id follows from its owner's, so that two devices which write
their first entries at once make one, and it is made along with the first entry that names none.
"""

import datetime as dt
from typing import Annotated, ClassVar, Final, Self

import msgspec

from models.base.document import Document, Draft, Order, Privacy, fields_of
from models.base.fields import Color, Name, ShortText, Tag
from models.base.ids import derived_id, id_pattern, new_id
from models.base.merge import Merge
from models.base.text.search_words import distinct

ID_PREFIX: Final = "jou"  # of ids
JournalId = Annotated[str, id_pattern(ID_PREFIX)]
TEMPLATE_ID_PREFIX: Final = "jtp"  # of ids
TemplateId = Annotated[str, id_pattern(TEMPLATE_ID_PREFIX)]
Tags = Annotated[tuple[Tag, ...], msgspec.Meta(max_length=30)]
Text = Annotated[str, msgspec.Meta(max_length=30_000)]


class JournalDraft(Draft, frozen=True, kw_only=True):
    """The fields of a journal that a person may write; an archived one is kept out of the way.

    Attributes
    ----------
    name
        What the journal is called.
    description
        What it is for.
    color
        The color that it is shown in.
    archived
        Whether it is put away.

    """

    free_text: ClassVar[tuple[str, ...]] = ("name", "description")

    name: Name
    description: ShortText | None = None
    color: Color | None = None
    archived: bool = False


class NewJournal(JournalDraft, frozen=True, kw_only=True):
    """A new journal, with an id that the client may choose.

    Attributes
    ----------
    id
        The id, if the client chooses it.

    """

    id: JournalId = msgspec.field(default_factory=lambda: new_id(ID_PREFIX))


class Journal(Document, frozen=True, kw_only=True):
    """A journal; *default* is the one for entries that name none.

    Attributes
    ----------
    default
        Whether entries without a journal go here.

    """

    kind: ClassVar[str] = "journal"
    id_prefix: ClassVar[str] = ID_PREFIX
    collection: ClassVar[str] = "journals"
    draft: ClassVar[type[Draft]] = JournalDraft

    name: Annotated[Name, Privacy.SEALED]
    description: Annotated[ShortText | None, Privacy.SEALED, Merge.APPEND] = None
    color: Color | None = None
    archived: bool = False
    default: bool = False

    @classmethod
    def drafted(cls, draft: NewJournal, *, owner: str, at: dt.datetime) -> Self:
        """A new journal."""
        return cls(
            id=draft.id,
            owner=owner,
            created_at=at,
            updated_at=at,
            default=draft.id == default_journal(owner),
            **fields_of(draft, JournalDraft),
        )

    def revised(self, draft: JournalDraft, at: dt.datetime) -> Self:
        """The same journal as *draft* says."""
        return msgspec.structs.replace(self.advanced(at), **fields_of(draft, JournalDraft))


def default_journal(owner: str) -> str:
    """The id of the default journal of *owner*."""
    return derived_id(ID_PREFIX, owner, "default")


class JournalTemplateDraft(Draft, frozen=True, kw_only=True):
    """The fields of a template that a person may write: what an entry made from it begins with.

    Attributes
    ----------
    name
        What the template is called.
    title
        The title of entries that are made from it.
    text
        Their text.
    tags
        Their tags.

    """

    free_text: ClassVar[tuple[str, ...]] = ("name", "title", "text", "tags")

    name: Name
    title: Annotated[str, msgspec.Meta(max_length=255)] | None = None
    text: Text = ""
    tags: Tags = ()

    def __post_init__(self) -> None:
        super().__post_init__()
        msgspec.structs.force_setattr(self, "tags", distinct(self.tags))


class NewJournalTemplate(JournalTemplateDraft, frozen=True, kw_only=True):
    """A new template, with an id that the client may choose.

    Attributes
    ----------
    id
        The id, if the client chooses it.

    """

    id: TemplateId = msgspec.field(default_factory=lambda: new_id(TEMPLATE_ID_PREFIX))


class JournalTemplate(Document, frozen=True, kw_only=True):
    """A template of a journal entry."""

    kind: ClassVar[str] = "journal.template"
    id_prefix: ClassVar[str] = TEMPLATE_ID_PREFIX
    collection: ClassVar[str] = "journal_templates"
    draft: ClassVar[type[Draft]] = JournalTemplateDraft
    orders: ClassVar[tuple[Order, ...]] = ()

    name: Annotated[Name, Privacy.SEALED]
    title: Annotated[str | None, Privacy.SEALED] = None
    text: Annotated[Text, Privacy.SEALED, Merge.APPEND] = ""
    tags: Annotated[Tags, Privacy.SEALED, Merge.APPEND] = ()

    @classmethod
    def drafted(cls, draft: NewJournalTemplate, *, owner: str, at: dt.datetime) -> Self:
        """A new template."""
        fields = fields_of(draft, JournalTemplateDraft)
        return cls(id=draft.id, owner=owner, created_at=at, updated_at=at, **fields)

    def revised(self, draft: JournalTemplateDraft, at: dt.datetime) -> Self:
        """The same template as *draft* says."""
        return msgspec.structs.replace(self.advanced(at), **fields_of(draft, JournalTemplateDraft))
