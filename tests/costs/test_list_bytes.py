"""Every list ends by its bytes: an answer has a mebibyte, or one item, whatever the items hold."""

import datetime as dt
from typing import Any, Final

import msgspec

from config.settings import Settings
from handlers.contexts import CONTEXTS
from models.access.limits import PAGE_BYTES
from models.base.document import Document
from models.base.ids import new_id
from models.base.merge_patch import Json
from models.calendar import CalendarEvent, EventException, NewCalendarEvent
from models.coaches import ClientNote
from models.goals import Goal, GoalTemplate, NewGoal, NewGoalTemplate
from models.journal import JournalEntry, NewJournalEntry, UnsavedEntry
from models.journal.journal_entry import JournalEntryContent
from models.scheduling import CoachingSession
from tests.costs.drafts import LETTER, largest_draft
from tests.support.people.relations import user_of
from tests.support.people.wealth import hold
from tests.support.server import serving
from tests.support.wire.answers import done, next_page
from tests.support.wire.writes import write
from upcoach.client import RestClient

DAY: Final = "date=2026-01-05"
LARGE: Final = 4  # of what has half a mebibyte
ENTRIES: Final = 20
CLIENT: Final = "usr_01a20c66-99df-75bd-8f37-3328887fd987"
TEXT: Final = "Word " + LETTER * 19_000
# Each path with the number of items that a person like ours has there: more than fit.
LARGE_LISTS: Final = {
    "/v1/goals": LARGE,
    "/v1/goals/templates": LARGE,
    "/v1/goals/{id}/history": LARGE + 1,
    "/v1/coaching/sessions": ENTRIES,
    "/v1/calendar/events": ENTRIES,
    "/v1/clients/{client}/notes": 2 * ENTRIES,
    "/v1/journal": ENTRIES,
    f"/v1/journal/on-this-day?{DAY}": ENTRIES,
    "/v1/journal/search?q=word": ENTRIES,
    "/v1/journal/trash": ENTRIES,
    "/v1/journal/drafts": ENTRIES,
}
# A hundred of the largest of them have about a mebibyte, or less.
SMALL_LISTS: Final = {
    "/v1/admin/audit",
    "/v1/admin/coaches",
    "/v1/auth/grants",
    "/v1/auth/identities",
    "/v1/clients",
    "/v1/clients/{client}/journal",
    "/v1/calendar",
    "/v1/coach/insights",
    "/v1/coaches",
    "/v1/goals/{id}/progress",
    "/v1/habits",
    "/v1/habits/reminders",
    "/v1/habits/vacations",
    "/v1/habits/{id}/entries",
    "/v1/jobs",
    "/v1/journal/journals",
    "/v1/journal/templates",
    "/v1/moods",
    "/v1/notifications",
    "/v1/shares",
    "/v1/tasks",
    "/v1/webhooks",
    "/v1/webhooks/{id}/deliveries",
}
ELSEWHERE: Final = {"/v1/events", "/v1/snapshot"}  # in `test_page_bytes.py`


def test_every_list_is_tried() -> None:
    lists = {row.path for context in CONTEXTS for row in context.operations if row.is_page}
    tried = {path.partition("?")[0] for path in LARGE_LISTS}
    assert lists == tried | SMALL_LISTS | ELSEWHERE


def entry(owner: str, at: dt.datetime, number: int) -> JournalEntry:
    """One of a day of January of some year."""
    draft = NewJournalEntry(
        id=new_id("jen"), text=TEXT, local_date=dt.date(2025 - number, 1, 5), tz="UTC"
    )
    return JournalEntry.drafted(draft, owner=owner, at=at)


def event(owner: str, at: dt.datetime) -> CalendarEvent:
    """A series with many exceptions."""
    days = [f"2026-{1 + number // 28:02}-{1 + number % 28:02}" for number in range(100)]
    draft = NewCalendarEvent(
        title="Swim",
        starts="2026-01-01T12:00",
        ends="2026-01-01T13:00",
        exceptions={f"{day}T12:00": EventException(title=LETTER * 250) for day in days},
    )
    return CalendarEvent.drafted(draft, owner=owner, at=at)


def note(owner: str, at: dt.datetime) -> ClientNote:
    """A long note."""
    times: dict[str, Any] = {"created_at": at, "updated_at": at}
    return ClientNote(id=new_id("cnt"), owner=owner, client=CLIENT, text=TEXT[:9_900], **times)


def session(owner: str, at: dt.datetime, number: int) -> CoachingSession:
    """A session with long texts."""
    begins = at + dt.timedelta(days=number)
    return CoachingSession(
        id=new_id("cse"),
        owner=owner,
        created_at=at,
        updated_at=at,
        role="coach",
        other=owner,
        other_name="Ann",
        type="talk",
        title="A talk",
        mode="video",
        starts_at=begins,
        ends_at=begins,
        blocked_from=begins,
        blocked_to=begins,
        cancel_until=begins,
        move_until=begins,
        notes=TEXT[:9_000],
        summary=TEXT[:9_000],
        next_steps=TEXT[:9_000],
    )


def documents(owner: str) -> list[Document]:
    at = dt.datetime.now(dt.UTC)
    goal = msgspec.convert(largest_draft(NewGoal), NewGoal)
    template = msgspec.convert(largest_draft(NewGoalTemplate), NewGoalTemplate)
    entries = [entry(owner, at, number) for number in range(2 * ENTRIES)]
    base: dict[str, Any] = {"owner": owner, "created_at": at, "updated_at": at}
    content = JournalEntryContent(text=TEXT, tz="UTC")
    return [
        *(
            Goal.drafted(msgspec.structs.replace(goal, id=new_id("gol")), owner=owner, at=at)
            for _ in range(LARGE - 1)
        ),
        *(
            GoalTemplate.drafted(
                msgspec.structs.replace(template, id=new_id("tpl")), owner=owner, at=at
            )
            for _ in range(LARGE)
        ),
        *(session(owner, at, number) for number in range(ENTRIES)),
        *(event(owner, at) for _ in range(ENTRIES)),
        *(note(owner, at) for _ in range(2 * ENTRIES)),
        *entries[:ENTRIES],
        *(msgspec.structs.replace(one, trashed_at=at) for one in entries[ENTRIES:]),
        *(UnsavedEntry(id=new_id("jen"), content=content, **base) for _ in range(ENTRIES)),
    ]


async def a_past(person: RestClient) -> str:
    """The id of a goal that was changed at length several times."""
    made = await write(person, "POST", "/v1/goals", {"title": "Run"})
    where = f"/v1/goals/{made.body['id']}"
    for version in range(1, LARGE + 1):
        text = f"{version}" + LETTER * 499
        milestones = {f"m{n}": {"title": "x", "description": text} for n in range(100)}
        answer = await write(person, "PATCH", where, {"milestones": milestones}, version)
        assert answer.status == 200
    return str(made.body["id"])


async def pages_of(person: RestClient, path: str) -> list[list[Json]]:
    pages, following = [], path
    while following:
        answer = await done(person.call("GET", following))
        pages.append(answer.body["items"])
        following = next_page(answer)
    return pages


async def test_a_list_ends_by_its_bytes_and_goes_on(settings: Settings) -> None:
    async with serving(settings) as server:
        person = await server.person()
        goal = await a_past(person)
        await hold(server, await user_of(person), documents(await user_of(person)))
        found = {
            path: await pages_of(person, path.format(id=goal, client=CLIENT))
            for path in LARGE_LISTS
        }

    sizes = {path: list(map(sized, pages)) for path, pages in found.items()}
    assert {path: sum(map(len, pages)) for path, pages in found.items()} == LARGE_LISTS
    assert {
        path for path, pages in sizes.items() if sum(size for _, size in pages) < PAGE_BYTES
    } == set()
    too_large = {
        path: [size for count, size in pages if count > 1 and size > 1.1 * PAGE_BYTES]
        for path, pages in sizes.items()
    }
    assert {path: some for path, some in too_large.items() if some} == {}


def sized(items: list[Json]) -> tuple[int, int]:
    """How many they are, and their bytes."""
    return len(items), len(msgspec.json.encode(items))
