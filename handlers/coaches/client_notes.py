"""The caller's notes about a client, which the client never sees."""

from typing import Annotated, Any, Final

import msgspec

from handlers.http.operations import Call, Operation, Reply, document_reply, write_reply
from handlers.http.pagination import Items, ListQuery, page_by_order
from models.base.text.search_words import label, words_of
from models.coaches import ClientNote, ClientNoteDraft, NewClientNote, NoteAboutClient
from upcoach.services.base.resources import require_object
from upcoach.services.coaches import CoachServices
from upcoach.store.collections.documents import Selection

NOTES: Final = "/v1/clients/{client}/notes"
NOTE: Final = NOTES + "/{id}"
READ, WRITE = "notes:read", "notes:write"


class NoteQuery(ListQuery, frozen=True, kw_only=True):
    """Some notes about a client, the newest first.

    Attributes
    ----------
    pinned
        Pinned notes, or those that are not; both without it.
    q
        Notes with all of these words; case and accents do not count.

    """

    pinned: bool | None = None
    q: Annotated[str, msgspec.Meta(min_length=1, max_length=200)] | None = None

    def selection(self) -> Selection:
        """See `ListQuery.selection`; about whom is said by the path."""
        return Selection(
            order="created_at",
            where=self.given("pinned"),
            words=() if self.q is None else words_of(self.q) or (label(self.q),),
            descending=True,
            after=self.after,
            limit=self.limit + 1,
        )


async def list_notes(services: CoachServices, call: Call) -> Reply:
    """List the caller's notes about a client, the newest first."""
    client, selection = call.names["client"], call.parse_query(NoteQuery).selection()
    where: dict[str, Any] = {**selection.where, "client": client}
    selection = msgspec.structs.replace(selection, where=where)
    notes = await services.client_notes.about(client).select(call.scope, selection)
    return page_by_order(NOTES.format(client=client), call, notes, selection)


async def create(services: CoachServices, call: Call) -> Reply:
    """Write a note about a client of the caller, who never sees it."""
    draft, client = call.read(NewClientNote), call.names["client"]
    about = NoteAboutClient(client=client, **msgspec.structs.asdict(draft))
    is_fresh = "id" not in call.body
    return write_reply(
        await services.client_notes.about(client).create(
            call.scope, about, call.mutation, is_fresh=is_fresh
        )
    )


async def read(services: CoachServices, call: Call) -> Reply:
    """Get a note about a client."""
    notes = services.client_notes.about(call.names["client"])
    return document_reply(await notes.get(call.scope, call.names["id"]))


async def change(services: CoachServices, call: Call) -> Reply:
    """Change a note about a client by a merge patch (RFC 7396)."""
    patch, base = require_object(call.body), call.require_base()
    notes = services.client_notes.about(call.names["client"])
    return write_reply(await notes.change(call.scope, call.names["id"], patch, base, call.mutation))


async def delete(services: CoachServices, call: Call) -> Reply:
    """Delete a note about a client."""
    notes = services.client_notes.about(call.names["client"])
    return write_reply(await notes.delete(call.scope, call.names["id"], call.base, call.mutation))


OPERATIONS: Final = (
    Operation(
        method="GET",
        path=NOTES,
        run=list_notes,
        needs=READ,
        query=NoteQuery,
        gives=Items[ClientNote],
    ),
    Operation(
        method="POST",
        path=NOTES,
        run=create,
        needs=WRITE,
        body="json",
        takes=NewClientNote,
        gives=ClientNote,
        live=True,
    ),
    Operation(method="GET", path=NOTE, run=read, needs=READ, gives=ClientNote),
    Operation(
        method="PATCH",
        path=NOTE,
        run=change,
        needs=WRITE,
        body="merge-patch",
        takes=ClientNoteDraft,
        gives=ClientNote,
        base="required",
        live=True,
    ),
    Operation(method="DELETE", path=NOTE, run=delete, needs=WRITE, base="taken", live=True),
)
