"""The trial of a real client: it follows `u:me`, is cut, comes back, and has lost nothing."""

import asyncio
import contextlib
from collections.abc import AsyncIterator, Callable
from contextlib import AbstractAsyncContextManager

import msgspec

from config.settings import Settings
from models.base.merge_patch import Json
from tests.conformance.cutter import Cutter, cutting
from tests.conformance.outside import ended
from tests.support.server import serving
from upcoach.client import RestClient

PATIENCE_S = 60.0
GOALS = "/v1/goals"
CUTS = (5, 9, 14)  # after how many of all writes
WRITES = 20


class Heard:
    """What a client says that it has seen, frame by frame."""

    def __init__(self) -> None:
        self.numbers: list[int] = []
        self.start: int | None = None
        self.lives = 0

    def hear(self, line: str | bytes) -> None:
        """Take note of one frame."""
        frame: Json = msgspec.json.decode(line)
        if frame["t"] == "ev":
            self.numbers.append(frame["seq"])
        elif frame["t"] == "live":
            self.lives += 1
            if self.start is None:
                self.start = int(frame["cur"].rpartition(".")[2])
        else:
            assert frame["t"] in ("welcome", "subd", "ping"), frame


# Starts a client at a port, for a person, and lets it say what it sees.
Follow = Callable[[int, RestClient, Heard], AbstractAsyncContextManager[None]]


async def assert_nothing_is_lost(settings: Settings, follow: Follow) -> None:
    """Cut *follow*'s client off three times while its person writes."""
    heard = Heard()
    async with serving(settings) as server:
        person = await server.person()
        async with (
            cutting(int(server.url.rpartition(":")[2])) as cutter,
            follow(cutter.port, person, heard),
        ):
            await until(lambda: heard.lives == 1)
            await written(person, cutter)
            cursor = (await person.call("GET", "/v1/snapshot")).headers["upcoach-cursor"]
            top = int(cursor.rpartition(".")[2])
            await until(lambda: bool(heard.numbers) and heard.numbers[-1] >= top)

    assert heard.start is not None
    assert heard.numbers == list(range(heard.start + 1, top + 1))
    assert len(heard.numbers) == WRITES
    assert heard.lives > 1


async def written(person: RestClient, cutter: Cutter) -> None:
    """Write goals, and cut the client off now and then."""
    for number in range(WRITES):
        answer = await person.call("POST", GOALS, {"title": f"{number}"})
        assert answer.status == 201, answer
        if number in CUTS:
            cutter.cut()
        if number == CUTS[0]:  # one cut is healed before the next write, the others in time
            await until(lambda: cutter.carried > 1)


async def until(condition: Callable[[], bool]) -> None:
    """Return when *condition* holds, which another program brings about."""
    async with asyncio.timeout(PATIENCE_S):
        while not condition():
            await asyncio.sleep(0.01)


@contextlib.asynccontextmanager
async def listening_to(process: asyncio.subprocess.Process, heard: Heard) -> AsyncIterator[None]:
    """Hear what *process* prints while it is tried; end it afterwards."""
    assert process.stdout is not None
    stdout = process.stdout

    async def listen() -> None:
        async for line in stdout:
            heard.hear(line)

    listener = asyncio.create_task(listen())
    try:
        yield
        assert not listener.done(), "the client has ended by itself"
    finally:
        await ended(process)
        await listener
