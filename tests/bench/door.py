"""A node of ours at whose door people stand: it hashes, checks tokens, and knows its loop's lag."""

import asyncio
import contextlib
import time
from typing import Any, Final

from config.settings import Settings
from models.account.user import Registration
from models.base.ids import new_id
from tests.bench.child import obey
from tests.bench.crowd import make_people
from tests.bench.node import PASSWORD, running
from upcoach.node.app import Node
from upcoach.services.account import passwords

TICK_S: Final = 0.001


class Doorman:
    """Whoever measures from within."""

    def __init__(self, node: Node, settings: Settings, port: int) -> None:
        self._node = node
        self._settings = settings
        self._port = port
        self._late: list[float] = []
        self._watching: asyncio.Task[None] | None = None

    async def open(self, count: int) -> dict[str, Any]:
        """Register *count* people, who have the same password; their addresses, and the port."""
        emails = [f"{new_id('test')}@example.org" for _ in range(count)]
        for email in emails:
            registration = Registration(email=email, password=PASSWORD, name="Test", tz="UTC")
            await self._node.services.account.accounts.create(registration)
        return {"emails": emails, "port": self._port}

    def watch(self) -> None:
        """Begin to note how late the loop comes round."""
        self._late = []
        self._watching = asyncio.create_task(self._watch())

    async def lag(self) -> list[float]:
        """How late it came, in seconds, each time since `watch`."""
        assert self._watching is not None
        self._watching.cancel()
        with contextlib.suppress(asyncio.CancelledError):
            await self._watching
        return self._late

    def hash(self, count: int) -> float:
        """CPU seconds of one password, verified with nothing around it."""
        hashed = passwords.HASHER.hash(PASSWORD)
        began = time.process_time()
        for _ in range(count):
            passwords.HASHER.verify(hashed, PASSWORD)
        return (time.process_time() - began) / count

    async def check(self, count: int) -> dict[str, float]:
        """CPU seconds of checking a token that is new to the node, and one that it has seen."""
        people = await make_people(self._node, self._settings, count)
        return {"new": self._checked(people), "seen": self._checked(people)}

    def _checked(self, people: list[dict[str, str]]) -> float:
        authenticate = self._node.services.account.sessions.authenticate
        began = time.process_time()
        for person in people:
            authenticate(person["token"])
        return (time.process_time() - began) / len(people)

    async def _watch(self) -> None:
        while True:
            due = time.monotonic() + TICK_S
            await asyncio.sleep(TICK_S)
            self._late.append(max(0.0, time.monotonic() - due))


async def main() -> None:
    async with running() as bench:
        doorman = Doorman(bench.node, bench.settings, bench.port)
        await obey(
            {
                "open": doorman.open,
                "watch": doorman.watch,
                "lag": doorman.lag,
                "hash": doorman.hash,
                "check": doorman.check,
            }
        )


if __name__ == "__main__":
    asyncio.run(main())
