"""The whole road, once: from one device's change to the other device's screen."""

from config.settings import Settings
from tests.support.server import serving
from upcoach.client import SyncDevice


async def test_a_change_on_one_device_arrives_on_the_other(settings: Settings) -> None:
    async with serving(settings) as server:
        person = await server.person()
        async with (
            SyncDevice([server.url], person.token) as phone,
            SyncDevice([server.url], person.token) as watch,
        ):
            await watch.until(lambda device: device.live)

            answer = await phone.mutate("POST", "/v1/goals", {"title": "Run 10k"})
            goal_id = answer["body"]["id"]
            await watch.until(lambda device: goal_id in device.documents.get("goal", {}))

            assert watch.documents["goal"][goal_id] == answer["body"]
