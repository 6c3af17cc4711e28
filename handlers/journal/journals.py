"""Journals, templates, prompts, and the entries that are shared with a coach."""

import datetime as dt
from typing import Annotated, Final

import msgspec

from handlers.http.operations import Call, Operation, Query, Reply, document_reply, write_reply
from handlers.http.pagination import Items, PageQuery, page_by_order
from handlers.http.resources import resource
from handlers.http.time_zones import zone
from models.base.document import public
from models.base.fields import Rating
from models.journal import (
    ClientEntry,
    EntryShare,
    EntryShareDraft,
    Journal,
    JournalEntry,
    JournalTemplate,
    NewJournal,
    NewJournalTemplate,
)
from models.journal.prompts import Prompt
from upcoach.services.journal import Journals, JournalServices, Templates
from upcoach.store.collections.documents import Selection

JOURNALS: Final = "/v1/journal/journals"
TEMPLATES: Final = "/v1/journal/templates"
SHARES: Final = "/v1/journal/{id}/shares"
SHARE: Final = SHARES + "/{coach}"
CLIENT: Final = "/v1/clients/{client}/journal"


class PromptQuery(Query, frozen=True, kw_only=True):
    """The day to write about, and what to ask of; by default today, the mood and the goals.

    Attributes
    ----------
    mood
        How the caller feels; without it, the last mood that they logged that day.
    goal
        Which goal to ask about; without it, the active ones take turns.

    """

    date: dt.date | None = None
    tz: str | None = None
    mood: Rating | None = None
    goal: Annotated[str, msgspec.Meta(min_length=1)] | None = None


async def list_prompts(services: JournalServices, call: Call) -> Reply:
    """List questions to write about; none of them was asked in the last 30 days.

    Mood and goals are looked up for callers who may see them.
    """
    query = call.parse_query(PromptQuery)
    tz = await zone(services.zones, call, query.tz)
    day = query.date or services.entries.today(tz)
    permissions = call.authenticated_caller.permissions
    prompts = await services.prompts.of(
        call.scope,
        day,
        mood=query.mood,
        goal=query.goal,
        with_mood="moods:read" in permissions,
        with_goals="goals:read" in permissions,
    )
    return Reply(body={"items": prompts})


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
    return page_by_order(CLIENT.format(client=client), call, entries, selection)


async def read(services: JournalServices, call: Call) -> Reply:
    """Get an entry that a client shares with the caller."""
    return document_reply(
        await services.entry_shares.read(call.scope, call.names["client"], call.names["id"])
    )


def _journals(services: JournalServices) -> Journals:
    return services.journals


def _templates(services: JournalServices) -> Templates:
    return services.templates


OPERATIONS = (
    *resource(JOURNALS, _journals, new=NewJournal, gives=Journal),
    *resource(TEMPLATES, _templates, new=NewJournalTemplate, gives=JournalTemplate),
    Operation(
        method="GET",
        path="/v1/journal/prompts",
        run=list_prompts,
        needs="journal:read",
        query=PromptQuery,
        gives=Items[Prompt],
    ),
    Operation(
        method="GET", path=SHARES, run=list_shares, needs="shares:read", gives=Items[EntryShare]
    ),
    Operation(
        method="PUT",
        path=SHARE,
        run=share,
        needs="shares:write",
        body="json",
        takes=EntryShareDraft,
        gives=EntryShare,
        live=True,
        stepped_up=True,
        audit="entry_share.given",
    ),
    Operation(method="DELETE", path=SHARE, run=unshare, needs="shares:write", live=True),
    Operation(
        method="GET",
        path=CLIENT,
        run=list_shared_entries,
        needs="shares:read",
        query=PageQuery,
        gives=Items[ClientEntry],
    ),
    Operation(
        method="GET", path=CLIENT + "/{id}", run=read, needs="shares:read", gives=JournalEntry
    ),
)
