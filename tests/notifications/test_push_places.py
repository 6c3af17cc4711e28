"""One person's push services that hang hold up nobody else's pushes."""

import asyncio
import datetime as dt
from typing import Any, Final

import pytest

from config.settings import Settings
from models.base.clock import utc_now
from models.base.messages.push import PushRequest
from tests.notifications.devices import (
    DEVICES,
    Carried,
    carried_of,
    notifications_of,
    phone,
    registered,
    subscription,
)
from tests.support.people.scopes import scope_of
from tests.support.server import Server, serving
from tests.support.wire.answers import done
from upcoach.client import RestClient
from upcoach.services.base.delivery import CarrierAway
from upcoach.services.notifications.pusher import (
    FAILING_FOR,
    MOST_FAILURES,
    MOST_OF_ONE,
    TRIED_FOR,
)
from upcoach.store.outbox.outbox import KEPT

HANGS: Final = "token-that-hangs"
MANY: Final = 40


def push_to(server: Server, person: RestClient, device: str = "") -> PushRequest:
    return PushRequest(
        owner=scope_of(server, person).user,
        topic="ntf_1",
        title="Run",
        body="It is time.",
        until=utc_now() + dt.timedelta(hours=12),
        device=device,
    )


async def pushed(server: Server, person: RestClient, carried: Carried, token: str) -> None:
    """Push to a device of *person*, and wait until that has arrived, or failed; it is no more."""
    outbox = server.node.database["push_outbox"]
    before = len(carried.pushes), len(carried.failures[token])
    await notifications_of(server).push_devices._pushing.outbox.add(push_to(server, person))
    while (len(carried.pushes), len(carried.failures[token])) == before:
        await asyncio.sleep(0.01)
    while await outbox.count_documents({"at": {"$gt": utc_now() + dt.timedelta(seconds=30)}}):
        await asyncio.sleep(0.01)
    await outbox.delete_many({})


@pytest.mark.parametrize("tries", [0, 1])
async def test_whose_push_services_hang_takes_few_places(settings: Settings, tries: int) -> None:
    async with serving(settings) as server:
        ann, ben, carried = await server.person(), await server.person(), carried_of(server)
        device = await registered(ann, phone(HANGS))
        await registered(ben, phone("token-of-another"))
        carried.hanging[HANGS] = asyncio.Event()
        outbox = notifications_of(server).push_devices._pushing.outbox
        asked = [outbox.to_bson(push_to(server, ann, device)) for _ in range(MANY)]
        await server.node.database["push_outbox"].insert_many(
            [row | {"tries": tries} for row in asked]
        )

        async with asyncio.timeout(20):
            while carried.hung < MOST_OF_ONE:
                outbox.on_added()
                await asyncio.sleep(0.01)
            await outbox.add(push_to(server, ben))
            while not carried.tokens:
                await asyncio.sleep(0.01)

        assert (carried.tokens, carried.hung) == (["token-of-another"], MOST_OF_ONE)
        carried.hanging[HANGS].set()


@pytest.mark.parametrize(("age", "left"), [(TRIED_FOR / 2, 1), (TRIED_FOR, 0)])
async def test_a_push_that_fails_is_tried_for_an_hour(
    settings: Settings, age: dt.timedelta, left: int
) -> None:
    async with serving(settings) as server:
        ann, carried = await server.person(), carried_of(server)
        device = await registered(ann, phone("token-of-a-phone"))
        carried.failures["token-of-a-phone"] = [CarrierAway("answered 503")]
        outbox = notifications_of(server).push_devices._pushing.outbox
        row = outbox.to_bson(push_to(server, ann, device))

        stored = server.node.database["push_outbox"]
        await stored.insert_one(row | {"until": utc_now() - age + KEPT})
        outbox.on_added()
        async with asyncio.timeout(20):
            while carried.failures["token-of-a-phone"] or await stored.count_documents(
                {"at": {"$gt": utc_now() + dt.timedelta(seconds=30)}}  # as long as it is leased
            ):
                await asyncio.sleep(0.01)

        assert await stored.count_documents({"tries": 1}) == left
        assert carried.pushes == []


async def test_a_browser_that_fails_for_days_is_deleted(settings: Settings) -> None:
    async with serving(settings) as server:
        ann, carried = await server.person(), carried_of(server)
        endpoint = "http://localhost:9/push"
        web = {"platform": "web", "subscription": subscription(endpoint)}
        await registered(ann, web)
        failing = server.node.database["push_failures"]

        async def fail(**counted: Any) -> tuple[int, int]:
            """The failures after one more than were *counted*, and the devices that are left."""
            if counted:
                await failing.update_many({}, {"$set": counted})
            carried.failures[endpoint] = [CarrierAway("no answer")]
            await pushed(server, ann, carried, endpoint)
            [row] = await failing.find({}).to_list()
            return row["count"], len((await done(ann.call("GET", DEVICES))).body["items"])

        first, in_a_moment = await fail(), await fail(count=MOST_FAILURES)
        await pushed(server, ann, carried, endpoint)  # arrives
        forgotten = await failing.count_documents({})
        anew, few_in_days = await fail(), await fail(since=utc_now() - FAILING_FOR)
        last = await fail(count=MOST_FAILURES - 1)

        assert (first, in_a_moment) == ((1, 1), (MOST_FAILURES + 1, 1))
        assert (forgotten, anew, few_in_days) == (0, (1, 1), (2, 1))
        assert last == (MOST_FAILURES, 0)
