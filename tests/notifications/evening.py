"""A person whose timers fire when a test says what time it is."""

import datetime as dt
from typing import Any

from models.base.clock import utc_now
from models.base.metrics import Metrics
from tests.support.people.scopes import scope_of
from tests.support.server import Server
from tests.support.wire.answers import done
from upcoach.client import RestClient
from upcoach.services.base.timers import TimerRunner
from upcoach.store.write.timers import COLLECTION, Timers


class Evening:
    """A server whose timers fire when a test says what time it is."""

    def __init__(self, server: Server, person: RestClient) -> None:
        self.person = person
        self._server = server
        self._owner = scope_of(server, person).user
        self.now = utc_now()

    async def pass_over(self, rule: str) -> list[Any]:
        """Let the next moment of the person's timers of a rule come; what is told then."""
        database = self._server.node.database
        async with database.connection():
            row = await database[COLLECTION].find_one({"rule": rule, "owner": self._owner})
        assert row is not None, rule
        return await self.at(row["due"] + dt.timedelta(seconds=1))

    async def at(self, now: dt.datetime) -> list[Any]:
        """Let it be *now*; what the person's notifications are then, the newest first."""
        self.now = now
        runner = self._runner()
        await runner.run_due()
        answer = await done(self.person.call("GET", "/v1/notifications"))
        items: list[Any] = answer.body["items"]
        return items

    def _runner(self) -> TimerRunner:
        node = self._server.node
        runner = TimerRunner(
            Timers(node.database, lambda: self.now),
            node.services.habits.habits._documents,
            lambda: self.now,
            Metrics(),
        )
        for rule, handler in node.assembly.timers._handlers.items():
            runner.handles(rule, handler)
        return runner


def types(items: list[Any]) -> list[str]:
    """The types of notifications."""
    return [item["type"] for item in items]


def by_day() -> str:
    """A zone whose clocks show some time between noon and one."""
    hours = 12 - utc_now().hour
    return f"Etc/GMT{-hours:+d}" if hours else "Etc/GMT"
