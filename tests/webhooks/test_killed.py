"""A process that is killed amid its deliveries: another one goes on, and nothing is lost."""

import asyncio
from collections.abc import Callable
from itertools import pairwise

import pytest

from config.settings import Settings
from tests.support.engines import TestEngines
from tests.support.people.furnished import write_goals
from tests.support.server import ServerProcess, serving
from tests.support.server.receiver import Receiver, add_webhook

PATHS = ("a", "b", "c")
EVENTS = 60


def messages(receiver: Receiver, path: str) -> int:
    """How many messages came in at *path*, each counted once."""
    return len({one.message for one in receiver.of(path)})


async def eventually(condition: Callable[[], bool]) -> None:
    """Return when *condition* holds, which may take as long as a lease."""
    async with asyncio.timeout(60):
        while not condition():
            await asyncio.sleep(0.02)


@pytest.mark.chaos
async def test_what_a_killed_process_was_sending_is_sent_by_another(engines: TestEngines) -> None:
    environ = engines.environ(UPCOACH_ROLES="web")
    sending = environ | {"UPCOACH_ROLES": "web,schedule"}
    async with Receiver().listening() as receiver, serving(Settings.from_environ(environ)) as web:
        person = await web.person()
        receiver.modes |= dict.fromkeys(PATHS, "slow")
        for path in PATHS:
            await add_webhook(person, f"{receiver.url}/{path}", "goal.*")
        for _ in range(2):
            async with ServerProcess(dict(sending)) as doomed:
                before = len(receiver.received)
                await write_goals(person, EVENTS // 3)
                await eventually(lambda: len(receiver.received) > before + 12)  # noqa: B023
                await doomed.kill()
        async with ServerProcess(dict(sending)):
            await write_goals(person, EVENTS // 3)
            await eventually(lambda: all(messages(receiver, path) == EVENTS for path in PATHS))

    for path in PATHS:
        numbers = [one.event["seq"] for one in receiver.of(path)]
        # What comes twice comes at once: whoever was killed had not saved that it was taken.
        assert all(after in (before, before + 1) for before, after in pairwise(numbers))
        assert len(numbers) <= EVENTS + 2
        assert messages(receiver, path) == len(set(numbers)) == EVENTS
