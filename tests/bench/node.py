"""A node of ours, with its port and with people who write through its services."""

import asyncio
import datetime as dt
import itertools
import os
import time
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager
from typing import Any

from config import logging
from config.settings import Settings
from models.access.scope import Scope
from models.account.session import Credentials
from models.account.user import Registration
from models.base.ids import new_id, new_mutation_id
from models.goals import Goal, GoalCategory, NewGoal
from tests.bench.child import obey
from tests.bench.crowd import make_people
from upcoach.node import app
from upcoach.node.process import gc_tuning
from upcoach.services.account.login.logins import Challenge
from upcoach.store.write.outcomes import WriteResult
from upcoach.store.write.requests import Mutation

MARK = "<>"  # what the load generator counts
PASSWORD = "correct horse battery"
SETTLED_S = 2.8  # the relay takes the marks off what it has published 2 to 2.5 s after a write
TITLE = f"Run ten kilometres {MARK} without a stop"
DESCRIPTION = "Three times a week, a little further each time, until the autumn."


def draft() -> NewGoal:
    """A goal such as people have."""
    return NewGoal(title=TITLE, description=DESCRIPTION, category=GoalCategory.HEALTH)


class Bench:
    """A node, its people, and their writes."""

    def __init__(self, node: app.Node, settings: Settings, port: int) -> None:
        self.node = node
        self.port = port
        self.settings = settings
        self._scopes: list[Scope] = []

    async def people(self, count: int) -> dict[str, Any]:
        """Register *count* people and log the first one in."""
        accounts = self.node.services.account.accounts
        credentials = [
            Credentials(email=f"{new_id('test')}@example.org", password=PASSWORD, device="phone")
            for _ in range(count)
        ]
        self._scopes = []
        for one in credentials:
            registration = Registration(email=one.email, password=PASSWORD, name="Test", tz="UTC")
            outcome = await accounts.create(registration)
            assert outcome.body is not None
            self._scopes.append(Scope(user=outcome.body["id"], device="phone"))
        found = await accounts.log_in(credentials[0])
        assert not isinstance(found, Challenge)
        person = {"user": self._scopes[0].user, "token": found[0].token}
        return {"people": [person], "port": self.port}

    async def crowd(self, count: int) -> dict[str, Any]:
        """Make *count* people who are logged in, without the work that passwords are."""
        return {"people": await make_people(self.node, self.settings, count), "port": self.port}

    async def newcomers(self, count: int) -> dict[str, Any]:
        """Have *count* people without any goal write from now on: each may keep some thousands."""
        people = await make_people(self.node, self.settings, count)
        self._scopes = [Scope(user=person["user"], device="phone") for person in people]
        return {}

    async def write(self, writers: int, users: int, writes: int) -> dict[str, Any]:
        """Create *writes* goals from *writers* tasks, for *users* people in turn."""
        scopes = itertools.islice(itertools.cycle(self._scopes[:users]), writes)
        took: list[float] = []

        async def write_some(mine: Iterator[Scope]) -> None:
            for scope in mine:
                began = time.perf_counter()
                await self._create(scope)
                took.append(time.perf_counter() - began)

        began = time.perf_counter()
        await asyncio.gather(*(write_some(scopes) for _ in range(writers)))
        seconds = time.perf_counter() - began
        # All that a write sets off belongs to its cost: its publication, its mark.
        await asyncio.sleep(SETTLED_S)
        return {"seconds": seconds, "took": took}

    async def pace(self, writes: int, every_s: float) -> list[dict[str, float]]:
        """Create a goal every now and then; when each was asked for, decided and answered."""
        # `time.monotonic` is the same clock in every process of the machine.
        moments = []
        for _ in range(writes):
            asked = time.monotonic()
            outcome = await self._create(self._scopes[0])
            answered = time.monotonic()
            assert outcome.body is not None
            decided = monotonic_at(outcome.body["created_at"])
            moments.append({"asked": asked, "decided": decided, "answered": answered})
            await asyncio.sleep(every_s)
        return moments

    async def _create(self, scope: Scope) -> WriteResult[Goal]:
        mutation = Mutation(new_mutation_id(), os.urandom(32))
        return await self.node.services.goals.goals.create(scope, draft(), mutation)


def monotonic_at(at: str) -> float:
    """The reading of the monotonic clock when the wall clock showed *at*."""
    return dt.datetime.fromisoformat(at).timestamp() - time.time() + time.monotonic()


@asynccontextmanager
async def running() -> AsyncIterator[Bench]:
    settings = Settings.from_environ(
        {name: value for name, value in os.environ.items() if name.startswith("UPCOACH_")}
    )
    logging.configure(settings.log_level, settings.log_format)
    assert settings.mongo_url is not None
    assert settings.redis_url is not None
    async with (
        app.running_node(settings, settings.mongo_url, settings.redis_url) as node,
        app.listening(node.application, "127.0.0.1", 0) as port,
    ):
        gc_tuning.settle()
        yield Bench(node, settings, port)


async def main() -> None:
    async with running() as bench:
        await obey(
            {
                "people": bench.people,
                "crowd": bench.crowd,
                "newcomers": bench.newcomers,
                "write": bench.write,
                "pace": bench.pace,
            }
        )


if __name__ == "__main__":
    asyncio.run(main())
