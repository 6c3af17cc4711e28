"""What becomes of those who are level with a topic when it does not go on as usual."""

import msgspec

from config.settings import Settings
from tests.support.server import serving
from tests.test_live import numbers, talking, write_goals
from tests.test_snapshot_law import furnished, scope_of


async def test_numbers_that_the_log_does_not_hold_reset_who_was_level(settings: Settings) -> None:
    async with serving(settings) as server:
        person = await furnished(server)
        async with talking(server, person, {"f": "u:me"}) as wire:
            await wire.until("live")
            await write_goals(person, 1)
            event = await wire.frame()
            topic = server.node.hub._topics[scope_of(server, person).feed]
            newest = topic.tail[-1]

            await server.node.hub.take([msgspec.structs.replace(newest, seq=newest.seq + 5)])
            reset = await wire.frame()

        assert numbers([event]) == [newest.seq]
        assert (reset["t"], reset["reason"]) == ("reset", "retention")
        assert reset["cur"].endswith(f".{newest.seq + 5}")


async def test_who_comes_back_up_to_date_is_level_again(settings: Settings) -> None:
    async with serving(settings) as server:
        person = await furnished(server)
        async with talking(server, person, {"f": "u:me"}) as wire:
            await wire.until("live")
            topic = server.node.hub._topics[scope_of(server, person).feed]
            topic.scatter()
            behind = len(topic.behind)
            await write_goals(person, 2)
            events = [await wire.frame() for _ in range(2)]
            left = len(topic.behind)

        assert (behind, left) == (1, 0)
        assert numbers(events) == [topic.last - 1, topic.last]
