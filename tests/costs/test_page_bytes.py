"""Pages end by their bytes, over every road: nothing is lost, and no more is read than fits."""

import datetime as dt
from collections.abc import Iterable

import msgspec
import pytest

from config.settings import Settings
from models.access.limits import PAGE_BYTES
from models.base.ids import new_id
from models.base.merge_patch import Json
from models.goals import Goal, NewGoal
from tests.costs.drafts import largest_draft
from tests.support.people.relations import user_of
from tests.support.people.wealth import hold
from tests.support.server import Server, serving
from tests.support.wire.answers import done, next_page
from tests.support.wire.event_streams import reading
from tests.support.wire.sockets import sub, talking
from upcoach.client import RestClient
from upcoach.store.base.pages import FIRST

GOALS = 120  # of which every eighth is as large as it may be: more than are kept in memory
ENVELOPE = 4_096  # bytes of a page beside its items
PAGES = ("/v1/snapshot?kind=goal", "/v1/events?since=0")


async def wealthy(server: Server, person: RestClient) -> list[str]:
    """The ids of goals, of which some are as large as they may be, in order."""
    owner, at = await user_of(person), dt.datetime.now(dt.UTC)
    large = msgspec.convert(largest_draft(NewGoal), NewGoal)
    drafts = [large if number % 8 == 7 else NewGoal(title="Run") for number in range(GOALS)]
    goals = [
        Goal.drafted(msgspec.structs.replace(draft, id=new_id("gol")), owner=owner, at=at)
        for draft in drafts
    ]
    async with talking(server, person, {"f": "u:me"}) as wire:
        await hold(server, owner, goals)
        while goals[-1].id not in await wire.message():  # till the node has heard of all of them
            pass
    return [goal.id for goal in goals]


def items_of(body: Json | list[Json]) -> list[Json]:
    items = body if isinstance(body, list) else body["items"]
    return [item for item in items if item["id"].startswith("gol_")]


def assert_pages(pages: list[list[Json]], ids: Iterable[str]) -> None:
    """Each is no larger than a page, or has one item, and together they have all of *ids* once."""
    assert [item["id"] for page in pages for item in page] == list(ids)
    sizes = [(len(page), len(msgspec.json.encode(page))) for page in pages]
    assert [size for size in sizes if size[0] > 1 and size[1] > PAGE_BYTES + ENVELOPE] == []
    # Each is as full as it may be: the first item of the next one does not fit.
    nexts = [len(msgspec.json.encode(page[0])) for page in pages[1:]]
    assert all(
        size + more > PAGE_BYTES * 0.9 for (_, size), more in zip(sizes, nexts, strict=False)
    )
    assert len(pages) > 2


@pytest.mark.parametrize("path", [*PAGES, "/v1/goals?limit=100"])
async def test_a_page_ends_by_its_bytes(settings: Settings, path: str) -> None:
    async with serving(settings) as server:
        person = await server.person()
        ids = await wealthy(server, person)

        pages, heads, following = [], [], path
        while following:
            answer = await done(person.call("GET", following))
            pages.append(items_of(answer.body))
            heads.append(answer.headers)
            following = next_page(answer)

    assert_pages(pages, ids)
    if "events" in path:
        told = ["upcoach-up-to-date" in head for head in heads]
        assert told == [False] * (len(pages) - 1) + [True]


async def test_a_waiting_page_ends_by_its_bytes(settings: Settings) -> None:
    async with serving(settings) as server:
        person = await server.person()
        ids = await wealthy(server, person)

        pages: list[list[Json]] = []
        cursor = "0"
        while sum(len(page) for page in pages) < len(ids):
            answer = await done(person.call("GET", f"/v1/events?since={cursor}&wait=1"))
            pages.append(items_of(answer.body))
            cursor = answer.headers["upcoach-cursor"]

    assert_pages(pages, ids)


@pytest.mark.parametrize("wish", [{"snap": True}, {"since": "0"}])
async def test_a_socket_is_sent_pages_that_end_by_their_bytes(
    settings: Settings, wish: Json
) -> None:
    async with serving(settings) as server:
        person = await server.person()
        ids = await wealthy(server, person)
        pages: list[list[Json]] = []
        async with talking(server, person) as wire:
            await wire.send(sub(**wish))
            while not pages or pages[-1][-1]["t"] != "live":
                message = await wire.message()
                pages.append([msgspec.json.decode(line) for line in message.splitlines()])

    assert_pages(shown(pages), ids)


@pytest.mark.parametrize("query", ["snap=true", "since=0"])
async def test_a_stream_is_sent_pages_that_end_by_their_bytes(
    settings: Settings, query: str
) -> None:
    async with serving(settings) as server:
        person = await server.person()
        ids = await wealthy(server, person)
        async with reading(server, f"/v1/events?{query}", person.token) as reader:
            frames = [event.frame for event in await reader.until("live")]

    if query == "since=0":  # where a message ends cannot be told
        events = items_of([frame for frame in frames if frame["t"] == "ev"])
        assert [event["id"] for event in events] == ids
    else:
        assert_pages(shown([[frame] for frame in frames]), ids)


def shown(messages: list[list[Json]]) -> list[list[Json]]:
    """The goals that each of *messages* shows, or the events about them."""
    pages = []
    for message in messages:
        snaps = [
            item for frame in message if frame.get("kind") == "goal" for item in frame["items"]
        ]
        pages.append(snaps + items_of([frame for frame in message if frame["t"] == "ev"]))
    return [page for page in pages if page]


@pytest.mark.parametrize("path", PAGES)
async def test_no_more_is_read_than_fits(settings: Settings, path: str) -> None:
    async with serving(settings) as server:
        person = await server.person()
        await wealthy(server, person)
        largest = len(msgspec.json.encode(largest_draft(NewGoal)))
        before = await read_bytes(server)

        await done(person.call("GET", path))

        # The first rows are read before anybody knows how large they are.
        read = await read_bytes(server) - before
        assert PAGE_BYTES / 2 < read < 2 * PAGE_BYTES + FIRST * largest


async def read_bytes(server: Server) -> int:
    """The bytes that MongoDB has sent to this test, as far as it was asked to write them down."""
    database = server.node.database
    await database.handle.command({"profile": 2})
    rows = await database["system.profile"].find({"op": {"$in": ["query", "getmore"]}}).to_list()
    return sum(row["responseLength"] for row in rows if "profile" not in row["ns"])
