"""Tasks and moods that a client shares: what a coach is shown of them, and what not."""

import asyncio

from config.settings import Settings
from models.base.merge_patch import Json
from tests.moods.rows import MOODS
from tests.support.people.relations import share
from tests.support.people.scopes import scope_of
from tests.support.server import serving
from tests.support.wire.answers import done
from tests.support.wire.sockets import sub, talking
from tests.support.wire.writes import write
from tests.tasks.rows import DONE, TASKS
from upcoach.client import RestClient

DAILY: Json = {"title": "Stretch", "due_date": "2027-01-01", "repeats": {"unit": "day"}}


async def shown(coach: RestClient, feed: str) -> list[Json]:
    """The documents that *coach* is shown."""
    items: list[Json] = (await done(coach.call("GET", f"/v1/snapshot?feed={feed}"))).body["items"]
    return items


async def test_a_coach_sees_tasks_and_moods_that_are_shared(settings: Settings) -> None:
    async with serving(settings) as server:
        client, coach = await asyncio.gather(server.person(), server.person())
        feed = scope_of(server, client).feed
        await share(client, coach, ["mood", "task"], {"mood": ["note", "tz"]})
        async with talking(server, coach) as wire:
            await wire.send(sub(feed=feed, snap=True))
            await wire.until("live")
            made = await done(client.call("POST", TASKS, DAILY))
            mood = await done(client.call("POST", MOODS, {"level": 2, "note": "secret"}))
            frames = [await wire.frame() for _ in range(2)]
            path = f"{MOODS}/{mood.body['id']}"
            await done(write(client, "PATCH", path, {"note": "another secret"}, 1))
            frames.append(await wire.frame())

    assert [(frame["t"], frame.get("type")) for frame in frames] == [
        ("ev", "task.created"),
        ("ev", "mood.created"),
        ("skip", None),
    ]
    assert frames[0]["doc"]["title"] == made.body["title"]
    assert frames[1]["doc"]["level"] == 2
    assert frames[1]["doc"].keys().isdisjoint({"note", "tz", "local_date"})
    assert "secret" not in str(frames)


async def test_who_hides_whether_tasks_are_done_shows_none_of_them(settings: Settings) -> None:
    async with serving(settings) as server:
        client, coach = await asyncio.gather(server.person(), server.person())
        feed = scope_of(server, client).feed
        made = await done(client.call("POST", TASKS, DAILY))
        await done(client.call("POST", MOODS, {"level": 2}))
        whole: dict[str, int] = {}
        for field in ("notes", "status", "repeats"):
            await share(client, coach, ["mood", "task"], {"task": [field]})
            answer = await coach.call("GET", f"/v1/snapshot?feed={feed}&kind=task")
            whole[field] = answer.status
        cursor = (await coach.call("GET", f"/v1/snapshot?feed={feed}")).headers["upcoach-cursor"]
        await done(client.call("PUT", DONE.format(id=made.body["id"])))
        events = (await coach.call("GET", f"/v1/events?feed={feed}&since={cursor}")).body
        hidden = {frame["t"] for frame in events}
        tasks = (await client.call("GET", TASKS)).body["items"]

    assert len(tasks) == 2  # the next one of the series has come
    assert hidden == {"skip"}
    assert whole == {"notes": 200, "status": 404, "repeats": 404}
