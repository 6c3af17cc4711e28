"""Races: twenty who show the same secret at once, on two nodes, again and again."""

import asyncio
import re
from collections.abc import Awaitable, Callable, Collection
from typing import Any, Final

import pytest

from models.account.factors import ChallengeAnswer
from models.account.session import SessionTerms
from models.base.errors import Forbidden
from tests.support.people.enrolling import AccountHolder
from tests.support.server import Server
from upcoach.services.account.factors import attempt_limit

AT_ONCE: Final = 20
# Three times tell whether it is atomic at all; `make chaos` goes on to twenty.
repeatedly = pytest.mark.parametrize("rounds", [3, pytest.param(20, marks=pytest.mark.chaos)])
Attempt = Callable[[int], Awaitable[int]]  # the status of the answer to one of the twenty


async def assert_one_wins(
    prepare: Callable[[], Awaitable[Attempt]], *, rounds: int, lost: Collection[int]
) -> None:
    """Of all who try what *prepare* returns, one is answered well and all others as *lost*."""
    for number in range(rounds):
        attempt = await prepare()
        statuses = await asyncio.gather(*(attempt(at) for at in range(AT_ONCE)))
        won = [status for status in statuses if status < 400]

        assert (number, len(won)) == (number, 1), sorted(statuses)
        assert set(statuses) <= {*won, *lost}


async def assert_one_factor_wins(
    nodes: tuple[Server, Server],
    person: AccountHolder,
    prepare: Callable[[], Awaitable[dict[str, Any]]],
    rounds: int,
) -> None:
    """Of all who answer a challenge of their own with the same factor, exactly one gets in."""
    logins = [server.node.services.account.logins for server in nodes]

    async def attempt(number: int, factor: dict[str, Any]) -> str:
        user = await logins[0].user(person.user)
        challenge = await logins[0].challenge(user, SessionTerms(device=f"tv-{number}"))
        assert challenge is not None
        try:
            await logins[number % 2].answer(
                ChallengeAnswer(challenge=challenge.challenge, **factor)
            )
        except Forbidden as refusal:
            return refusal.code
        return "won"

    with pytest.MonkeyPatch.context() as patch:
        all_get_as_far_as_the_factor(patch)
        for number in range(rounds):
            factor = await prepare()
            ends = await asyncio.gather(*(attempt(at, factor) for at in range(AT_ONCE)))
            await forget_tries(nodes[0])

            assert (number, ends.count("won")) == (number, 1)
            assert set(ends) <= {"won", "factor_wrong"}


def all_get_as_far_as_the_factor(patch: pytest.MonkeyPatch) -> None:
    """Let all of them race: fifteen of twenty would be told that they try too often."""
    patch.setattr(attempt_limit, "PLACES", AT_ONCE)


async def forget_tries(server: Server) -> None:
    """As if nobody had guessed."""
    await server.node.database["once"].delete_many({"_id": re.compile("^try ")})
