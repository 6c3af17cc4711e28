"""One person's push services that hang hold up nobody else's pushes."""

import asyncio
import datetime as dt
from typing import Final

import pytest

from config.settings import Settings
from models.base.clock import utc_now
from models.base.messages.push import PushRequest
from tests.notifications.devices import carried_of, notifications_of, phone, registered
from tests.support.people.scopes import scope_of
from tests.support.server import Server, serving
from upcoach.client import RestClient
from upcoach.services.base.delivery import CarrierAway
from upcoach.services.notifications.pusher import MOST_OF_ONE, TRIED_FOR
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
