"""Checksums while Redis is away, when pages are newer than what the streams have brought."""

from models.base.merge_patch import Json
from tests.support.engines import TestEngines
from tests.support.laws.snapshots import snapshot, sums_of
from tests.support.people.furnished import GOALS, furnished
from tests.support.server.redis_away import without_redis
from tests.support.wire.answers import done
from tests.support.wire.sockets import Wire, sub, talking


async def told(wire: Wire, wish: Json) -> Json:
    """The `live` frame that answers *wish*."""
    await wire.send(wish)
    return (await wire.until("live"))[-1]


async def test_a_right_copy_is_told_no_checksums_that_differ(engines: TestEngines) -> None:
    async with without_redis(engines) as (server, gate):
        person = await furnished(server)
        async with talking(server, person) as wire:
            first = await told(wire, sub(snap=True))
            before = sums_of((await snapshot(person))[0])
            await done(person.call("POST", GOALS, {"title": "Swim"}))
            again = await told(wire, sub(snap=True))
            kinds = await told(wire, sub(first["cur"], snap=["goal"]))
            resumed = await told(wire, sub(first["cur"]))

            gate.is_open = True
            event = (await wire.until("ev"))[-1]
            after = await told(wire, sub("now"))
        documents, _ = await snapshot(person)

    assert first["sums"] == before
    assert [frame.get("sums") for frame in (again, kinds, resumed)] == [None, None, None]
    assert event["type"] == "goal.created"
    assert after["sums"] == sums_of(documents)
