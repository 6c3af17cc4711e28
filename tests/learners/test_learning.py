import dataclasses
import datetime as dt
from typing import Any

import pytest

from config.settings import Settings
from models.insights.insight import insight_id
from models.learners import HabitOdds
from tests.support.server import serving
from tests.support.server.learning import a_habit, connected, learning_on, log
from upcoach.cli.demo.history import loop_export
from upcoach.client import RestClient, SyncDevice
from upcoach.store.collections.consumer_snapshots import ConsumerSnapshots, OwnershipLost

DAY = dt.date(2026, 6, 1)


async def import_history(person: RestClient, **options: Any) -> None:
    archive = loop_export(DAY, **options)
    zipped = {"Content-Type": "application/zip"}
    answer = await person.call("POST", "/v1/imports/loop", raw=archive, headers=zipped)
    assert answer.status == 200, answer


async def test_an_insight_arrives_on_the_sockets_by_the_same_road(settings: Settings) -> None:
    both = dataclasses.replace(settings, roles=frozenset({"web", "learn"}))
    async with serving(both) as server:
        person = await server.person()
        async with SyncDevice([server.url], person.token) as phone:
            await phone.until(lambda device: device.live)

            await import_history(person, days=60)
            await phone.until(lambda device: len(device.documents.get("insight", {})) == 5)

            kept = (await person.call("GET", "/v1/coach/insights")).body["items"]
            shown = phone.documents["insight"]
            await phone.until(lambda _: shown == {one["id"]: one for one in kept})
            assert all(0 < one["odds"] < 1 and one["reasons"] for one in kept)


async def test_a_learner_after_a_crash_equals_one_that_never_stopped(settings: Settings) -> None:
    async with serving(settings) as server, connected(settings) as redis:
        person = await server.person()
        steady = learning_on(server, settings, redis)
        await steady.load()
        habit = await a_habit(person)
        await log(person, habit, range(1, 10))
        await steady.step()
        await steady.stop()
        await log(person, habit, range(10, 20))
        await steady.recover()
        await steady.step()

        # It is gone now, with a snapshot that is one turn old; another takes its place.
        heir = learning_on(server, settings, redis)
        await heir.load()

        assert heir.consumer.odds.to_state() == steady.consumer.odds.to_state()
        assert heir.consumer.odds.to_state() != HabitOdds().to_state()


async def test_what_was_learned_before_the_crash_is_not_learned_again(settings: Settings) -> None:
    async with serving(settings) as server, connected(settings) as redis:
        person = await server.person()
        habit = await a_habit(person)
        await log(person, habit, range(1, 15))
        first = learning_on(server, settings, redis)
        await first.load()
        await first.step()
        before = first.consumer.odds.to_state()

        heir = learning_on(server, settings, redis)
        await heir.load()
        await heir.step()

        assert heir.consumer.odds.to_state() == before


async def test_what_another_version_learned_is_learned_anew(settings: Settings) -> None:
    async with serving(settings) as server, connected(settings) as redis:
        person = await server.person()
        habit = await a_habit(person)
        await log(person, habit, range(1, 15))
        first, heir = (learning_on(server, settings, redis) for _ in range(2))
        await first.load()
        await first.step()
        learned, database = first.consumer.odds.to_state(), server.node.database
        earlier = HabitOdds.NAME, HabitOdds.VERSION - 1, settings.index_key
        seqs = {feed: sequencer.last for feed, sequencer in first._sequencers.items()}
        snapshots = ConsumerSnapshots(database, *earlier)
        await snapshots.save(first._turn, seqs, iter((b"as it was written then",)))

        await heir.load()

        assert await snapshots.load() is not None
        assert heir.consumer.odds.to_state() == learned


async def test_a_second_owner_is_fenced_off(settings: Settings) -> None:
    async with serving(settings) as server, connected(settings) as redis:
        person = await server.person()
        habit = await a_habit(person)
        owner, impostor = (learning_on(server, settings, redis) for _ in range(2))
        await owner.load()
        await impostor.load()
        await log(person, habit, range(1, 3))
        await owner.step()

        with pytest.raises(OwnershipLost):
            await impostor.step()


async def test_an_insight_goes_with_its_habit(settings: Settings) -> None:
    async with serving(settings) as server, connected(settings) as redis:
        person = await server.person()
        habit = await a_habit(person)
        await log(person, habit, range(1, 20))
        learning = learning_on(server, settings, redis)
        await learning.load()
        await learning.step()
        path = f"/v1/coach/insights/{insight_id(habit)}"
        assert (await person.call("GET", path)).status == 200

        await person.call("DELETE", f"/v1/habits/{habit}")
        await learning.recover()
        await learning.step()

        assert (await person.call("GET", path)).status == 404
