"""What is sent over a socket or a stream is paid for by its bytes, as over REST."""

import contextlib
import datetime as dt
from collections.abc import AsyncIterator
from typing import Any

import msgspec
import pytest

from models.access.rate_limits import BYTES_PER_READ
from models.base.ids import new_id
from models.base.merge_patch import Json
from models.goals import Goal, NewGoal
from streams.limits.prepaid_rate_limiter import PREPAID
from tests.costs.drafts import largest_draft
from tests.costs.ledger import nodes
from tests.support.engines import TestEngines
from tests.support.people.relations import user_of
from tests.support.people.wealth import hold
from tests.support.server import Server
from tests.support.wire.event_streams import reading
from tests.support.wire.sockets import sub, talking
from upcoach.client import RestClient

GOALS = 10  # as large as they may be: fewer reads than come at once


@pytest.fixture
def environ(engines: TestEngines) -> dict[str, str]:
    return engines.environ(UPCOACH_LIMITS="on")


async def over_a_socket(server: Server, person: RestClient, query: str) -> int:
    """The bytes that a socket is sent until it is up to date."""
    name, _, value = query.partition("=")
    size = 0
    async with talking(server, person) as wire:
        wish: Json = {name: True if value == "true" else value}
        await wire.send(sub(**wish))
        message = ""
        while '"t":"live"' not in message:
            message = await wire.message()
            size += len(message.encode())
    return size


async def over_a_stream(server: Server, person: RestClient, query: str) -> int:
    """The same of a stream."""
    async with reading(server, f"/v1/events?{query}", person.token, buffer=1 << 23) as reader:
        return sum(len(event.data.encode()) for event in await reader.until("live"))


@contextlib.asynccontextmanager
async def reads_taken(server: Server) -> AsyncIterator[list[int]]:
    """How many reads are taken of everybody meanwhile."""
    limits, taken = server.node.runner.limits, list[int]()
    take = limits.take

    async def counted(surface: str, *arguments: Any, **more: Any) -> Any:
        verdict = await take(surface, *arguments, **more)
        taken.extend([verdict.taken.requests] * (surface == "read"))
        return verdict

    limits.take = counted  # type: ignore[method-assign]
    yield taken


@pytest.mark.parametrize("road", [over_a_socket, over_a_stream])
@pytest.mark.parametrize("query", ["snap=true", "since=0"])
async def test_bytes_are_paid_for(environ: dict[str, str], road: Any, query: str) -> None:
    async with nodes(environ, 1) as (server,):
        person = await server.person()
        owner, at = await user_of(person), dt.datetime.now(dt.UTC)
        draft = msgspec.convert(largest_draft(NewGoal), NewGoal)
        drafts = [msgspec.structs.replace(draft, id=new_id("gol")) for _ in range(GOALS)]
        async with talking(server, person, {"f": "u:me"}) as wire:
            await hold(server, owner, [Goal.drafted(one, owner=owner, at=at) for one in drafts])
            while drafts[-1].id not in await wire.message():
                pass
        async with reads_taken(server) as taken:
            size = await road(server, person, query)

    assert size > GOALS * 5 * BYTES_PER_READ
    # Some was paid for before.  Each page is rounded down, and there are no more than goals.
    assert sum(taken) + PREPAID.requests >= size // BYTES_PER_READ - GOALS
