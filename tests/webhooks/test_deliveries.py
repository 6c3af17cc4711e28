"""What comes in a feed is sent to its owner's webhooks, signed, in order, each once."""

import asyncio

import pytest
from cryptography.exceptions import InvalidSignature

from config.settings import Settings
from models.base.clock import utc_now
from models.base.ids import new_mutation_id
from tests.support.engines import TestEngines, redis_of
from tests.support.people.furnished import GOALS, write_goals
from tests.support.server import serving
from tests.support.server.receiver import WEBHOOKS, Receiver, add_webhook
from tests.support.wire.answers import done
from tests.webhooks.rows import NOWHERE
from upcoach.client import RestClient

SENDING = "web,schedule"


async def test_an_event_is_sent_and_signed(engines: TestEngines) -> None:
    settings = engines.settings(UPCOACH_ROLES=SENDING)
    async with serving(settings) as server, Receiver().listening() as receiver:
        person = await server.person()
        issued = await add_webhook(person, f"{receiver.url}/a", "goal.*")
        await done(person.call("POST", "/v1/habits", {"name": "Meditate"}))
        goal = (await done(person.call("POST", GOALS, {"title": "Run"}))).body
        [sent] = await receiver.wait_for(1)

        page = await person.call("GET", "/v1/events?since=0")
        [event] = [event for event in page.body if event["id"] == goal["id"]]
        cursor = page.headers["upcoach-cursor"]
        assert sent.verified(issued["secret"]) == {
            "type": "goal.created",
            "timestamp": event["at"],
            "data": {"cursor": cursor, "event": event},
        }
        sent.verify_asymmetric(issued["webhook"]["public_key"])
        assert sent.headers["content-type"] == "application/json"
        assert (await person.call("GET", f"/v1/events?since={cursor}")).body == []


async def test_events_come_in_the_order_of_the_feed_each_once(engines: TestEngines) -> None:
    """Two processes share the work, and one request at a time is sent to a webhook."""
    settings = engines.settings(UPCOACH_ROLES=SENDING)
    async with (
        serving(settings) as one,
        serving(settings) as other,
        Receiver().listening() as receiver,
    ):
        person = await one.person()
        receiver.modes["b"] = "slow"
        for path in ("a", "b"):
            await add_webhook(person, f"{receiver.url}/{path}", "goal.*")
        elsewhere = other.client(person.token)
        await asyncio.gather(write_goals(person, 10), write_goals(elsewhere, 10))

        received = {path: await receiver.wait_for(20, path) for path in ("a", "b")}

        page = (await person.call("GET", "/v1/events?since=0")).body
        numbers = [event["seq"] for event in page if event["type"] == "goal.created"]
        for path in ("a", "b"):
            assert [one.event["seq"] for one in received[path]] == numbers
            assert receiver.most_at_once[path] == 1
        messages = {one.message for path in received for one in received[path]}
        assert len(messages) == 40  # none is of two webhooks


async def test_what_no_stream_tells_of_is_found(engines: TestEngines) -> None:
    """A process that begins, and one whose Redis was emptied, look into the database."""
    environ = engines.environ(UPCOACH_ROLES="web")
    web = Settings.from_environ(environ)
    sending = Settings.from_environ(environ | {"UPCOACH_ROLES": SENDING})
    async with Receiver().listening() as receiver:
        async with serving(web) as server:
            person = await server.person()
            await add_webhook(person, f"{receiver.url}/a", "goal.*")
            await write_goals(person, 3)
            # As if whoever made it had died before it said where it begins.
            await server.node.database["webhook_progress"].delete_many({})
            await add_webhook(person, f"{receiver.url}/b", "goal.*")
            await write_goals(person, 2)
        with redis_of(environ) as redis:
            redis.flushdb()
        async with serving(sending) as server:
            assert len(await receiver.wait_for(5, "a")) == 5
            assert len(await receiver.wait_for(2, "b")) == 2


async def test_a_webhook_without_a_record_gets_one_with_its_next_event(
    engines: TestEngines,
) -> None:
    settings = engines.settings(UPCOACH_ROLES=SENDING)
    async with serving(settings) as server, Receiver().listening() as receiver:
        person = await server.person()
        webhook = (await add_webhook(person, f"{receiver.url}/a", "goal.*"))["webhook"]
        await write_goals(person, 1)
        await receiver.wait_for(1)
        # As if MongoDB had gone away between the webhook and its record.
        await server.node.database["webhook_progress"].delete_many({})
        path, known = f"{WEBHOOKS}/{webhook['id']}", {"If-Match": '"v1"'}
        await done(person.call("PATCH", path, {"description": "Sheet"}, headers=known))

        await write_goals(person, 2)

        assert len(await receiver.wait_for(3)) == 3


async def test_a_webhook_that_is_disabled_goes_on_where_it_stopped(engines: TestEngines) -> None:
    settings = engines.settings(UPCOACH_ROLES=SENDING)
    async with serving(settings) as server, Receiver().listening() as receiver:
        person = await server.person()
        webhook = (await add_webhook(person, f"{receiver.url}/a", "goal.*"))["webhook"]
        await add_webhook(person, f"{receiver.url}/b", "goal.*", "webhook.*")
        path = f"{WEBHOOKS}/{webhook['id']}"
        await write_goals(person, 1)
        await receiver.wait_for(1)
        await done(person.call("PATCH", path, {"enabled": False}, headers={"If-Match": '"v1"'}))
        await write_goals(person, 2)
        await receiver.wait_for(4, "b")
        assert len(receiver.of("a")) == 1

        await done(person.call("PATCH", path, {"enabled": True}, headers={"If-Match": '"v2"'}))

        assert len(await receiver.wait_for(3)) == 3
        await done(person.call("DELETE", path))
        await write_goals(person, 1)
        await receiver.wait_for(7, "b")
        assert len(receiver.of("a")) == 3
        assert (await person.call("GET", f"{path}/deliveries")).status == 404


async def eventually_replayed(person: RestClient, path: str) -> None:
    """Ask for a replay of everything, once the one before has caught up."""
    async with asyncio.timeout(10):
        while (await person.call("POST", f"{path}/replay", {"since": "0"})).status != 202:
            await asyncio.sleep(0.01)


async def test_events_are_sent_again_from_any_cursor(engines: TestEngines) -> None:
    settings = engines.settings(UPCOACH_ROLES=SENDING)
    async with serving(settings) as server, Receiver().listening() as receiver:
        person = await server.person()
        webhook = (await add_webhook(person, f"{receiver.url}/a", "goal.*"))["webhook"]
        path = f"{WEBHOOKS}/{webhook['id']}"
        await write_goals(person, 3)
        first = await receiver.wait_for(3)
        since = first[0].content["data"]["cursor"]

        await done(person.call("POST", f"{path}/replay", {"since": since}))
        again = (await receiver.wait_for(5))[3:]
        refused = [
            await person.call("POST", f"{path}/replay", {"since": "other.1"}),
            await person.call("POST", f"{path}/replay", {"since": "nonsense"}),
        ]

        assert [one.message for one in again] == [one.message for one in first[1:]]
        receiver.modes["a"] = 500
        await eventually_replayed(person, path)
        await receiver.wait_for(6)
        late = await person.call("POST", f"{path}/replay", {"since": "0"})
        assert (late.status, late.body["code"]) == (409, "replay_running")
        assert [one.body for one in again] == [one.body for one in first[1:]]
        assert [one.body["code"] for one in refused] == ["cursor_gone", "cursor_malformed"]


async def test_former_keys_sign_for_a_day_too(engines: TestEngines) -> None:
    settings = engines.settings(UPCOACH_ROLES=SENDING)
    async with serving(settings) as server, Receiver().listening() as receiver:
        person = await server.person()
        before = await add_webhook(person, f"{receiver.url}/a", "goal.*")
        path = f"{WEBHOOKS}/{before['webhook']['id']}"
        after = (await done(person.call("POST", f"{path}/rotate-secret"))).body
        pinged = (await done(person.call("POST", f"{path}/ping"))).body
        await write_goals(person, 1)
        ping, sent = await receiver.wait_for(2)
        over = {"$set": {"former_until": utc_now()}}
        await server.node.database["webhooks"].update_one({}, over)
        await write_goals(person, 1)
        [*_, later] = await receiver.wait_for(3)

        for issued in (before, after):
            assert ping.verified(issued["secret"])["type"] == "webhook.ping"
            assert sent.verified(issued["secret"])["type"] == "goal.created"
        assert before["secret"] != after["secret"]
        assert (pinged["message"], pinged["delivered"]) == (ping.message, True)
        later.verified(after["secret"])
        later.verify_asymmetric(after["webhook"]["public_key"])
        with pytest.raises(Exception, match="No matching signature"):
            later.verified(before["secret"])
        with pytest.raises(InvalidSignature):
            later.verify_asymmetric(before["webhook"]["public_key"])


async def test_a_lost_answer_to_a_new_webhook_is_given_again(settings: Settings) -> None:
    async with serving(settings) as server:
        person = await server.person()
        draft = {"url": NOWHERE, "types": ["*"]}
        key = {"Idempotency-Key": new_mutation_id()}

        first = await done(person.call("POST", WEBHOOKS, draft, headers=key))
        again = await done(person.call("POST", WEBHOOKS, draft, headers=key))
        listed = await done(person.call("GET", WEBHOOKS))

        assert (again.status, again.body) == (201, first.body)
        assert again.headers["idempotency-replayed"] == "true"
        assert [one["id"] for one in listed.body["items"]] == [first.body["webhook"]["id"]]


async def test_a_lost_answer_to_a_rotation_is_given_again(settings: Settings) -> None:
    async with serving(settings) as server:
        person = await server.person()
        made = (await done(person.call("POST", WEBHOOKS, {"url": NOWHERE, "types": ["*"]}))).body
        path = f"{WEBHOOKS}/{made['webhook']['id']}/rotate-secret"
        key = {"Idempotency-Key": new_mutation_id()}

        first = await done(person.call("POST", path, headers=key))
        again = await done(person.call("POST", path, headers=key))
        receipts = await server.node.database["receipts"].find().to_list()

        assert again.body == first.body
        assert again.headers["idempotency-replayed"] == "true"
        assert first.body["webhook"]["version"] == made["webhook"]["version"] + 1
        assert receipts
        assert first.body["secret"] not in str(receipts)
