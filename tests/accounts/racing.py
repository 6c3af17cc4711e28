"""Twenty who show the same factor at once, on two nodes, twenty times."""

import asyncio
import re
from collections.abc import Awaitable, Callable
from typing import Any, Final

from models.documents.factors import Answer
from models.documents.session import Terms
from models.errors import Forbidden
from tests.accounts.enrolling import Person
from tests.support.server import Server

ROUNDS: Final = 20
AT_ONCE: Final = 20


async def assert_one_wins_each(
    nodes: tuple[Server, Server],
    person: Person,
    prepare: Callable[[], Awaitable[dict[str, Any]]],
) -> None:
    """Of all who answer with the factor that *prepare* returns, exactly one gets in."""
    logins = [server.node.services.logins for server in nodes]

    async def attempt(number: int, factor: dict[str, Any]) -> str:
        user = await logins[0].user(person.user)
        asked = await logins[0].challenge(user, Terms(device=f"tv-{number}"))
        assert asked is not None
        try:
            await logins[number % 2].answer(Answer(challenge=asked.challenge, **factor))
        except Forbidden as refusal:
            return refusal.code
        return "won"

    for number in range(ROUNDS):
        factor = await prepare()
        ends = await asyncio.gather(*(attempt(at, factor) for at in range(AT_ONCE)))
        await nodes[0].node.database["once"].delete_many({"_id": re.compile("^try ")})

        assert (number, ends.count("won")) == (number, 1)
        assert set(ends) <= {"won", "factor_wrong", "tries_too_many"}
