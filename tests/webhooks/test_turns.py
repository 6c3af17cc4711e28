"""Webhooks take turns: whoever has much to be sent, or hangs, or was forgotten, and all others."""

import asyncio
import datetime as dt
from typing import Final

from models.base.clock import utc_now
from models.webhooks import RETRY_WAITS
from models.wire.events import user_feed
from tests.support.engines import TestEngines
from tests.support.people.furnished import write_goals
from tests.support.people.scopes import scope_of
from tests.support.server import serving
from tests.support.server.receiver import WEBHOOKS, Receiver, add_webhook
from tests.support.wire.answers import done
from upcoach.services.webhooks.delivery_runner import PER_OWNER
from upcoach.services.webhooks.delivery_turns import BROKEN
from upcoach.store.base.codec import key_of
from upcoach.store.collections.webhook_progress import WebhookKey

SENDING: Final = "web,schedule"
QUICK: Final = (dt.timedelta(milliseconds=5),) * len(RETRY_WAITS)


async def test_a_backlog_does_not_keep_others_from_their_turn(engines: TestEngines) -> None:
    settings = engines.settings(UPCOACH_ROLES=SENDING)
    async with serving(settings) as server, Receiver().listening() as receiver:
        server.node.webhooks.places, server.node.webhooks.turns.turn_s = 1, 0.0
        receiver.modes["backlog"] = "slow"
        ann, bob = await server.person(), await server.person()
        await add_webhook(ann, f"{receiver.url}/backlog", "goal.*")
        await add_webhook(bob, f"{receiver.url}/a", "goal.*")
        await write_goals(ann, 40)

        await write_goals(bob, 1)

        await receiver.wait_for(1)
        assert len(receiver.of("backlog")) < 40
        sent = await receiver.wait_for(40, "backlog")
        assert len({received.message for received in sent}) == 40


async def test_one_person_has_no_more_than_their_places(engines: TestEngines) -> None:
    settings = engines.settings(UPCOACH_ROLES=SENDING)
    async with serving(settings) as server, Receiver().listening() as receiver:
        server.node.webhooks.places = PER_OWNER + 1
        server.node.assembly.chosen_outbound.patience_s = 60.0
        receiver.modes["hangs"] = "hangs"
        ann, bob = await server.person(), await server.person()
        for _ in range(PER_OWNER + 2):
            await add_webhook(ann, f"{receiver.url}/hangs", "goal.*")
        await add_webhook(bob, f"{receiver.url}/a", "goal.*")
        await write_goals(ann, 1)
        await receiver.wait_for(PER_OWNER, "hangs")

        await write_goals(bob, 3)

        await receiver.wait_for(3)
        assert receiver.open["hangs"] == PER_OWNER


async def test_tries_are_counted_behind_events_that_are_not_wanted(engines: TestEngines) -> None:
    """Those are read with what fails, and anew with each try."""
    settings = engines.settings(UPCOACH_ROLES=SENDING)
    async with serving(settings) as server, Receiver().listening() as receiver:
        server.node.webhooks.turns.waits, server.node.webhooks.look_every_s = QUICK, 0.01
        receiver.modes["a"] = 500
        person = await server.person()
        issued = await add_webhook(person, f"{receiver.url}/a", "goal.*", enabled=False)
        path = f"{WEBHOOKS}/{issued['webhook']['id']}"
        await done(person.call("POST", "/v1/habits", {"name": "Meditate"}))
        await write_goals(person, 1)
        await done(person.call("PATCH", path, {"enabled": True}, headers={"If-Match": '"v1"'}))

        async with asyncio.timeout(10):
            while (await person.call("GET", path)).body["enabled"]:
                await asyncio.sleep(0.01)

        assert len(receiver.of("a")) == 1 + len(RETRY_WAITS)


async def test_a_webhook_whose_enabling_nobody_heard_of_is_found(engines: TestEngines) -> None:
    """As if MongoDB had gone away while the runner was told; the same of one without a record."""
    settings = engines.settings(UPCOACH_ROLES=SENDING)
    async with serving(settings) as server, Receiver().listening() as receiver:
        person = await server.person()
        ids = {}
        for path in ("a", "b"):
            issued = await add_webhook(person, f"{receiver.url}/{path}", "goal.*")
            ids[path] = issued["webhook"]["id"]
        await write_goals(person, 1)
        await receiver.wait_for(1, "a")
        await receiver.wait_for(1, "b")
        collection = server.node.database["webhook_progress"]
        owner = scope_of(server, person).user

        async def is_at_rest() -> bool:
            return await collection.count_documents({"at": None}) == 2

        async with asyncio.timeout(10):
            while not await is_at_rest():
                await asyncio.sleep(0.01)
        off = {"$set": {"is_off": True}}
        await collection.update_one({"_id": key_of(owner, ids["a"])}, off)
        await write_goals(person, 2)
        await receiver.wait_for(3, "b")
        assert len(receiver.of("a")) == 1
        await collection.delete_one({"_id": key_of(owner, ids["b"])})

        await server.node.webhooks.catch_up()

        await receiver.wait_for(3, "a")
        await receiver.wait_for(6, "b")


async def test_a_malformed_event_holds_up_its_own_webhook_alone(engines: TestEngines) -> None:
    """All are read together."""
    settings = engines.settings(UPCOACH_ROLES=SENDING)
    async with serving(settings) as server, Receiver().listening() as receiver:
        runner = server.node.webhooks
        runner.look_every_s, runner.places = 0.01, 0
        people = {path: await server.person() for path in ("a", "broken", "b")}
        for path, person in people.items():
            await add_webhook(person, f"{receiver.url}/{path}", "goal.*")
            await write_goals(person, 1)
        owner = scope_of(server, people["broken"]).user
        events = server.node.database["events"]
        malformed = {"feed": user_feed(owner), "type": "goal.created"}
        await events.update_one(malformed, {"$rename": {"sums": "kept"}})

        runner.places = len(people)

        for path in ("a", "b"):
            await receiver.wait_for(1, path)
        progress = server.node.database["webhook_progress"]
        async with asyncio.timeout(10):
            while not (put_off := await progress.find_one({"owner": owner, "holder": ""})):
                await asyncio.sleep(0.01)
        assert put_off["at"] > utc_now() + BROKEN / 2
        assert receiver.of("broken") == []


async def test_of_the_log_of_deliveries_the_newest_are_kept(engines: TestEngines) -> None:
    settings = engines.settings(UPCOACH_ROLES=SENDING)
    async with serving(settings) as server, Receiver().listening() as receiver:
        person = await server.person()
        keys = []
        for path in ("a", "b"):
            issued = await add_webhook(person, f"{receiver.url}/{path}", "goal.*")
            keys.append(WebhookKey(scope_of(server, person).user, issued["webhook"]["id"]))
        for key in keys:
            for _ in range(5):
                await done(person.call("POST", f"{WEBHOOKS}/{key.webhook}/ping"))
        log = server.node.services.webhooks.deliveries
        before = await log.page(keys[0], "", 100)

        async with asyncio.timeout(10):  # what is not on a majority yet is not seen
            while len(after := await log.page(keys[0], "", 100)) > 2:
                await log.trim(keys[0], kept=2, most=2)

        assert [delivery.id for delivery in after] == [delivery.id for delivery in before[:2]]
        assert len(before) == 5
        assert len(await log.page(keys[1], "", 100)) == 5
