"""A phone that was away for three weeks: 500 queued writes, over each road, with the same end."""

from collections.abc import Awaitable, Callable

import pytest

from config.settings import Settings
from models.base.ids import new_id
from models.base.merge_patch import Json
from tests.support.laws.snapshots import snapshot
from tests.support.people.phone_away import (
    AHEAD,
    BEFORE,
    DAYS,
    DESCRIBED,
    GONE,
    LOST,
    MADE,
    READ,
    RENAMED,
    WALK,
    WATER,
    frames_of,
    go_on,
    goal,
    outcome_of,
    queued,
    stay,
)
from tests.support.server import Server, serving
from tests.support.wire.answers import done
from tests.support.wire.sockets import mut, talking
from tests.support.wire.writes import ask, send
from upcoach.client import RestClient, apply_event

Send = Callable[[Server, RestClient, list[Json]], Awaitable[list[Json]]]


async def over_rest(_server: Server, phone: RestClient, queue: list[Json]) -> list[Json]:
    return [await phone.write(frame) for frame in queue]


async def over_the_socket(server: Server, phone: RestClient, queue: list[Json]) -> list[Json]:
    answers = []
    for some in parts(queue, 50):
        async with talking(server, phone) as wire:  # in a train: each connection is lost soon
            answers += await ask(wire, *some)
    return answers


async def in_batches(_server: Server, phone: RestClient, queue: list[Json]) -> list[Json]:
    return [one for some in parts(queue, 100) for one in await send(phone, *some)]


ROADS = pytest.mark.parametrize("road", [over_rest, over_the_socket, in_batches])


def parts(queue: list[Json], size: int) -> list[list[Json]]:
    return [queue[start : start + size] for start in range(0, len(queue), size)]


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
        assert [outcome_of(one) for one in answers] == expected
        assert [outcome_of(one) for one in again] == expected[-150:]
        assert all(one["replayed"] for one in again)
        assert_ended(after)
        for event in await all_events(phone, cursor):
            apply_event(replica, event)
        assert replica == after
        lost = answers[4]["problem"]["deleted"]
        assert (lost["kind"], lost["id"]) == ("goal", LOST)
        assert answers[1]["problem"]["deleted"]["id"] == GONE


async def all_events(person: RestClient, cursor: str) -> list[Json]:
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

        assert [outcome_of(one)[:2] for one in answers] == [(200, None), (409, "conflict")]
        assert outcome_of(named[0])[0] == 200


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
