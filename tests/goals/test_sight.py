"""What a coach sees of goals: what is shared, field by field, over every road."""

import asyncio
from typing import Any

import pytest

from config.settings import Settings
from models.base.ids import new_id
from tests.goals.people import GOAL, GOALS, PLAIN, POINT, POINT_2, WEIGHT, furnished
from tests.support.laws.snapshots import events_since, snapshot
from tests.support.people.relations import share
from tests.support.people.scopes import scope_of
from tests.support.server import serving
from tests.support.wire.answers import done
from tests.support.wire.sockets import sub, talking
from tests.support.wire.writes import write
from upcoach.client import RestClient

SECRETS = ("canary notes", "canary text")
HIDDEN: dict[str, Any] = {
    "kinds": ["goal", "goal.point"],
    "hidden": {"goal": ["description"], "goal.point": ["note"]},
}


async def write_secrets(person: RestClient) -> None:
    """What the coach may not see, in what they may see otherwise."""
    secret = {"private_notes": "canary notes", "description": "canary text", "priority": "high"}
    assert (await write(person, "PATCH", GOAL.format(id=PLAIN), secret, 1)).status == 200
    made = {"title": "Swim"} | secret
    assert (await write(person, "POST", GOALS, made)).status == 201
    point = {"value": 85, "key_result": "kg", "note": "canary text"}
    place = POINT.format(id=WEIGHT, point=POINT_2)
    assert (await write(person, "PUT", place, point)).status == 201


async def test_hidden_and_private_fields_reach_no_coach(settings: Settings) -> None:
    async with serving(settings) as server:
        client, coach = await asyncio.gather(furnished(server), server.person())
        feed = scope_of(server, client).feed
        await share(client, coach, **HIDDEN)

        async with talking(server, coach) as wire:
            await wire.send(sub(feed=feed, since="now"))
            await wire.until("live")
            path = f"/v1/snapshot?feed={feed}&kind=goal"
            begun = (await coach.call("GET", path)).headers["upcoach-cursor"]
            await write_secrets(client)
            heard = [await wire.frame() for _ in range(4)]
            await wire.send(sub(feed=feed, since=begun))
            replayed = await wire.until("live", "unsubd")
            await wire.send(sub(feed=feed, snap=True))
            snapped = await wire.until("live", "unsubd")
        pages = (await coach.call("GET", f"/v1/events?since={begun}&feed={feed}")).body
        documents = (await coach.call("GET", path)).body
        own = str(await snapshot(client)) + str(await events_since(client, await beginning(client)))

        for seen in (heard, replayed, snapped, pages, documents):
            assert "high" in str(seen)
            assert not [secret for secret in SECRETS if secret in str(seen)]
        assert all(secret in own for secret in SECRETS)
        assert any(frame["t"] == "ev" and frame["type"] == "goal.point.created" for frame in heard)


async def test_what_was_hidden_is_seen_from_a_new_share_on(settings: Settings) -> None:
    async with serving(settings) as server:
        client, coach = await asyncio.gather(furnished(server), server.person())
        feed = scope_of(server, client).feed
        await share(client, coach, **HIDDEN)
        await write_secrets(client)
        old = (await coach.call("GET", f"/v1/snapshot?feed={feed}&kind=goal")).headers

        await share(client, coach, ["goal"])
        now = await coach.call("GET", f"/v1/snapshot?feed={feed}&kind=goal")
        gone = await coach.call("GET", f"/v1/events?since={old['upcoach-cursor']}&feed={feed}")

        assert "canary text" in str(now.body)
        assert "canary notes" not in str(now.body)
        assert gone.status in (409, 410)
        [theirs] = (await coach.call("GET", "/v1/clients")).body["items"]
        assert theirs["hidden"] == {}


@pytest.mark.parametrize("field", ["progress", "key_results"])
async def test_points_do_not_tell_what_is_hidden_of_their_goal(
    settings: Settings, field: str
) -> None:
    async with serving(settings) as server:
        client, coach = await asyncio.gather(server.person(), server.person())
        feed = scope_of(server, client).feed
        await share(client, coach, ["goal", "goal.point"], hidden={"goal": [field]})
        goal = (await done(client.call("POST", "/v1/goals", {"title": "high"}))).body["id"]
        async with talking(server, coach) as wire:
            await wire.send(sub(feed=feed, since="now"))
            await wire.until("live")
            path = POINT.format(id=goal, point=new_id("pnt"))
            assert (await write(client, "PUT", path, {"value": 0.6875})).status == 201
            [point] = [one for one in await wire.until("ev") if one["t"] == "ev"]
        shown = (await coach.call("GET", f"/v1/snapshot?feed={feed}&kind=goal.point")).body

        assert point["type"] == "goal.point.created"
        own = await client.call("GET", f"/v1/goals/{goal}")
        seen = (await coach.call("GET", f"/v1/snapshot?feed={feed}&kind=goal")).body
        assert own.body["progress"] == 0.6875
        assert "milestones" in own.body
        assert ("milestones" in seen["items"][0]) == (field != "progress")
        assert "0.6875" not in str([point, shown, seen])
        assert len(shown["items"]) == 1


async def test_only_fields_that_are_there_can_be_hidden(settings: Settings) -> None:
    async with serving(settings) as server:
        client, coach = await asyncio.gather(furnished(server), server.person())
        coach_id = scope_of(server, coach).user
        before = await snapshot(client)

        for hidden in (
            {"goal": ["id"]},
            {"goal": ["nothing"]},
            {"user": ["email"]},
            {"goal": "title"},
            {"goal": [1]},
            ["goal"],
        ):
            body = {"kinds": ["goal"], "hidden": hidden}
            answer = await client.call("PUT", f"/v1/shares/{coach_id}", body)
            assert answer.status == 422, hidden
        assert await snapshot(client) == before


async def beginning(person: RestClient) -> str:
    """The cursor of a person's first number."""
    cursor = (await person.call("GET", "/v1/snapshot")).headers["upcoach-cursor"]
    return f"{cursor.partition('.')[0]}.0"
