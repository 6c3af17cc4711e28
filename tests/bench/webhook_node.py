"""A node of ours with people who have a webhook each: it writes, or sends, or only posts."""

import asyncio
import time
from collections.abc import Iterator
from typing import Any, Final

from pymongo import monitoring

from models.access.scope import Scope
from models.webhooks import NewWebhook, Webhook
from tests.bench.child import obey
from tests.bench.crowd import AT_ONCE, make_people
from tests.bench.node import Bench, draft, monotonic_at, running
from upcoach.services.base.resources import write_outcome
from upcoach.services.webhooks.delivery_runner import PLACES
from upcoach.services.webhooks.signing import new_keys
from upcoach.store.collections.webhook_progress import WebhookKey
from upcoach.store.write.changes import WriteContext
from upcoach.store.write.outcomes import Outcome
from upcoach.store.write.refs import Ref
from upcoach.store.write.requests import Write

KEPT: Final = 1_024  # bytes of an answer


class Commands(monitoring.CommandListener):
    """How many commands this process has sent to MongoDB."""

    def __init__(self) -> None:
        self.count = 0

    def started(self, _: monitoring.CommandStartedEvent) -> None:
        """Count one."""
        self.count += 1

    def succeeded(self, _: monitoring.CommandSucceededEvent) -> None:
        """Leave it at that."""

    def failed(self, _: monitoring.CommandFailedEvent) -> None:
        """Leave it at that."""


class WebhookBench:
    """People with a webhook each, and what they write."""

    def __init__(self, bench: Bench, commands: Commands) -> None:
        self._bench = bench
        self._commands = commands
        self._scopes: list[Scope] = []

    async def seed(self, count: int, url: str) -> dict[str, str]:
        """Make *count* people, each with a webhook that leads to *url* and their number."""
        people = await make_people(self._bench.node, self._bench.settings, count)
        self._scopes = [Scope(user=person["user"]) for person in people]
        for start in range(0, count, AT_ONCE):
            numbers = range(start, min(count, start + AT_ONCE))
            await asyncio.gather(*(self._add(number, f"{url}/{number}") for number in numbers))
        return {}

    async def _add(self, number: int, url: str) -> None:
        """A webhook as the API makes it, without its mail."""
        scope, wanted = self._scopes[number], NewWebhook(url=url, types=("goal.*",))

        def decide(changes: WriteContext) -> Outcome[Webhook]:
            made = Webhook.drafted(wanted, new_keys(), owner=scope.user, at=changes.at)
            return write_outcome("created", changes.create(made))

        write = Write(scope=scope, reads=(Ref(Webhook, scope.user, wanted.id),), decide=decide)
        outcome = await self._bench.node.committer.commit(write)
        services = self._bench.node.services.webhooks
        key = WebhookKey(scope.user, wanted.id)
        await services.progress.begin(key, outcome.seq, outcome.document.created_at)

    async def write(
        self, numbers: list[int], writers: int = 1, every_s: float = 0.0
    ) -> list[tuple[int, float]]:
        """Have a goal written for each of *numbers*; whose, and when it was decided."""
        waiting, decided = iter(numbers), list[tuple[int, float]]()
        began = time.monotonic()

        async def write_some(mine: Iterator[int]) -> None:
            for number in mine:
                if every_s:
                    await asyncio.sleep(began + len(decided) * every_s - time.monotonic())
                decided.append((number, await self._create(self._scopes[number])))

        await asyncio.gather(*(write_some(waiting) for _ in range(writers)))
        return decided

    async def _create(self, scope: Scope) -> float:
        outcome = await self._bench.node.services.goals.goals.create(scope, draft())
        assert outcome.body is not None
        return monotonic_at(outcome.body["created_at"])

    async def post(
        self, url: str, count: int, headers: dict[str, str], body: str
    ) -> dict[str, float]:
        """Post *body* to *count* numbers of *url*, as many at once as a runner does."""
        waiting, post = iter(range(count)), self._bench.node.assembly.chosen_outbound.post

        async def post_some() -> None:
            for number in waiting:
                await post(f"{url}/{number}", body.encode(), headers, KEPT)

        began, cpu = time.monotonic(), time.process_time()
        await asyncio.gather(*(post_some() for _ in range(PLACES)))
        return {"seconds": time.monotonic() - began, "cpu": time.process_time() - cpu}

    def hold(self) -> dict[str, str]:
        """Begin no more turns."""
        self._bench.node.webhooks.places = 0
        return {}

    def go(self) -> dict[str, float]:
        """Begin with all that has become due since; when that was."""
        self._bench.node.webhooks.places = PLACES
        self._bench.node.webhooks.wake([])
        return {"at": time.monotonic()}

    def used(self) -> dict[str, float]:
        """The CPU seconds of this process so far, and its commands to MongoDB."""
        return {"cpu": time.process_time(), "commands": self._commands.count}


async def main() -> None:
    commands = Commands()
    monitoring.register(commands)
    async with running() as bench:
        mine = WebhookBench(bench, commands)
        answers: dict[str, Any] = {
            "seed": mine.seed,
            "write": mine.write,
            "post": mine.post,
            "hold": mine.hold,
            "go": mine.go,
            "used": mine.used,
        }
        await obey(answers)


if __name__ == "__main__":
    asyncio.run(main())
