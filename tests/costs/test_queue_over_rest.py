"""Over REST, a write that builds on one that was told to come again is told so, too."""

import asyncio

import pytest

from config.settings import Settings
from models.access.rate_limits import SURFACES, Bound, Cost
from models.base.ids import new_id, new_mutation_id
from tests.support.engines import TestEngines
from tests.support.people.furnished import GOALS
from tests.support.people.scopes import scope_of
from tests.support.server import Server, serving
from upcoach.client import Response, RestClient

[BURST] = [
    rule.burst
    for rule in SURFACES["write"].rules
    if isinstance(rule, Bound) and rule.unit == "request"
]


@pytest.fixture
def environ(engines: TestEngines) -> dict[str, str]:
    return engines.environ(UPCOACH_LIMITS="on")


async def use_up(server: Server, person: RestClient) -> None:
    """Leave no write of *person* for now."""
    parties = {"user": scope_of(server, person).user}
    await server.node.runner.limits.owe("write", parties, Cost(BURST))


class Queue:
    """A goal that is made, and a change of it that follows, over REST as one device sends them."""

    def __init__(self) -> None:
        self.goal, self.made, self.changed = new_id("gol"), new_mutation_id(), new_mutation_id()

    async def make(self, person: RestClient) -> Response:
        headers = {"Idempotency-Key": self.made}
        return await person.call("POST", GOALS, {"id": self.goal, "title": "Run"}, headers=headers)

    async def change(self, person: RestClient) -> Response:
        headers = {
            "Idempotency-Key": self.changed,
            "Upcoach-Follows": self.made,
            "If-Match": '"v1"',
        }
        path = f"{GOALS}/{self.goal}"
        return await person.call("PATCH", path, {"title": "Walk"}, headers=headers)


@pytest.mark.parametrize("elsewhere", [False, True], ids=["same node", "another node"])
async def test_what_builds_on_a_write_that_was_sent_away_is_not_lost(
    environ: dict[str, str], *, elsewhere: bool
) -> None:
    settings = Settings.from_environ(environ)
    async with serving(settings) as one, serving(settings) as other:
        person = await one.person()
        there = (other if elsewhere else one).client(person.token)
        queue = Queue()
        await use_up(one, person)
        refused = await queue.make(person)
        assert refused.status == 429
        # Now there is room again, of which only the change knows.
        await asyncio.sleep(refused.body["after"] / 1000)
        ahead = await queue.change(there)

        made = await queue.make(person)
        changed = await queue.change(there)
        async with asyncio.timeout(20):
            while changed.status == 429:
                await asyncio.sleep(changed.body["after"] / 1000)
                changed = await queue.change(there)

        assert (ahead.status, ahead.body["code"]) == (429, "requests_too_many")
        assert int(ahead.headers["retry-after"]) >= 1
        assert made.status == 201
        assert (changed.status, changed.body["title"]) == (200, "Walk")


async def test_a_write_that_builds_on_nothing_goes_on(environ: dict[str, str]) -> None:
    async with serving(Settings.from_environ(environ)) as server:
        person = await server.person()
        queue, other = Queue(), Queue()
        await use_up(server, person)
        refused = await queue.make(person)
        await asyncio.sleep(refused.body["after"] / 1000)

        assert (await other.make(person)).status == 201
