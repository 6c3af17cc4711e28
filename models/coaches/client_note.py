"""Notes of a coach about a client: the coach's own documents, which no client ever sees."""

import datetime as dt
from collections.abc import Collection
from typing import Annotated, ClassVar, Final, Self

import msgspec

from models.base.document import Document, Draft, Order, Privacy, fields_of
from models.base.fields import LongText
from models.base.ids import id_pattern, new_id
from models.base.merge import Merge
from models.base.text.search_words import words_of
from models.base.text.type_words import shaped

ID_PREFIX: Final = "cln"  # of ids
ClientNoteId = Annotated[str, id_pattern(ID_PREFIX)]
NoteText = Annotated[
    LongText,
    shaped(pattern=r"\S", form="text of 1 to 10000 characters, not only spaces", min_length=1),
]


class ClientNoteDraft(Draft, frozen=True, kw_only=True):
    """The fields of a note about a client that its coach may write.

    Attributes
    ----------
    text
        What is noted.
    pinned
        Whether it stays on top.

    """

    free_text: ClassVar[tuple[str, ...]] = ("text",)

    text: NoteText
    pinned: bool = False


class NewClientNote(ClientNoteDraft, frozen=True, kw_only=True):
    """A new note, with an id that may be chosen by whoever writes it.

    Attributes
    ----------
    id
        The id, if the coach's app chooses it.

    """

    id: ClientNoteId = msgspec.field(default_factory=lambda: new_id(ID_PREFIX))


class NoteAboutClient(NewClientNote, frozen=True, kw_only=True):
    """A new note, and the client that it is about."""

    client: str


class ClientNote(Document, frozen=True, kw_only=True):
    """A coach's note about a client.

    Attributes
    ----------
    client
        The client's user id.

    """

    kind: ClassVar[str] = "client_note"
    id_prefix: ClassVar[str] = ID_PREFIX
    collection: ClassVar[str] = "client_notes"
    draft: ClassVar[type[Draft]] = ClientNoteDraft
    orders: ClassVar[tuple[Order, ...]] = (
        Order("created_at", ("words",)),
        Order("created_at", ("client", "pinned")),
        Order("created_at", ("client",)),
    )

    client: Annotated[str, Privacy.PERSONAL]
    text: Annotated[NoteText, Privacy.SEALED, Merge.APPEND]
    pinned: Annotated[bool, Privacy.PERSONAL] = False

    @classmethod
    def drafted(cls, draft: NoteAboutClient, *, owner: str, at: dt.datetime) -> Self:
        """A new note of the coach *owner*."""
        fields = fields_of(draft, ClientNoteDraft)
        return cls(
            id=draft.id, owner=owner, created_at=at, updated_at=at, client=draft.client, **fields
        )

    def revised(self, draft: ClientNoteDraft, at: dt.datetime) -> Self:
        """The same note as *draft* says."""
        return msgspec.structs.replace(self.advanced(at), **fields_of(draft, ClientNoteDraft))

    def words(self) -> Collection[str]:
        """See `Document.words`."""
        return words_of(self.text)
