"""What becomes of those who are level with a topic when it does not go on as usual."""

import asyncio
from typing import cast
from urllib.parse import urlsplit

import msgspec

from config.settings import Settings
from handlers.live.base.connections import LiveConnections
from handlers.live.websocket.connection import Connection
from models.base.metrics import Metrics
from tests.conformance.raw import CLOSE, TEXT, closing, frame, upgraded
from tests.support.people.furnished import furnished, write_goals
from tests.support.people.scopes import scope_of
from tests.support.server import serving
from tests.support.wire.sockets import hello, numbers, talking


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
            topic.mark_all_behind()
            behind = len(topic.behind)
            await write_goals(person, 2)
            events = [await wire.frame() for _ in range(2)]
            left = len(topic.behind)

        assert (behind, left) == (1, 0)
        assert numbers(events) == [topic.last - 1, topic.last]


async def test_a_connection_that_has_ended_sends_nothing_more(settings: Settings) -> None:
    async with serving(settings) as server:
        person = await furnished(server)
        async with upgraded(urlsplit(server.url).port or 0, "/v1/live") as raw:
            await raw.send(frame(TEXT, msgspec.json.encode(hello(person))))
            welcome = await raw.receive()
            [guest] = server.node._connections._open
            transport = cast("Connection", guest).transport
            transport.queue(transport.wrap(b"queued"))

            server.node._connections.close_all(4503, "draining")
            transport.flush()
            transport.queue(transport.wrap(b"later"))
            transport.flush()
            await raw.send(closing(1000))
            rest = await raw.rest()

        assert welcome is not None
        assert [(one.opcode, one.code) for one in rest] == [(CLOSE, 4503)]


class Visitor:
    """A connection that notes when it is looked after, or breaks."""

    kind = "socket"
    caller = device = None

    def __init__(self, name: str, *, breaks: bool) -> None:
        self.name = name
        self.looked_after = asyncio.Event()
        self.closed_with = 0
        self._breaks = breaks

    def tick(self, now: float) -> float:
        self.looked_after.set()
        if self._breaks:
            raise TypeError(self.name)
        return now + 60

    def close(self, code: int, _reason: str) -> None:
        self.closed_with = code

    def check_channels(self) -> None:
        raise AssertionError(self.name)

    def go(self, after_ms: int, reason: str) -> None:
        raise AssertionError(self.name, after_ms, reason)

    def end(self) -> None:
        raise AssertionError(self.name)


async def looked_after(connections: LiveConnections) -> None:
    [job] = connections.periodic_jobs
    while True:
        await asyncio.sleep(job.every_s)
        await job.run()


async def test_a_connection_that_breaks_takes_no_turn_from_the_others() -> None:
    connections = LiveConnections(Metrics(), 10)
    visitors = [Visitor(str(number), breaks=number != 2) for number in range(5)]
    for one in visitors:
        connections.add(one)

    running = asyncio.create_task(looked_after(connections))
    await asyncio.gather(*(one.looked_after.wait() for one in visitors))
    running.cancel()

    assert [one.closed_with for one in visitors] == [4500, 4500, 0, 4500, 4500]
