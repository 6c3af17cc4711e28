"""One reader who goes from transport to transport."""

import asyncio
import random

from config.settings import Settings
from tests.live.streams import EVENTS, frames
from tests.support.laws.snapshots import head_of, snapshot
from tests.support.people.furnished import GOAL, ONE_GOAL, furnished
from tests.support.server import Server, serving
from tests.support.wire.answers import done
from tests.support.wire.event_streams import reading
from tests.support.wire.sockets import numbers, talking
from upcoach.client import RestClient


async def test_each_change_of_transport_takes_the_cursor_along(settings: Settings) -> None:
    async with serving(settings) as server, serving(settings) as other:
        person = await furnished(server)
        _, head = await head_of(person)
        chance = random.Random(11)
        writing = asyncio.create_task(write_slowly(person, 100))
        _, cursor = await snapshot(person)
        seen: list[int] = []

        while len(seen) < 100:
            node = chance.choice((server, other))
            transport = chance.choice((over_socket, over_stream, over_poll, over_rest))
            cursor, some = await transport(node, person, cursor)
            seen += some

        await writing
        assert seen == list(range(head + 1, head + 101))


async def write_slowly(person: RestClient, count: int) -> None:
    """Make *count* events one after the other."""
    version = 1
    for number in range(count):
        headers = {"If-Match": f'"v{version}"'}
        body = {"title": f"Run {number}"}
        path = ONE_GOAL.format(id=GOAL)
        version = int(
            (await done(person.call("PATCH", path, body, headers=headers))).body["version"]
        )


async def over_socket(node: Server, person: RestClient, cursor: str) -> tuple[str, list[int]]:
    """What comes next over a WebSocket, and the cursor after it."""
    async with talking(node, person, {"f": "u:me", "since": cursor}) as wire:
        seqs = numbers(await wire.until("live", "ev"))
    return after(cursor, seqs), seqs


async def over_stream(node: Server, person: RestClient, cursor: str) -> tuple[str, list[int]]:
    """The same over an event stream."""
    async with reading(node, EVENTS, person.token, last_id=cursor) as reader:
        seqs = numbers(frames(await reader.until("live", "ev")))
        return reader.last_id or cursor, seqs


async def over_poll(node: Server, person: RestClient, cursor: str) -> tuple[str, list[int]]:
    """The same over a long-poll."""
    return await over_rest(node, person, cursor, "&wait=1&limit=3")


async def over_rest(
    node: Server, person: RestClient, cursor: str, more: str = "&limit=2"
) -> tuple[str, list[int]]:
    """The same over plain HTTP."""
    client = node.client(person.token)
    answer = await client.call("GET", f"{EVENTS}?since={cursor}{more}")
    assert answer.status in (200, 204), answer
    seqs = numbers(answer.body) if answer.status == 200 else []
    return answer.headers["upcoach-cursor"], seqs


def after(cursor: str, seqs: list[int]) -> str:
    """The cursor behind the last of *seqs*."""
    return f"{cursor.partition('.')[0]}.{seqs[-1]}" if seqs else cursor
