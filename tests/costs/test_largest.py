"""Whatever a document may hold, every road carries; what is larger has an answer."""

import asyncio
import json
from typing import Any

import pytest

from config.settings import Settings
from handlers.contexts import ROUTER
from handlers.http.operations import Operation
from models.access.limits import BATCH_BYTES, FRAME_BYTES, MUTATION_BYTES
from models.base.ids import new_id, new_mutation_id
from models.base.merge_patch import Json
from models.base.sizes import max_json_bytes
from tests.costs.drafts import largest_draft
from tests.support.people.furnished import GOALS
from tests.support.server import Server, serving
from tests.support.wire.sockets import talking
from tests.support.wire.writes import MUTATIONS
from upcoach.client import RestClient, SyncDevice

JOURNAL = "/v1/journal"
TRANSPORTS = ("websocket", "sse", "poll", "rest")
OTHERS = {"ShareDraft", "EntryShareDraft", "Undo"}  # which carry no text of anybody's
DRAFTS = [
    row
    for route in ROUTER.routes
    for row in route.operations.values()
    if row.live and row.takes is not None and row.takes.__name__ not in OTHERS
]
# What takes another person is written in tests of its own.
OF_TWO = {
    "CompletionDraft",
    "HoldDraft",
    "MoveDraft",
    "NewClientNote",
    "NewSession",
    "RatingDraft",
    "ReasonDraft",
}
MADE = [row for row in DRAFTS if row.method in ("POST", "PUT") and row.takes.__name__ not in OF_TWO]
NAMES = [f"{row.method} {row.path}" for row in MADE]


async def place_of(person: RestClient, row: Operation[Any]) -> str:
    """The path of *row* with ids, of documents that are made for it."""
    names = {"local_date": "2026-01-02", "point": new_id("pnt")}
    if "{id}" in row.path:
        noun = row.path.split("/")[2]
        prefix = {"habits": "hab", "goals": "gol", "journal": "jen"}[noun]
        names["id"] = new_id(prefix)
        new = {"habits": {"name": "a"}, "goals": {"title": "a"}, "journal": {"text": "a"}}[noun]
        made = await person.call("POST", f"/v1/{noun}", new | {"id": names["id"]})
        assert made.status == 201, made
    return row.path.format(**names)


def escaped(value: object) -> str:
    return json.dumps(value, ensure_ascii=True)


def assert_made(status: int, name: str) -> None:
    assert status in (200, 201), name


@pytest.mark.parametrize("row", DRAFTS, ids=lambda row: f"{row.method} {row.path}")
def test_the_table_has_room_for_each_draft(row: Operation[Any]) -> None:
    # A patch may name as many parts again, to take them away.
    again = 200 * 50
    assert max_json_bytes(row.takes) + again <= MUTATION_BYTES <= row.largest
    assert min(FRAME_BYTES, BATCH_BYTES) >= MUTATION_BYTES + 16 * 1024


@pytest.mark.parametrize("row", MADE, ids=NAMES)
async def test_the_largest_of_each_kind_goes_over_every_road(
    settings: Settings, row: Operation[Any]
) -> None:
    async with serving(settings) as server:
        person = await server.person()
        body = largest_draft(row.takes)
        if "entries" in row.path:
            del body["value"]  # the habit is done or not
        headers = {"Content-Type": "application/json"}

        path = await place_of(person, row)
        rest = await person.call(row.method, path, raw=escaped(body).encode(), headers=headers)
        async with talking(server, person, {"f": "u:me", "since": "now"}) as wire:
            frame = await mut_of(person, row, body)
            await wire.send(escaped(frame))
            socket = (await wire.answers(1))[0]
        batch = [await mut_of(person, row, body)]
        raw = escaped(batch).encode()
        batched = await person.call("POST", MUTATIONS, raw=raw, headers=headers)

    assert_made(rest.status, f"{rest.body}"[:300])
    assert_made(socket["status"], f"{socket}"[:300])
    assert batched.status == 200
    assert_made(batched.body[0]["status"], f"{batched.body}"[:300])


async def mut_of(person: RestClient, row: Operation[Any], body: Json) -> Json:
    """A write of *body*, under the longest names that it may follow."""
    path = await place_of(person, row)
    return {
        "t": "mut",
        "id": new_mutation_id(),
        "op": row.method,
        "path": path,
        "follows": [new_mutation_id() for _ in range(256)],
        "body": body,
    }


@pytest.mark.parametrize("transport", TRANSPORTS)
async def test_our_client_writes_the_largest_and_others_get_it(
    settings: Settings, transport: str
) -> None:
    goal = largest_draft(next(row for row in MADE if row.path == GOALS).takes)
    async with serving(settings) as server:
        person = await server.person()
        async with (
            SyncDevice([server.url], person.token, dev="a", transport=transport) as phone,
            SyncDevice([server.url], person.token, dev="b", transport=transport) as watch,
        ):
            await asyncio.gather(*(one.until(lambda one: one.live) for one in (phone, watch)))
            answers = [await phone.mutate("POST", GOALS, goal) for _ in range(3)]
            made = {one["body"]["id"] for one in answers}
            await watch.until(lambda one: made <= one.documents.get("goal", {}).keys())
        async with SyncDevice([server.url], person.token, dev="c", transport=transport) as late:
            await late.until(lambda one: one.live)
            assert made <= late.documents["goal"].keys()


async def refused_and_then(server: Server, transport: str, text: str) -> list[int]:
    """How a write of *text* between two others ends, and they."""
    person = await server.person()
    async with SyncDevice([server.url], person.token, transport=transport) as phone:
        await phone.until(lambda one: one.live)
        answers = await asyncio.gather(
            phone.mutate("POST", JOURNAL, {"text": "before"}),
            phone.mutate("POST", JOURNAL, {"text": text}),
            phone.mutate("POST", JOURNAL, {"text": "behind"}),
        )
        last = await phone.mutate("POST", JOURNAL, {"text": "after"})
    return [one["status"] for one in (*answers, last)]


@pytest.mark.parametrize("transport", TRANSPORTS)
@pytest.mark.parametrize("size", [FRAME_BYTES, 4 * FRAME_BYTES])
async def test_what_fits_nowhere_is_answered_and_the_queue_goes_on(
    settings: Settings, transport: str, size: int
) -> None:
    async with serving(settings) as server:
        ended = await refused_and_then(server, transport, "x" * size)

    assert ended == [201, 413, 201, 201]


async def test_a_close_for_size_is_the_answer_to_the_largest_write() -> None:
    phone = SyncDevice(["http://127.0.0.1:1"], "token")
    texts = ("a" * 10, "b" * 1_000, "c" * 100)
    waiting = [asyncio.create_task(phone.mutate("POST", JOURNAL, {"text": text})) for text in texts]
    await asyncio.sleep(0)

    phone.take_close(1009)
    largest = await waiting[1]

    assert (largest["status"], largest["problem"]["code"]) == (413, "frame_too_large")
    assert [len(one["body"]["text"]) for one in phone.saved()["writes"]] == [10, 100]
    for one in waiting:
        one.cancel()


@pytest.mark.parametrize("transport", TRANSPORTS)
async def test_a_text_of_three_byte_letters_goes_over_every_road(
    settings: Settings, transport: str
) -> None:
    async with serving(settings) as server:
        ended = await refused_and_then(server, transport, "\u20ac" * 30_000)

    assert ended == [201, 201, 201, 201]
