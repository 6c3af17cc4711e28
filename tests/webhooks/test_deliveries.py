"""What comes in a feed is sent to its owner's webhooks, signed, in order, each once."""

from tests.support.engines import TestEngines
from tests.support.server import serving
from tests.support.server.receiver import Receiver, add_webhook
from tests.support.wire.answers import done


async def test_an_event_is_sent_and_signed(engines: TestEngines) -> None:
    settings = engines.settings(UPCOACH_ROLES="web,schedule")
    async with serving(settings) as server, Receiver().listening() as receiver:
        person = await server.person()
        issued = await add_webhook(person, f"{receiver.url}/a", "goal.*")
        await done(person.call("POST", "/v1/habits", {"name": "Meditate"}))
        goal = (await done(person.call("POST", "/v1/goals", {"title": "Run"}))).body
        [sent] = await receiver.wait_for(1)

        page = await person.call("GET", "/v1/events?since=0")
        [event] = [event for event in page.body if event["id"] == goal["id"]]
        content = sent.verified(issued["secret"])
        sent.verify_asymmetric(issued["webhook"]["public_key"])
        assert content["type"] == "goal.created"
        assert content["timestamp"] == event["at"]
        assert content["data"] == {
            "cursor": page.headers["upcoach-cursor"],
            "event": event,
        }
        assert sent.headers["content-type"] == "application/json"
