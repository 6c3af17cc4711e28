"""What is due together shares its queries, as do the places at which pushes are delivered."""

import asyncio
import contextlib
import datetime as dt
from collections.abc import AsyncIterator
from typing import Final

from config.settings import Settings
from models.base.clock import utc_now
from models.base.messages.push import PushRequest
from tests.notifications.evening import Evening
from tests.support.people.scopes import scope_of
from tests.support.server import Server, serving
from tests.support.wire.answers import done
from upcoach.services.base.timers import PER_OWNER
from upcoach.services.notifications.pusher import PLACES

FEW: Final = 2
MANY: Final = PER_OWNER - 1  # of one round, in which the evening check may be due as well
READ: Final = ("habits", "habit_entries", "vacations", "notifications", "users")


class Count:
    """How many commands there were."""

    def __init__(self) -> None:
        self.commands = 0


@contextlib.asynccontextmanager
async def counting(server: Server, *collections: str) -> AsyncIterator[Count]:
    """Count the commands about *collections* while the context lasts."""
    database, count = server.node.database.handle, Count()
    await database.drop_collection("system.profile")
    await database.command("profile", 2)
    yield count
    await database.command("profile", 0)
    names = [f"{database.name}.{name}" for name in collections]
    asked = {"ns": {"$in": names}, "command.count": {"$exists": False}}
    count.commands = await database["system.profile"].count_documents(asked)


async def commands(settings: Settings, habits: int) -> int:
    """How many commands as many reminders cost that are due together."""
    async with serving(settings) as server:
        evening = Evening(server, await server.person())
        habit = {"name": "Run", "reminders": [{"time": "07:30"}]}
        for _ in range(habits):
            await done(evening.person.call("POST", "/v1/habits", habit))
        async with counting(server, *READ) as count:
            told = await evening.pass_over("habit_reminder")
        assert len(told) == habits
        return count.commands


async def test_reminders_that_are_due_together_share_their_queries(settings: Settings) -> None:
    few, many = await commands(settings, FEW), await commands(settings, MANY)

    assert len(READ) < many <= few + 2


async def test_pushes_are_taken_for_all_places_together(settings: Settings) -> None:
    async with serving(settings) as server:
        person = await server.person()
        push = PushRequest(
            owner=scope_of(server, person).user,
            topic="ntf_1",
            title="Run",
            body="It is time.",
            until=utc_now() + dt.timedelta(hours=1),
        )
        outbox = server.node.services.notifications.push_devices._pushing.outbox
        rows = [outbox.to_bson(push) for _ in range(PLACES["first"])]
        stored = server.node.database[outbox.collection]

        async with counting(server, outbox.collection, "push_devices") as count:
            await stored.insert_many(rows)
            outbox.on_added()
            async with asyncio.timeout(20):
                while await stored.estimated_document_count():
                    await asyncio.sleep(0.01)
        assert 0 < count.commands < PLACES["first"]
