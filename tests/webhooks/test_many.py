"""A thousand webhooks of as many people, of which one hangs, and some fail in other ways."""

import asyncio
import dataclasses
from typing import Final

import pytest

from config.settings import Settings
from models.access.scope import Scope
from models.goals import NewGoal
from models.webhooks import NewWebhook
from tests.bench.crowd import make_people
from tests.support.people.chaos import until
from tests.support.server import Server, serving
from tests.support.server.receiver import Receiver

MODES: Final[dict[str, int | str]] = {
    "hangs": "hangs",
    "slow": "slow",
    "fails": 500,
    "garbage": "garbage",
    "gone": 410,
}
WELL: Final = 1_000 - len(MODES)
PLACES: Final = 2  # one of which the one has that hangs
AT_ONCE: Final = 50


async def write(server: Server, people: list[Scope]) -> None:
    """Have each of *people* write a goal."""
    goals = server.node.services.goals.goals
    for start in range(0, len(people), AT_ONCE):
        some = people[start : start + AT_ONCE]
        await asyncio.gather(*(goals.create(one, NewGoal(title="Run")) for one in some))


def paths_of(receiver: Receiver) -> set[str]:
    """Where something came in."""
    return {one.path for one in receiver.received}


@pytest.mark.chaos
async def test_one_that_hangs_makes_nobody_late(settings: Settings) -> None:
    here = dataclasses.replace(settings, roles=frozenset({"web", "schedule"}))
    async with serving(here) as server, Receiver().listening() as receiver:
        server.node.webhooks.places = PLACES
        server.node.assembly.chosen_outbound.patience_s = 600.0
        receiver.modes |= MODES
        made = await make_people(server.node, here, WELL + len(MODES))
        people = [Scope(user=person["user"]) for person in made]
        paths = [*MODES, *map(str, range(WELL))]
        webhooks = server.node.services.webhooks.webhooks
        for scope, path in zip(people, paths, strict=True):
            await webhooks.add(scope, NewWebhook(url=f"{receiver.url}/{path}", types=("goal.*",)))
        await write(server, people[: len(MODES)])
        await until(lambda: all(receiver.of(path) for path in MODES))

        await write(server, people[len(MODES) :])

        well = set(paths[len(MODES) :])
        # Those that fail come again meanwhile.
        await until(lambda: len(receiver.received) >= WELL and well <= paths_of(receiver), 300)
        assert receiver.open["hangs"] == 1
        assert len(receiver.of("hangs")) == 1
        assert len([one for one in receiver.received if one.path in well]) == WELL
