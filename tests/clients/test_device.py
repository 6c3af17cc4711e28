"""Devices on a real server: whatever happens to them, nothing is lost and nothing comes twice."""

import asyncio
import datetime as dt
import random
from typing import Any

import msgspec
import pytest

from config.settings import Settings
from models.base.clock import utc_now
from models.goals import NewGoal
from models.wire.close_codes import CloseCode
from tests.support.engines import TestEngines
from tests.support.laws.snapshots import snapshot
from tests.support.people.chaos import until
from tests.support.people.relations import share
from tests.support.people.scopes import scope_of
from tests.support.server import PASSWORD, serving
from upcoach.client import RestClient, Stopped, SyncDevice
from upcoach.client.machine import ClientEvent, State

GOALS = "/v1/goals"
TRANSPORTS = ("websocket", "sse", "poll", "rest")
EVENTS = 1_300  # more than a device that acknowledges nothing would get
HOPS = 12


async def assert_exact(device: SyncDevice, person: RestClient) -> None:
    """The device holds what the database holds, and had every event once."""
    documents, cursor = await snapshot(person)
    await device.until(lambda one: one.live and f"{one.epoch}.{one.seq}" == cursor)
    first = min(device.applied, default=device.seq + 1)
    assert device.documents == documents
    assert device.applied == dict.fromkeys(range(first, device.seq + 1), 1)
    assert (device.gaps, device.repeats, device.resets) == (0, 0, [])
    assert device.own.mismatches == 0


@pytest.mark.parametrize("transport", TRANSPORTS)
async def test_what_happens_during_a_cut_is_there_afterwards(
    settings: Settings, transport: str
) -> None:
    async with serving(settings) as server:
        person = await server.person()
        async with SyncDevice([server.url], person.token, transport=transport) as device:
            await device.until(lambda one: one.live)
            device.cut()
            assert not device.live
            # A line end for Python, which is none on the wire.
            answer = await device.mutate("POST", GOALS, {"title": "Run\u2028 10k"})
            await person.call("POST", GOALS, {"title": "Swim"})

            await assert_exact(device, person)
            assert answer["status"] == 201


async def test_an_answer_is_the_same_over_every_transport(settings: Settings) -> None:
    async with serving(settings) as server:
        person = await server.person()
        answers = []
        for transport in TRANSPORTS:
            goal = (await person.call("POST", GOALS, {"title": "Run"})).body
            path = f"{GOALS}/{goal['id']}"
            await person.call("PATCH", path, {"title": "Walk"}, headers={"If-Match": '"v1"'})
            async with SyncDevice([server.url], person.token, transport=transport) as device:
                merged = await device.mutate("PATCH", path, {"description": "Slowly"}, base=1)
                torn = await device.mutate("PATCH", path, {"title": "Swim"}, base=1)
                deleted = await device.mutate("DELETE", path, base=3)
            assert merged["merged"] == ["/title"]
            assert (torn["status"], deleted["status"]) == (409, 204)
            answers.append([sorted(one) for one in (merged, torn, deleted)])

        assert answers == [answers[0]] * len(TRANSPORTS)


async def test_a_device_is_in_no_conflict_with_what_it_was_answered(settings: Settings) -> None:
    async with serving(settings) as server:
        person = await server.person()
        statuses = {}
        for transport in TRANSPORTS:
            goal = (await person.call("POST", GOALS, {"title": "Run"})).body
            path = f"{GOALS}/{goal['id']}"
            async with SyncDevice([server.url], person.token, transport=transport) as device:
                answers = [
                    await device.mutate("PATCH", path, {"title": title}, base=1)
                    for title in ("Walk", "Swim", "Dive")
                ]
            statuses[transport] = [answer["status"] for answer in answers]

    assert statuses == {transport: [200, 200, 200] for transport in TRANSPORTS}


async def test_a_device_that_was_closed_goes_on_where_it_was(settings: Settings) -> None:
    async with serving(settings) as server:
        person = await server.person()
        async with SyncDevice([server.url], person.token) as device:
            await device.until(lambda one: one.live)
        saved = device.saved()
        await person.call("POST", GOALS, {"title": "Run"})

        async with SyncDevice([server.url], person.token, saved=saved) as device:
            await assert_exact(device, person)
            assert len(device.applied) == 1


async def test_a_token_is_renewed_in_place(engines: TestEngines) -> None:
    settings = engines.settings(UPCOACH_TOKEN_MINUTES="1")
    async with serving(settings) as server:
        person = await server.person()
        device = SyncDevice([server.url], person.token, refresh_token=person.refresh_token)
        async with device:
            await device.until(lambda one: one.live)
            await device.until(lambda one: one.token != person.token)
            await device.mutate("POST", GOALS, {"title": "Run"})

            await assert_exact(device, person)
            assert (device.closed_with, list(device.problems)) == (None, [])


async def test_a_device_with_a_dead_token_gets_another(settings: Settings) -> None:
    async with serving(settings) as server:
        person = await server.person()
        session = await server.node.services.account.sessions.get(scope_of(server, person))
        past = utc_now() - dt.timedelta(minutes=1)
        over, _ = server.node.services.account.sessions._tokens.issue(
            msgspec.structs.replace(session, expires_at=past)
        )
        async with SyncDevice([server.url], over, refresh_token=person.refresh_token) as device:
            await assert_exact(device, person)
            assert device.closed_with == CloseCode.TOKEN


async def test_a_device_whose_session_was_ended_logs_out(settings: Settings) -> None:
    async with serving(settings) as server:
        person = await server.person()
        async with SyncDevice(
            [server.url], person.token, refresh_token=person.refresh_token
        ) as device:
            await device.until(lambda one: one.live)
            await person.call("POST", "/v1/auth/logout")

            await device.until(lambda one: one.state is State.STOPPED)
            assert device.stopped_by is ClientEvent.REVOKED
            assert device.documents == {}
            with pytest.raises(Stopped):
                await device.mutate("POST", GOALS, {"title": "Run"})


async def test_a_dead_token_of_an_ended_session_is_not_renewed(settings: Settings) -> None:
    async with serving(settings) as server:
        person = await server.person()
        await person.call("POST", "/v1/auth/logout")

        async with SyncDevice(
            [server.url], person.token, refresh_token=person.refresh_token
        ) as device:
            await device.until(lambda one: one.state is State.STOPPED)
            assert device.stopped_by is ClientEvent.REFUSED


async def test_the_same_device_replaces_itself(settings: Settings) -> None:
    async with serving(settings) as server:
        person = await server.person()
        async with SyncDevice([server.url], person.token, dev="phone") as first:
            await first.until(lambda one: one.live)
            async with SyncDevice([server.url], person.token, dev="phone") as second:
                await second.until(lambda one: one.live)
                await first.until(lambda one: one.state is State.STOPPED)
                assert first.stopped_by is ClientEvent.REPLACED

                first.happen(ClientEvent.START)
                await second.until(lambda one: one.stopped_by is ClientEvent.REPLACED)
                await assert_exact(first, person)


async def test_a_device_leaves_a_node_that_goes_away_without_a_pause(
    settings: Settings,
) -> None:
    async with serving(settings) as old, serving(settings) as new:
        person = await new.person()
        async with SyncDevice([old.url, new.url], person.token, dev="phone") as device:
            await device.until(lambda one: one.live)
            guests: set[Any] = old.node._connections._open
            for guest in guests:
                guest.go(20, "drain")

            await device.until(lambda one: one.state is State.LEAVING)
            assert device.live
            await person.call("POST", GOALS, {"title": "Run"})
            await device.until(lambda one: one.state is State.LIVE)

            await until(lambda: not guests)
            await assert_exact(device, person)
            assert device.stopped_by is None


async def test_a_copy_that_went_wrong_is_mended_kind_by_kind(settings: Settings) -> None:
    async with serving(settings) as server:
        person = await server.person()
        run = (await person.call("POST", GOALS, {"title": "Run"})).body
        async with SyncDevice([server.url], person.token) as device:
            await device.until(lambda one: one.live)
            del device.documents["goal"][run["id"]]
            device.documents["habit"]["hab_1"] = {"id": "hab_1", "version": 1}
            device.cut()
            await device.until(lambda one: not one.live)

            await device.until(lambda one: one.live and run["id"] in one.documents["goal"])

            assert device.documents == (await snapshot(person))[0]
            assert (device.own.mismatches, device.resets) == (1, [])
            assert server.node.metrics.sum_mismatches._value.get() == 1


async def test_a_device_that_acknowledges_is_sent_all_of_a_long_absence(
    settings: Settings,
) -> None:
    async with serving(settings) as server:
        person = await server.person()
        async with SyncDevice([server.url], person.token) as device:
            await device.until(lambda one: one.live)
        scope, goals = scope_of(server, person), server.node.services.goals.goals
        drafts = [NewGoal(title=f"Goal {number}") for number in range(EVENTS)]
        await asyncio.gather(*(goals.create(scope, draft) for draft in drafts))

        async with SyncDevice([server.url], person.token, saved=device.saved()) as device:
            await assert_exact(device, person)
            assert len(device.applied) == EVENTS


async def test_too_many_writes_are_all_made_in_the_end(engines: TestEngines) -> None:
    settings = engines.settings(UPCOACH_LIVE_WRITES_S="4")
    async with serving(settings) as server:
        person = await server.person()
        async with SyncDevice([server.url], person.token) as device:
            answers = await asyncio.gather(
                *(device.mutate("POST", GOALS, {"title": f"Goal {n}"}) for n in range(44))
            )

            assert {answer["status"] for answer in answers} == {201}
            await assert_exact(device, person)
            assert len(device.documents["goal"]) == 44


async def test_a_coach_follows_a_client_until_it_is_over(settings: Settings) -> None:
    async with serving(settings) as server:
        person, coach = await asyncio.gather(server.person(), server.person())
        feed, name = scope_of(server, person).feed, scope_of(server, coach).user
        await share(person, coach)
        async with SyncDevice([server.url], coach.token, feeds=[feed]) as device:
            await device.until(lambda one: one.live)
            await person.call("POST", "/v1/habits", {"name": "Run", "cadence": {"type": "daily"}})
            goal = (await person.call("POST", GOALS, {"title": "Run"})).body

            copy = device.replicas[feed]
            await device.until(lambda _: goal["id"] in copy.documents.get("goal", {}))
            assert copy.documents == {"goal": {goal["id"]: goal}}
            assert goal["id"] not in device.documents.get("goal", {})

            await person.call("DELETE", f"/v1/shares/{name}")
            await device.until(lambda one: feed not in one.replicas)
            await device.until(lambda one: one.live)


async def test_hops_between_nodes_and_transports_lose_nothing(settings: Settings) -> None:
    chance = random.Random(3)
    async with serving(settings) as one, serving(settings) as two:
        person = await one.person()
        async with SyncDevice([one.url], person.token) as device:

            async def write() -> None:
                for number in range(HOPS):
                    await device.mutate("POST", GOALS, {"title": f"Own {number}"})

            writing = asyncio.create_task(write())
            for number in range(HOPS):
                device.hop(chance.choice(TRANSPORTS), chance.choice((one.url, two.url)))
                await person.call("POST", GOALS, {"title": f"Other {number}"})
                if chance.random() < 0.25:
                    device.cut()
            await writing

            await assert_exact(device, person)
            assert len(device.documents["goal"]) == 2 * HOPS


async def test_a_client_that_is_refused_says_why(settings: Settings) -> None:
    async with serving(settings) as server:
        client = await server.person()
        assert await client.refresh()
        before = client.token
        await client.call("POST", "/v1/auth/logout")

        assert not await client.refresh()
        assert client.token == before
        with pytest.raises(Exception, match="credentials_wrong"):
            await client.log_in("nobody@example.org", PASSWORD, "phone")
