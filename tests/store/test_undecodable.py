"""Events that no reader of today can decode stop neither the learner nor the past of others."""

import pytest

from config.settings import Settings
from models.base.merge_patch import Json
from models.learners import HabitOdds
from models.wire.events import read_line
from models.wire.frames import encode
from tests.support.people.furnished import GOAL, ONE_GOAL, furnished
from tests.support.people.scopes import scope_of
from tests.support.server import Server, serving
from tests.support.server.learning import a_habit, connected, learning_on, log
from tests.support.wire.answers import done
from tests.support.wire.writes import write
from upcoach.client import RestClient
from upcoach.store.base.sealing import associated_data, seal
from upcoach.store.log.event_log import COLLECTION


async def rewrite(
    server: Server, person: RestClient, document_id: str, doc: Json | None, line: bytes = b""
) -> None:
    """Have the first event of a document hold *doc* in its document, or be another *line*."""
    log_, feed = server.node.log, scope_of(server, person).feed
    await log_.load_keys([feed])
    event = next(one for one in await log_.page(feed, 0, 1_000) if one.id == document_id)
    frame = read_line(log_.open_line(event))
    if doc is not None:
        assert frame.doc is not None
        frame.doc.update(doc)
        line = encode(frame)
    key = server.node.keyring[scope_of(server, person).user]
    body = seal(key, line, associated_data(COLLECTION, feed, event.seq))
    name = {"feed": feed, "seq": event.seq}
    await server.node.database[COLLECTION].update_one(name, {"$set": {"body": body}})


@pytest.mark.parametrize("line", [b"", b'{"t":"ev","seq":"many"}\n', b"\xff\n"])
async def test_the_learner_goes_on_behind_what_it_cannot_decode(
    settings: Settings, line: bytes
) -> None:
    async with serving(settings) as server, connected(settings) as redis:
        person, other = await server.person(), await server.person()
        bad, good = await a_habit(person), await a_habit(person)
        theirs = await a_habit(other)
        for somebody, habit in ((person, bad), (person, good), (other, theirs)):
            await log(somebody, habit, range(1, 20))
        every = {"schedule": {"type": "every", "days": 367, "anchor": "2026-01-01"}}
        await rewrite(server, person, bad, None if line else every, line)

        learning = learning_on(server, settings, redis)
        await learning.load()
        await learning.step()

        said = await person.call("GET", "/v1/coach/insights")
        assert [one["about"] for one in said.body["items"]] == [good]
        assert len((await other.call("GET", "/v1/coach/insights")).body["items"]) == 1
        parked = learning._metrics.parked.labels(HabitOdds.NAME)
        assert parked._value.get() >= 1


async def test_the_past_of_a_goal_that_nobody_can_decode_is_refused(settings: Settings) -> None:
    async with serving(settings) as server:
        person = await furnished(server)
        path = ONE_GOAL.format(id=GOAL)
        await done(write(person, "PATCH", path, {"title": "Swim"}, base=1))
        await rewrite(server, person, GOAL, {"progress": 7})

        answers = [
            await person.call("GET", f"{path}?as_of=2099-01-01T00:00:00Z"),
            await person.call("GET", f"{path}/history"),
            await write(person, "PATCH", path, {"description": "late"}, base=1),
            await write(person, "POST", f"{path}/undo", {}),
            await person.call("GET", path),
        ]

        assert [one.status for one in answers] == [409, 200, 412, 412, 200], answers
        assert answers[0].body["code"] == "document_broken"


async def test_an_event_that_is_none_leaves_its_document_as_it_is(settings: Settings) -> None:
    async with serving(settings) as server:
        person = await furnished(server)
        path = ONE_GOAL.format(id=GOAL)
        await done(write(person, "PATCH", path, {"title": "Swim"}, base=1))
        await rewrite(server, person, GOAL, None, b"[]\n")

        answers = [
            await person.call("GET", f"{path}/history"),
            await write(person, "PATCH", path, {"description": "late"}, base=1),
            await write(person, "PATCH", path, {"description": "new"}, base=2),
            await person.call("DELETE", path),
        ]

        assert [one.status for one in answers] == [404, 412, 200, 204], answers
