"""Shares of single entries with a coach, and the entries that a client shares with the caller."""

from typing import Final

from handlers.http.operations import Call, Operation, Reply, document_reply, write_reply
from handlers.http.pagination import Items, PageQuery, page_by_order
from models.base.document import public
from models.journal import ClientEntry, EntryShare, EntryShareDraft, JournalEntry
from upcoach.services.journal import JournalServices
from upcoach.store.collections.documents import Selection

ENTRY_SHARES: Final = "/v1/journal/{id}/shares"
ENTRY_SHARE: Final = ENTRY_SHARES + "/{coach}"
CLIENT_ENTRIES: Final = "/v1/clients/{client}/journal"


async def list_shares(services: JournalServices, call: Call) -> Reply:
    """List the coaches who may read an entry, and until when."""
    entry_shares = await services.entry_shares.page(call.scope, call.names["id"])
    return Reply(body={"items": [public(entry_share) for entry_share in entry_shares]})


async def share(services: JournalServices, call: Call) -> Reply:
    """Share an entry with a coach, until a moment."""
    draft = call.read(EntryShareDraft)
    entry, coach, acr = call.names["id"], call.names["coach"], call.authenticated_caller.acr
    outcome = await services.entry_shares.share(call.scope, entry, coach, draft, acr, call.mutation)
    return write_reply(outcome)


async def unshare(services: JournalServices, call: Call) -> Reply:
    """End the share of an entry with a coach."""
    return write_reply(
        await services.entry_shares.take_back(
            call.scope, call.names["id"], call.names["coach"], call.mutation
        )
    )


async def list_shared_entries(services: JournalServices, call: Call) -> Reply:
    """List the entries of a client that the caller may read now."""
    query = call.parse_query(PageQuery)
    client = call.names["client"]
    selection = Selection(order="until", after=query.after, limit=query.limit + 1)
    entries = await services.entry_shares.shared_with(call.scope, client, selection)
    return page_by_order(CLIENT_ENTRIES.format(client=client), call, entries, selection)


async def read(services: JournalServices, call: Call) -> Reply:
    """Get an entry that a client shares with the caller."""
    return document_reply(
        await services.entry_shares.read(call.scope, call.names["client"], call.names["id"])
    )


OPERATIONS: Final = (
    Operation(
        method="GET",
        path=ENTRY_SHARES,
        run=list_shares,
        needs="shares:read",
        gives=Items[EntryShare],
    ),
    Operation(
        method="PUT",
        path=ENTRY_SHARE,
        run=share,
        needs="shares:write",
        body="json",
        takes=EntryShareDraft,
        gives=EntryShare,
        live=True,
        stepped_up=True,
        audit="entry_share.given",
    ),
    Operation(
        method="DELETE",
        path=ENTRY_SHARE,
        run=unshare,
        needs="shares:write",
        live=True,
        audit="entry_share.removed",
    ),
    Operation(
        method="GET",
        path=CLIENT_ENTRIES,
        run=list_shared_entries,
        needs="shares:read",
        query=PageQuery,
        gives=Items[ClientEntry],
        audit="client_entries.read",
    ),
    Operation(
        method="GET",
        path=CLIENT_ENTRIES + "/{id}",
        run=read,
        needs="shares:read",
        gives=JournalEntry,
        audit="client_entry.read",
    ),
)
