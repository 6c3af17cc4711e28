"""Drafts of journal entries: what is typed, and not saved yet."""

from typing import Final

from handlers.http.operations import Call, Operation, Reply, document_reply, write_reply
from handlers.http.pagination import Items, PageQuery, page_by_id
from handlers.journal.journal import ENTRY, JOURNAL, READ, WRITE, Number
from models.base.document import fields_of
from models.journal import JournalEntryContent, JournalEntryDraft, UnsavedEntry
from upcoach.services.journal import JournalServices

DRAFTS: Final = JOURNAL + "/drafts"
DRAFT: Final = ENTRY + "/draft"


class Unsaved(JournalEntryDraft, frozen=True, kw_only=True):
    """A draft of an entry, and the version of the entry that it was made from.

    Attributes
    ----------
    base
        The version of the entry that the draft is based on.

    """

    base: Number | None = None


async def list_drafts(services: JournalServices, call: Call) -> Reply:
    """List all drafts of entries."""
    query = call.parse_query(PageQuery)
    drafts = await services.drafts.page(call.scope, after=query.after, limit=query.limit + 1)
    return page_by_id(DRAFTS, call, drafts, query.limit)


async def draft(services: JournalServices, call: Call) -> Reply:
    """Get the draft of an entry."""
    return document_reply(await services.drafts.get(call.scope, call.names["id"]))


async def save(services: JournalServices, call: Call) -> Reply:
    """Save a draft of an entry, without changing the entry."""
    unsaved = call.read(Unsaved)
    content = JournalEntryContent(**fields_of(unsaved, JournalEntryContent))
    return write_reply(
        await services.drafts.save(
            call.scope, call.names["id"], content, unsaved.base, call.base, call.mutation
        )
    )


async def discard(services: JournalServices, call: Call) -> Reply:
    """Delete the draft of an entry."""
    return write_reply(
        await services.drafts.discard(call.scope, call.names["id"], call.base, call.mutation)
    )


OPERATIONS: Final = (
    Operation(
        method="GET",
        path=DRAFTS,
        run=list_drafts,
        needs=READ,
        query=PageQuery,
        gives=Items[UnsavedEntry],
        weight=3,
    ),
    Operation(method="GET", path=DRAFT, run=draft, needs=READ, gives=UnsavedEntry),
    Operation(
        method="PUT",
        path=DRAFT,
        run=save,
        needs=WRITE,
        body="json",
        takes=Unsaved,
        gives=UnsavedEntry,
        base="taken",
        live=True,
    ),
    Operation(method="DELETE", path=DRAFT, run=discard, needs=WRITE, base="taken", live=True),
)
