"""The journal: entries, their trash, their versions, and their drafts."""

import datetime as dt
from typing import Annotated, ClassVar, Final, Literal

import msgspec

from handlers.http.operations import (
    Call,
    Operation,
    Ordinal,
    Query,
    Reply,
    document_reply,
    write_reply,
)
from handlers.http.pagination import (
    Items,
    PageQuery,
    PageSize,
    UpdatedQuery,
    between,
    items_reply,
    next_path,
    page_by_order,
    page_length,
    span_and_rest,
)
from handlers.http.resources import resource
from handlers.http.time_zones import zone
from models.base.document import public
from models.base.errors import invalid_parameter
from models.base.fields import Rating
from models.base.text.search_words import label, words_of
from models.journal import (
    JournalEntry,
    NewJournalEntry,
)
from upcoach.services.journal import JournalEntries, JournalServices
from upcoach.services.journal.journal import EntryVersion
from upcoach.store.collections.documents import Selection
from upcoach.store.collections.page_tokens import mark

JOURNAL: Final = "/v1/journal"
ENTRY: Final = JOURNAL + "/{id}"
ON_THIS_DAY: Final = JOURNAL + "/on-this-day"
TRASH: Final = JOURNAL + "/trash"
VERSIONS: Final = ENTRY + "/versions"
VERSION: Final = VERSIONS + "/{version}"

Words = Annotated[str, msgspec.Meta(min_length=1, max_length=200)]
Number = Annotated[int, msgspec.Meta(ge=1, le=1_000_000_000)]


class JournalQuery(UpdatedQuery, frozen=True, kw_only=True):
    """Some entries in some order; none that is in the trash.

    Attributes
    ----------
    q
        Words that all stand in the title or the text; case and accents do not count.
    from, to
        Local dates, both included.
    tag
        Entries with this tag; case and accents do not count.
    journal
        Entries of the journal with this id.
    mood_from
        The lowest mood.
    mood_to
        The highest mood, included.
    pinned
        Pinned entries, or those that are not; both without it.
    sort
        The order: `-date`, the latest local date first, by default, `updated` with
        *updated_since*.

    """

    usual: ClassVar[str] = "-date"

    q: Words | None = None
    tag: Words | None = None
    journal: str | None = None
    mood_from: Rating | None = None
    mood_to: Rating | None = None
    pinned: bool | None = None
    first: dt.date | None = msgspec.field(name="from", default=None)
    to: dt.date | None = None
    sort: Literal["date", "-date", "updated", "-updated"] | None = None

    def selection(self) -> Selection:
        """See `ListQuery.selection`."""
        order = {"date": "local_date", "updated": "updated_at"}[self.ordering().removeprefix("-")]
        ranges = {
            "mood": between(self.mood_from, self.mood_to),
            "local_date": between(self.first, self.to),
            "updated_at": self.updated(),
        }
        span, rest = span_and_rest(order, ranges)
        return Selection(
            order=order,
            where={"trashed_at": None} | self.given("journal", "pinned") | rest,
            span=span,
            words=self._words(),
            descending=self.ordering().startswith("-"),
            after=self.after,
            limit=self.limit + 1,
        )

    def _words(self) -> frozenset[str]:
        words = words_of(self.q)
        if self.q is not None and not words:
            raise invalid_parameter("q", "There is no word in q.", code="words_missing")
        return words if self.tag is None else words | {label(self.tag)}


class JournalDayQuery(Query, frozen=True, kw_only=True):
    """A day; without one, today in *tz*, which is the caller's unless it is given.

    Attributes
    ----------
    date
        The local date; today without it.

    """

    date: dt.date | None = None
    tz: str | None = None
    after: str = ""
    limit: PageSize = 100


class VersionsQuery(Query, frozen=True, kw_only=True):
    """Versions below *before*.

    Attributes
    ----------
    before
        Versions below this number.

    """

    before: Ordinal | None = None


async def search(services: JournalServices, call: Call) -> Reply:
    """Search entries by words, tag, mood and date."""
    selection = call.parse_query(JournalQuery).selection()
    entries = await services.entries.select(call.scope, selection)
    return page_by_order(f"{JOURNAL}/search", call, entries, selection)


async def on_this_day(services: JournalServices, call: Call) -> Reply:
    """List the entries about this day in earlier years."""
    query = call.parse_query(JournalDayQuery)
    tz = await zone(services.zones, call, query.tz)
    day = query.date or services.entries.today(tz)
    entries = await services.entries.on_this_day(
        call.scope, day, after=query.after, limit=query.limit + 1
    )
    fitting = page_length(entries, query.limit)
    following = ""
    if len(entries) > fitting:
        place = mark(entries[fitting - 1], "local_date")
        following = next_path(ON_THIS_DAY, call.query, date=day, after=place)
    return items_reply([public(entry) for entry in entries[:fitting]], following)


async def list_trash(services: JournalServices, call: Call) -> Reply:
    """List the entries that were moved to the trash in the last 30 days."""
    query = call.parse_query(PageQuery)
    entries = await services.entries.trash(call.scope, query.after, query.limit + 1)
    return page_by_order(TRASH, call, entries, Selection(order="trashed_at", limit=query.limit + 1))


async def move_to_trash(services: JournalServices, call: Call) -> Reply:
    """Move an entry to the trash."""
    return write_reply(
        await services.entries.delete(call.scope, call.names["id"], call.base, call.mutation)
    )


async def purge(services: JournalServices, call: Call) -> Reply:
    """Delete an entry of the trash for good.

    For another minute it counts for the quota, its id is taken, and its journal is not empty.
    """
    return write_reply(
        await services.entries.purge(call.scope, call.names["id"], call.base, call.mutation)
    )


async def restore(services: JournalServices, call: Call) -> Reply:
    """Restore an entry from the trash."""
    return write_reply(
        await services.entries.restore(call.scope, call.names["id"], call.base, call.mutation)
    )


async def list_versions(services: JournalServices, call: Call) -> Reply:
    """List the versions of an entry, the newest first."""
    query = call.parse_query(VersionsQuery)
    page = await services.entries.versions(call.scope, call.names["id"], query.before)
    following = ""
    if page.has_more:
        path, oldest = VERSIONS.format(**call.names), page.items[-1]
        following = next_path(path, call.query, before=oldest.version)
    return items_reply(page.items, following)


async def version(services: JournalServices, call: Call) -> Reply:
    """Get a version of an entry."""
    return document_reply(
        await services.entries.version(call.scope, call.names["id"], _version(call))
    )


async def restore_version(services: JournalServices, call: Call) -> Reply:
    """Restore a version of an entry."""
    return write_reply(
        await services.entries.restore_version(
            call.scope, call.names["id"], _version(call), call.require_base(), call.mutation
        )
    )


def _version(call: Call) -> int:
    number: int = call.part("version", Number)
    return number


def _entries(services: JournalServices) -> JournalEntries:
    return services.entries


READ, WRITE = "journal:read", "journal:write"
LIST, _CREATE, _SHOW, _CHANGE, _ = resource(
    JOURNAL,
    _entries,
    new=NewJournalEntry,
    gives=JournalEntry,
    lists=JournalQuery,
    weight=3,
)

OPERATIONS = (
    Operation(
        method="GET",
        path=f"{JOURNAL}/search",
        run=search,
        needs=READ,
        query=JournalQuery,
        gives=Items[JournalEntry],
        weight=5,
    ),
    Operation(
        method="GET",
        path=ON_THIS_DAY,
        run=on_this_day,
        needs=READ,
        query=JournalDayQuery,
        gives=Items[JournalEntry],
        weight=5,
    ),
    Operation(
        method="GET",
        path=TRASH,
        run=list_trash,
        needs=READ,
        query=PageQuery,
        gives=Items[JournalEntry],
        weight=3,
    ),
    Operation(
        method="DELETE",
        path=f"{TRASH}/{{id}}",
        run=purge,
        needs=WRITE,
        base="taken",
        live=True,
    ),
    LIST,
    _CREATE,
    _SHOW,
    _CHANGE,
    Operation(
        method="DELETE",
        path=ENTRY,
        run=move_to_trash,
        needs=WRITE,
        gives=JournalEntry,
        base="taken",
        statuses=(200,),
        live=True,
    ),
    Operation(
        method="POST",
        path=f"{ENTRY}/restore",
        run=restore,
        needs=WRITE,
        gives=JournalEntry,
        base="taken",
        statuses=(200,),
        live=True,
    ),
    Operation(
        method="GET",
        path=VERSIONS,
        run=list_versions,
        needs=READ,
        gives=Items[EntryVersion],
        query=VersionsQuery,
        weight=5,
    ),
    Operation(
        method="GET",
        path=VERSION,
        run=version,
        needs=READ,
        gives=JournalEntry,
        weight=3,
    ),
    Operation(
        method="POST",
        path=f"{VERSION}/restore",
        run=restore_version,
        needs=WRITE,
        gives=JournalEntry,
        base="required",
        statuses=(200,),
        live=True,
    ),
)
