"""A phone that was away for three weeks: 500 queued writes, over each road, with the same end."""

import datetime as dt
from collections.abc import Awaitable, Callable, Iterator
from typing import Any

import msgspec
import pytest

from config.settings import Settings
from models.base.ids import new_id
from models.base.merge_patch import Json
from tests.laws.test_snapshot_law import ENTRY, GOALS, HABITS, ONE_GOAL, ONE_HABIT, done, snapshot
from tests.live.test_live import mut, talking
from tests.support.server import Server, serving
from tests.support.writing import ask, send, write
from upcoach.client import Client, apply_event
from upcoach.client.outbox import Outbox

LEFT = dt.date(2026, 3, 2)
DAYS = [LEFT + dt.timedelta(days=day) for day in range(21)]
BEFORE = [LEFT - dt.timedelta(days=day) for day in range(1, 206)]
LITRES = {"type": "amount", "target": 2, "unit": "l"}

LOST, RENAMED, AHEAD, DESCRIBED = goals = [new_id("gol") for _ in range(4)]
GONE, READ, WALK, WATER = habits = [new_id("hab") for _ in range(4)]
MADE = {day: new_id("gol") for day in DAYS}

Send = Callable[[Server, Client, list[Json]], Awaitable[list[Json]]]


class Queued(msgspec.Struct, frozen=True):
    """A write without its name, and what it must be answered: status, code, merged places."""

    status: int
    op: str
    path: str
    body: Any = None
    base: int | None = None
    code: str | None = None
    merged: tuple[str, ...] = ()


async def over_rest(_server: Server, phone: Client, queue: list[Json]) -> list[Json]:
    return [await phone.write(frame) for frame in queue]


async def over_the_socket(server: Server, phone: Client, queue: list[Json]) -> list[Json]:
    answers = []
    for some in parts(queue, 50):
        async with talking(server, phone) as wire:  # in a train: each connection is lost soon
            answers += await ask(wire, *some)
    return answers


async def in_batches(_server: Server, phone: Client, queue: list[Json]) -> list[Json]:
    return [one for some in parts(queue, 100) for one in await send(phone, *some)]


ROADS = pytest.mark.parametrize("road", [over_rest, over_the_socket, in_batches])


def parts(queue: list[Json], size: int) -> list[list[Json]]:
    return [queue[start : start + size] for start in range(0, len(queue), size)]


def entry(habit: str, day: dt.date) -> str:
    return ENTRY.format(id=habit, local_date=day)


def goal(name: str) -> str:
    return ONE_GOAL.format(id=name)


async def stay(person: Client) -> None:
    """What there is when the phone leaves: everything is at version 1."""
    for name in goals:
        await done(person.call("POST", GOALS, {"id": name, "title": "Run"}))
    for name in habits:
        more = {"measure": LITRES} if name == WATER else {}
        await done(person.call("POST", HABITS, {"id": name, "name": "Habit"} | more))


async def go_on(watch: Client) -> None:
    """What happens on the other device meanwhile."""
    await done(watch.call("DELETE", goal(LOST)))
    await done(watch.call("PUT", entry(GONE, DAYS[0]), {}))
    await done(watch.call("DELETE", ONE_HABIT.format(id=GONE)))
    await done(write(watch, "PATCH", goal(RENAMED), {"title": "Watch"}, 1))
    await done(write(watch, "PATCH", goal(AHEAD), {"progress": 0.5}, 1))
    await done(write(watch, "PATCH", goal(DESCRIBED), {"description": "of the watch"}, 1))
    await done(watch.call("PUT", entry(READ, DAYS[0]), {"note": "of the watch"}))
    for day in DAYS[:5]:
        await done(watch.call("PUT", entry(WATER, day), {"value": 3}))


def queued() -> Iterator[Queued]:
    """What is written on the phone, from the versions that it knows."""
    for number, day in enumerate(DAYS):
        known = 200 if number == 0 else 201
        yield Queued(known, "PUT", entry(READ, day), {})
        yield Queued(404, "PUT", entry(GONE, day), {}, code="deleted")
        yield Queued(200 if number < 5 else 201, "PUT", entry(WATER, day), {"value": 1})
        yield Queued(200, "PUT", entry(WATER, day), {"value": 2}, 1)
        yield Queued(404, "PATCH", goal(LOST), {"title": f"{number}"}, 1, "deleted")
        yield Queued(409, "PATCH", goal(RENAMED), {"title": f"{number}"}, 1, "conflict")
        priority = {"priority": "high" if number % 2 else "low"}
        yield Queued(200, "PATCH", goal(RENAMED), priority, 1, merged=("/title",))
        behind = ("/progress",) if number < 20 else ()
        yield Queued(200, "PATCH", goal(AHEAD), {"progress": number / 40}, 1, merged=behind)
        title = {"title": f"Day {number}"}
        yield Queued(200, "PATCH", goal(DESCRIBED), title, 1, merged=("/description",))
        yield Queued(201, "POST", GOALS, {"id": MADE[day], "title": "New"})
        yield Queued(200, "PATCH", goal(MADE[day]), {"progress": 0.5}, 1)
        yield Queued(200, "PATCH", goal(MADE[day]), {"progress": 0.25, "category": "health"}, 1)
        yield Queued(200, "PUT", entry(READ, day), {"note": "of the phone"}, 1)
        if number % 2 == 0:
            yield Queued(204, "DELETE", goal(MADE[day]))
            yield Queued(404, "PATCH", goal(MADE[day]), {"title": "Late"}, 1, "deleted")
    for day in BEFORE:
        yield Queued(201, "PUT", entry(WALK, day), {})


def frames_of(queue: list[Queued]) -> list[Json]:
    """The `mut` frames of *queue*, as the client's library keeps them."""
    outbox = Outbox(lambda _: None)
    for one in queue:
        base = {} if one.base is None else {"base": one.base}
        outbox.add(mut(one.op, one.path, one.body, **base))
    frames: list[Json] = outbox.pending()
    outbox.close()
    return frames


def said(answer: Json) -> tuple[int, str | None, tuple[str, ...]]:
    """What *answer* says: status, code, merged places."""
    code = answer.get("problem", {}).get("code")
    return answer["status"], code, tuple(answer.get("merged", ()))


@ROADS
async def test_five_hundred_writes_of_three_weeks_are_carried_out_in_one_pass(
    settings: Settings, road: Send
) -> None:
    async with serving(settings) as server:
        phone = await server.person()
        await stay(phone)
        replica, cursor = await snapshot(phone)
        await go_on(phone)
        queue = list(queued())
        frames = frames_of(queue)

        answers = await road(server, phone, frames)
        again = await road(server, phone, frames[-150:])
        after, _ = await snapshot(phone)

        assert len(queue) == 500
        expected = [(one.status, one.code, one.merged) for one in queue]
        assert [said(one) for one in answers] == expected
        assert [said(one) for one in again] == expected[-150:]
        assert all(one["replayed"] for one in again)
        assert_ended(after)
        for event in await all_events(phone, cursor):
            apply_event(replica, event)
        assert replica == after
        lost = answers[4]["problem"]["deleted"]
        assert (lost["kind"], lost["id"]) == ("goal", LOST)
        assert answers[1]["problem"]["deleted"]["id"] == GONE


async def all_events(person: Client, cursor: str) -> list[Json]:
    """What happened since *cursor*, in the largest pages."""
    events: list[Json] = []
    while True:
        answer = await done(person.call("GET", f"/v1/events?since={cursor}"))
        events += answer.body
        cursor = answer.headers["upcoach-cursor"]
        if "upcoach-up-to-date" in answer.headers:
            return events


def assert_ended(documents: dict[str, dict[str, Json]]) -> None:
    """Every document is what both devices have made of it."""
    kept = documents["goal"]
    left = [MADE[day] for number, day in enumerate(DAYS) if number % 2]
    assert set(kept) == {RENAMED, AHEAD, DESCRIBED, *left}
    assert (kept[RENAMED]["title"], kept[RENAMED]["priority"]) == ("Watch", "low")
    assert kept[AHEAD]["progress"] == 0.5
    assert kept[DESCRIBED]["title"] == "Day 20"
    assert kept[DESCRIBED]["description"] == "of the watch"
    for name in left:
        assert (kept[name]["progress"], kept[name]["category"]) == (0.25, "health")
    assert set(documents["habit"]) == {READ, WALK, WATER}
    entries = documents["habit.entry"]
    assert len(entries) == 2 * len(DAYS) + len(BEFORE)
    for day in DAYS:
        assert entries[f"{READ}/{day}"]["note"] == "of the phone"
        assert entries[f"{WATER}/{day}"]["value"] == 2


async def test_who_names_nothing_meets_their_own_edits(settings: Settings) -> None:
    async with serving(settings) as server:
        phone = await server.person()
        await stay(phone)
        first, second = (mut("PATCH", goal(RENAMED), {"title": title}, base=1) for title in "ab")

        answers = await over_rest(server, phone, [first, second])
        third = mut("PATCH", goal(RENAMED), {"title": "c"}, base=1, follows=[first["id"]])
        named = await over_rest(server, phone, [third])

        assert [said(one)[:2] for one in answers] == [(200, None), (409, "conflict")]
        assert said(named[0])[0] == 200


async def test_what_somebody_else_has_deleted_says_nothing(settings: Settings) -> None:
    async with serving(settings) as server:
        ann, bob = await server.person(), await server.person()
        await stay(ann)
        await done(ann.call("DELETE", goal(LOST)))
        late = mut("PATCH", goal(LOST), {"title": "Late"}, base=1)
        never = mut("PATCH", goal(new_id("gol")), {"title": "Late"}, base=1)

        mine, theirs, nothing = (
            await ann.write(late),
            await bob.write(late),
            await ann.write(never),
        )
        unnamed = await ann.call(
            "PATCH", goal(LOST), {"title": "Late"}, headers={"If-Match": '"v1"'}
        )

        assert mine["problem"]["code"] == "deleted"
        assert theirs["problem"]["code"] == nothing["problem"]["code"] == "not_found"
        assert "deleted" not in theirs["problem"]
        assert (unnamed.status, unnamed.body["code"]) == (404, "not_found")


async def test_names_that_are_none_are_refused(settings: Settings) -> None:
    async with serving(settings) as server:
        phone = await server.person()
        await stay(phone)
        headers = {"If-Match": '"v1"', "Upcoach-Follows": ",".join(["x"] * 257)}

        refused = await phone.call("PATCH", goal(RENAMED), {"title": "a"}, headers=headers)
        batch = mut("PATCH", goal(RENAMED), {"title": "a"}, base=1, follows=["x"] * 257)
        together = await phone.call("POST", "/v1/mutations", [batch])

        assert (refused.status, refused.body["code"]) == (400, "follows_invalid")
        assert together.status == 422
        assert together.body["errors"][0]["pointer"] == "/0/follows"
