import asyncio
from collections.abc import AsyncIterator

import psutil
import pytest

from tests.support.people.furnished import ENTRY, HABIT, HABITS
from tests.support.server import Server, ServerProcess
from tests.support.wire.answers import done
from tests.support.wire.slow_reader import SlowReader
from upcoach.client import RestClient, SyncDevice

EVENTS = 100_000
DAYS = [f"2026-{month:02}-{day:02}" for month in range(1, 5) for day in range(1, 17)]
NOTE = "x" * 150
FLAT = 48 * 1024 * 1024  # the tail in memory, the window, and what the allocator keeps


async def write_many(device: SyncDevice, count: int) -> None:
    """Change the same days of a habit again and again, many at a time."""
    for turn in range(count // len(DAYS) + 1):
        body = {"note": f"{count} {turn} {NOTE}"}
        places = [ENTRY.format(id=HABIT, local_date=day) for day in DAYS]
        answers = await asyncio.gather(*(device.mutate("PUT", place, body) for place in places))
        assert {answer["status"] for answer in answers} <= {200, 201}


def memory_of(process: ServerProcess) -> int:
    return int(psutil.Process(process.pid).memory_info().rss)


@pytest.mark.chaos
async def test_a_socket_that_does_not_read_costs_one_window_and_delays_nobody(
    environ: dict[str, str],
) -> None:
    # So many writes may take longer than a usual token holds.
    async with ServerProcess(environ | {"UPCOACH_TOKEN_MINUTES": "60"}) as process:
        server = Server(process.url)
        person = await server.person()
        await done(person.call("POST", HABITS, {"id": HABIT, "name": "Meditate"}))
        slow = SlowReader(process.url, person.token)
        async with SyncDevice([process.url], person.token) as phone:
            await phone.until(lambda device: device.live)
            await write_many(phone, 500)  # pools and caches have their size now
            await slow.open()
            before = memory_of(process)

            await write_many(phone, EVENTS)
            head = await newest(person)
            await phone.until(lambda device: device.seq == head)
            grown = memory_of(process) - before

            received = [frame async for frame in until_current(slow, head)]
            numbers = [frame["seq"] for frame in received]
            assert grown < FLAT
            assert numbers == list(range(head - len(numbers) + 1, head + 1))
            assert len(numbers) >= EVENTS
        await slow.close()
        server.close()


async def newest(person: RestClient) -> int:
    answer = await person.call("GET", "/v1/events?since=now")
    return int(answer.headers["upcoach-cursor"].rpartition(".")[2])


async def until_current(slow: SlowReader, head: int) -> AsyncIterator[dict[str, object]]:
    """The events that *slow* gets until it is current at *head*."""
    async for frame in slow.frames():
        if frame["t"] == "ev":
            yield frame
            if frame["seq"] == head:
                return
