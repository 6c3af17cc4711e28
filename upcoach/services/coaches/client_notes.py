"""Notes of coaches about their clients.

They are the coach's own documents, in the coach's feed alone: a client has no road to them.  They
are written while the relation stands; what was written stays the coach's to read and to delete when
it has ended.
"""

from typing import Final

import msgspec

from models.access.scope import Scope
from models.base.document import Document
from models.base.errors import NotFound
from models.base.merge_patch import Json
from models.coaches import ClientNote, ClientNoteDraft, NoteAboutClient
from models.sharing import CoachClient
from upcoach.services.base.resources import Resources
from upcoach.services.base.rules import DeleteEffect, Rules, WriteEffect, revising
from upcoach.store.collections.documents import Documents
from upcoach.store.write.changes import WriteContext
from upcoach.store.write.committer import Committer
from upcoach.store.write.errors import not_found
from upcoach.store.write.refs import Ref
from upcoach.store.write.requests import Mutation


def _require_client(changes: WriteContext, _: ClientNote | None, after: ClientNote) -> None:
    """Refuse a note unless its client is one, by the word of both."""
    changes.find_refs([Ref(CoachClient, after.owner, after.client)])  # so that it is read
    client = changes.find(CoachClient, after.owner, after.client)
    if client is None or client.accepted_at is None:
        raise NotFound("client_unknown", "You have no client under this id.")


def _reads(owner: str, _: str, draft: NoteAboutClient | Json) -> tuple[Ref, ...]:
    """The relation that a new note needs; of one that is changed, the note itself says which."""
    if not isinstance(draft, NoteAboutClient):
        return ()
    return (Ref(CoachClient, owner, draft.client),)


def _reads_nothing(_owner: str, _document_id: str) -> tuple[Ref, ...]:
    return ()


_RULES: Final[Rules[ClientNote, NoteAboutClient]] = Rules(
    kind=ClientNote,
    drafted=ClientNote.drafted,
    revised=revising(ClientNoteDraft, ClientNote.revised),
    on_write=WriteEffect(reads=_reads, apply=_require_client),
)


class NotesAboutClient(Resources[ClientNote, NoteAboutClient]):
    """A coach's notes about one *client*: those about others are not there."""

    def __init__(self, documents: Documents, committer: Committer, client: str) -> None:
        super().__init__(documents, committer)
        self._client = client
        on_delete = DeleteEffect(reads=_reads_nothing, apply=self._require_about)
        self.rules = msgspec.structs.replace(_RULES, on_delete=on_delete)

    async def get(self, scope: Scope, document_id: str) -> ClientNote:
        """See `Resources.get`."""
        note = await super().get(scope, document_id)
        self._require_about(None, note)
        return note

    def _find(
        self,
        changes: WriteContext,
        scope: Scope,
        document_id: str,
        base: int | None = None,
        mutation: Mutation | None = None,
    ) -> ClientNote:
        note = super()._find(changes, scope, document_id, base, mutation)
        self._require_about(changes, note)
        return note

    def _require_about(self, _: WriteContext | None, note: Document) -> None:
        if isinstance(note, ClientNote) and note.client != self._client:
            raise not_found()


class ClientNotes:
    """Coaches' notes about their clients."""

    def __init__(self, documents: Documents, committer: Committer) -> None:
        self._documents = documents
        self._committer = committer

    def about(self, client: str) -> NotesAboutClient:
        """The notes about *client*."""
        return NotesAboutClient(self._documents, self._committer, client)
