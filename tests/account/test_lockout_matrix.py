"""The law of lockouts: what was given before or during one, or begun before it, holds no longer."""

import asyncio
import random
from pathlib import Path
from typing import Final

import pytest

from models.access.scope import Scope
from models.base.errors import Refusal
from models.base.ids import new_id
from models.goals.goal import NewGoal
from tests.account.lockout.givers import GIVERS, Giver, refused
from tests.account.lockout.holding import Finish, Holds
from tests.account.lockout.stage import Stage, Victim, account, staged
from tests.account.lockout.takers import CLAIMED, LOCKOUTS, TAKERS, Taker
from tests.support.engines import TestEngines

# How often a row is raced, and how many of each thing at once.
short: Final = pytest.param(1, 2, id="short")
long: Final = pytest.param(20, 20, id="long", marks=pytest.mark.chaos)
BUSY: Final = 6  # writes that keep the account's feed busy on each node meanwhile


async def busy(victim: Victim, at: int) -> None:
    """Write something, as an import would."""
    goals = victim.stage.node(at).node.services.goals.goals
    try:
        await goals.create(Scope(user=victim.user), NewGoal(id=new_id("gol"), title="Run"))
    except Refusal:  # too many writers: that is what it is for
        return


async def race(
    stage: Stage, taker: Taker, at_once: int, order: random.Random
) -> dict[str, list[str]]:
    """What survives *taker*, by when it was got."""
    survivors: dict[str, list[str]] = {"before": [], "during": [], "after": []}
    rows = [giver for giver in GIVERS if taker.name in giver.stops]
    async with account(stage, is_claimed=taker.name == CLAIMED) as victim:
        before: list[tuple[Giver, Holds]] = []
        during: list[tuple[Giver, Finish]] = []
        after: list[tuple[Giver, Finish]] = []
        for giver in rows:
            if taker.name in giver.ends:
                holds = await (await giver.begin(victim))(0)
                assert holds is not None, giver.name
                before.append((giver, holds))
                count = min(giver.most, at_once)
                during += [(giver, await giver.begin(victim)) for _ in range(count)]
            after.append((giver, await giver.begin(victim)))
        take = await taker.arm(victim)
        order.shuffle(during)
        racing = [asyncio.create_task(refused(get, at)) for at, (_, get) in enumerate(during)]
        writing = [asyncio.create_task(busy(victim, at)) for at in range(2 * BUSY)]
        status, got = await asyncio.gather(take(), asyncio.gather(*racing))
        await asyncio.gather(*writing)
        assert status < 300, (taker.name, status)

        late = [await refused(finish, at) for at, (_, finish) in enumerate(after)]
        survivors["before"] = [giver.name for giver, holds in before if await holds()]
        for (giver, _), holds in zip(during, got, strict=True):
            if holds is not None and await holds():
                survivors["during"].append(giver.name)
        for (giver, _), holds in zip(after, late, strict=True):
            if holds is not None and await holds():
                survivors["after"].append(giver.name)
        survivors["listed"] = await others_listed(victim, taker)
    return survivors


async def others_listed(victim: Victim, taker: Taker) -> list[str]:
    """What the list of sessions shows that should have ended."""
    scope = Scope(user=victim.user, session=victim.kept)
    listed = await victim.stage.nodes[1].node.services.account.sessions.page(scope)
    is_kept = (await victim.owner.call("GET", "/v1/me")).status == 200
    others = [one["device"] for one in listed if not one["current"]]

    assert (is_kept, len(others) < len(listed)) == (taker.keeps, taker.keeps)
    return others[taker.begins :] if taker.name in LOCKOUTS else []


@pytest.mark.parametrize("taker", TAKERS, ids=lambda taker: taker.name)
@pytest.mark.parametrize(("rounds", "at_once"), [short, long])
async def test_nothing_survives(
    engines: TestEngines,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    taker: Taker,
    rounds: int,
    at_once: int,
) -> None:
    async with staged(engines, tmp_path, monkeypatch) as stage:
        for number in range(rounds):
            survivors = await race(stage, taker, at_once, random.Random(number))

            assert (number, survivors) == (number, {when: [] for when in survivors})
