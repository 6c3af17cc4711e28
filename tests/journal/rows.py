"""What the laws try of the journal."""

import datetime as dt
from collections.abc import Iterator

from models.base.document import Document
from models.base.merge_patch import Json
from models.journal import ClientEntry, EntryShare, Journal, JournalEntry, JournalTemplate
from tests.journal.places import (
    BOOK,
    BOOKS,
    DRAFT,
    ENTRY,
    ENTRY_SHARE,
    JOURNAL,
    NEW_BOOK,
    ONE_BOOK,
    ONE_TEMPLATE,
    PAGE,
    TEMPLATE,
    TEMPLATES,
    THROWN,
)
from tests.journal.writes import WRITES
from tests.support.laws.context import NOON, ContextRows, Flaws, hide
from tests.support.laws.flaws import KEPT, OPERATOR, ZONES, labels
from tests.support.server import Server
from tests.support.wire.answers import done
from upcoach.client import RestClient

DOCUMENTS: tuple[tuple[str, Json], ...] = (
    (BOOKS, {"id": BOOK, "name": "Travel", "description": "Far away", "color": "#00ff00"}),
    (TEMPLATES, {"id": TEMPLATE, "name": "Evening", "text": "Three good things:"}),
    (
        JOURNAL,
        {
            "id": PAGE,
            "journal": BOOK,
            "title": "Kyoto",
            "text": "Rain all day.",
            "mood": 4,
            "feelings": ["at ease"],
            "tags": ["Japan"],
            "local_date": "2026-01-05",
            "tz": "Asia/Tokyo",
        },
    ),
    (JOURNAL, {"id": THROWN, "text": "Nonsense", "local_date": "2026-01-06"}),
)


FLAWED: Flaws = {
    ("POST", BOOKS): ({"name": "Dreams"}, [({"id": PAGE}, "/id"), ({"name": None}, "/name")]),
    ("PATCH", ONE_BOOK): (
        {},
        [
            ({"name": ""}, "/name"),
            ({"name": "x" * 101}, "/name"),
            ({"description": "x" * 1_001}, "/description"),
            ({"color": "red"}, "/color"),
            ({"archived": 1}, "/archived"),
            ({"default": True}, "/default"),
            *KEPT,
        ],
    ),
    ("POST", TEMPLATES): ({"name": "Week"}, [({"id": BOOK}, "/id"), ({"name": None}, "/name")]),
    ("PATCH", ONE_TEMPLATE): (
        {},
        [
            ({"name": ""}, "/name"),
            ({"title": "x" * 256}, "/title"),
            ({"text": "x" * 30_001}, "/text"),
            *labels("tags", 30),
            *KEPT,
        ],
    ),
    ("POST", JOURNAL): (
        {},
        [
            ({"id": BOOK}, "/id"),
            ({"id": f"{PAGE}/x"}, "/id"),
            ({"journal": NEW_BOOK}, "/journal"),
            ({"journal": PAGE}, "/journal"),
        ],
    ),
    ("PATCH", ENTRY): (
        {},
        [
            ({"journal": NEW_BOOK}, "/journal"),
            ({"journal": "x" * 5_000}, "/journal"),
            ({"journal": OPERATOR}, "/journal"),
            ({"journal": f"../{BOOK}"}, "/journal"),
            ({"title": "x" * 256}, "/title"),
            ({"text": "x" * 30_001}, "/text"),
            ({"text": OPERATOR}, "/text"),
            ({"text": ["x"]}, "/text"),
            ({"mood": 0}, "/mood"),
            ({"mood": 6}, "/mood"),
            ({"mood": "happy"}, "/mood"),
            *labels("feelings", 30),
            *labels("tags", 30),
            ({"local_date": "2026-02-30"}, "/local_date"),
            ({"local_date": "1899-12-31"}, "/local_date"),
            ({"local_date": "2026-01-05T00:00:00Z"}, "/local_date"),
            *ZONES,
            ({"pinned": "yes"}, "/pinned"),
            ({"prompt": "day"}, "/prompt"),
            ({"prompt": "day-1\n"}, "/prompt"),
            ({"words": []}, "/words"),
            ({"trashed_at": "2026-01-01T00:00:00Z"}, "/trashed_at"),
            ({"trashed_at": None}, "/trashed_at"),
            *KEPT,
        ],
    ),
    ("PUT", DRAFT): (
        {},
        [
            ({"text": "x" * 30_001}, "/text"),
            ({"mood": 9}, "/mood"),
            ({"tz": "Mars"}, "/tz"),
            ({"base": 0}, "/base"),
            ({"base": "1"}, "/base"),
            ({"content": {}}, "/content"),
            *KEPT,
        ],
    ),
    ("PUT", ENTRY_SHARE): (
        {"until": "2026-12-01T00:00:00Z"},
        [
            ({"until": None}, "/until"),
            ({"until": "2026-12-01"}, "/until"),
            ({"until": "2026-12-01T00:00:00"}, "/until"),
            ({"until": "3000-01-01T00:00:00Z"}, "/until"),
            ({"until": 1}, "/until"),
            ({"coach": "usr_1"}, "/coach"),
            ({"entry": PAGE}, "/entry"),
        ],
    ),
}


async def furnish(_server: Server, person: RestClient) -> None:
    """Give *person* a journal, an entry and its draft, a template, and something in the trash."""
    for path, document in DOCUMENTS:
        await done(person.call("POST", path, document))
    await done(person.call("DELETE", ENTRY.format(id=THROWN)))
    draft = {"text": "Rain all day, and", "base": 1}
    await done(person.call("PUT", DRAFT.format(id=PAGE), draft))


async def hidden(_server: Server, stranger: RestClient) -> dict[str, str]:
    """The ids of what *stranger* has written."""
    return await hide(
        stranger,
        (BOOKS, "jou", {"name": "Hide"}),
        (TEMPLATES, "jtp", {"name": "Hide"}),
        (JOURNAL, "jen", {"text": "Hide"}),
    )


def full(base: Json) -> Iterator[Document]:
    """A document of each kind, with every field filled."""
    said: Json = base | {"confirmed_at": NOON}
    yield Journal(
        id="jou_1",
        name="canary",
        description="canary",
        color="#00FF00",
        archived=True,
        default=True,
        **base,
    )
    yield JournalEntry(
        id="jen_1",
        journal="jou_1",
        title="canary",
        text="canary",
        mood=3,
        feelings=("canary",),
        tags=("canary",),
        local_date=dt.date(2026, 1, 5),
        tz="Pacific/Apia",
        pinned=True,
        prompt="day-1",
        trashed_at=NOON,
        **base,
    )
    yield EntryShare(id="jen_1/usr_2", entry="jen_1", coach="usr_2", until=NOON, **said)
    yield ClientEntry(id="usr_3:jen_2", client="usr_3", entry="jen_2", until=NOON, **base)
    yield JournalTemplate(
        id="jtp_1", name="canary", title="canary", text="canary", tags=("canary",), **base
    )


ROWS = ContextRows(
    name="journal",
    writes=WRITES,
    elsewhere=frozenset({("PUT", ENTRY_SHARE), ("DELETE", ENTRY_SHARE)}),  # test_journal_shares.py
    furnish=furnish,
    ids={BOOKS: BOOK, TEMPLATES: TEMPLATE, JOURNAL: PAGE},
    hidden=hidden,
    drafted=frozenset({("PUT", DRAFT)}),
    flawed=FLAWED,
    lists=dict.fromkeys(
        (
            JOURNAL,
            BOOKS,
            TEMPLATES,
            *(f"{JOURNAL}/{name}" for name in ("search", "trash", "drafts")),
        ),
        100,
    ),
    made={
        "journal": (BOOKS, {"name": "A"}),
        "journal.entry": (JOURNAL, {"text": "A"}),
        "journal.template": (TEMPLATES, {"name": "A"}),
    },
    full=full,
    deleted={
        "journal": "/v1/journal/journals/{}",
        "journal.entry": "/v1/journal/{}",
        "journal.share": "/v1/journal/{}/shares/{}",
        "journal.template": "/v1/journal/templates/{}",
    },
    counted=("/v1/journal/prompts",),
)
