"""People who write without pause, so that something can be broken under them."""

import asyncio
import collections
import contextlib
import itertools
from collections.abc import AsyncIterator, Awaitable, Callable, Sequence
from typing import Any, Self

from pymongo import AsyncMongoClient
from tornado.httpclient import HTTPClientError

from models.base.ids import new_id, new_mutation_id
from models.base.merge_patch import Json
from models.contexts import KINDS
from tests.support.server import PASSWORD, ServerProcess
from upcoach.client import Response, RestClient, SyncDevice

Documents = dict[str, dict[str, Json]]
Send = Callable[[str, str, Json | None, int | None], Awaitable[Json | None]]

PATIENCE_S = 40.0
POLL_S = 0.02
RETRY_S = 0.1


async def until(condition: Callable[[], bool], timeout_s: float = PATIENCE_S) -> None:
    """Return when *condition* holds."""
    async with asyncio.timeout(timeout_s):
        while not condition():
            await asyncio.sleep(POLL_S)


class WriteJournal:
    """The writes of a person: every document as the last answer to its author showed it."""

    def __init__(self) -> None:
        self.goals: dict[str, Json] = {}
        self.answers = 0
        self.stopping = False

    async def write(self, send: Send) -> None:
        """Make, change and delete goals until told to stop."""
        for number in itertools.count():
            if self.stopping:
                return
            goal = self._kept(await send("POST", "/v1/goals", {"title": f"Goal {number}"}, None))
            path = f"/v1/goals/{goal['id']}"
            for version, share in enumerate((0.5, 1.0), start=1):
                self._kept(await send("PATCH", path, {"progress": share}, version))
            if number % 3 == 0:
                await send("DELETE", path, None, 3)
                del self.goals[goal["id"]]
                self.answers += 1

    def _kept(self, goal: Json | None) -> Json:
        assert goal is not None
        self.goals[goal["id"]] = goal
        self.answers += 1
        return goal


class Writer:
    """Somebody with two devices and an integration, all of which write at the same time."""

    def __init__(self, urls: Sequence[str]) -> None:
        self.journal = WriteJournal()
        self.statuses: collections.Counter[int] = collections.Counter()
        self.devices: list[SyncDevice] = []
        self.token = ""
        self._urls = tuple(urls)
        self._clients: list[RestClient] = []
        self._turn = itertools.count()

    @contextlib.asynccontextmanager
    async def present(self) -> AsyncIterator[Self]:
        """Register, log in with both devices, and be live; each device starts at another node."""
        tokens = await self._tokens()
        self.token = tokens[0]
        self._clients = [RestClient(url, self.token) for url in self._urls]
        async with contextlib.AsyncExitStack() as stack:
            for number, token in enumerate(tokens):
                urls = [*self._urls[number:], *self._urls[:number]]
                device = await stack.enter_async_context(SyncDevice(urls, token))
                await device.until(lambda current: current.live)
                self.devices.append(device)
            try:
                yield self
            finally:
                for client in self._clients:
                    client.close()

    def senders(self) -> list[Send]:
        """Every way in which this person writes."""
        return [*(self._sender(device) for device in self.devices), self.over_rest]

    async def over_rest(
        self, op: str, path: str, body: Json | None, base: int | None
    ) -> Json | None:
        """Write over REST, at another node each time, until there is an answer."""
        headers = {"Idempotency-Key": new_mutation_id()}
        if base is not None:
            headers["If-Match"] = f'"v{base}"'
        while True:
            answer = await self._asked(op, path, body, headers)
            if answer is not None and answer.status in (200, 201, 204):
                return answer.body if answer.status != 204 else None
            await asyncio.sleep(RETRY_S)

    async def check(self) -> None:
        """Everybody holds what the database holds, and all that was acknowledged is there."""
        documents, head = await self.snapshot()
        for device in self.devices:
            await device.until(lambda current: current.live and current.seq >= head, PATIENCE_S)
            first = min(device.applied, default=head + 1)

            assert {kind: by_id for kind, by_id in device.documents.items() if by_id} == documents
            assert device.seq == head
            assert device.applied == dict.fromkeys(range(first, head + 1), 1)
            assert (device.gaps, device.repeats) == (0, 0)
            assert set(device.resets) <= {"snapshot"}
        assert documents.get("goal", {}) == self.journal.goals
        assert set(self.statuses) <= {200, 201, 204, 409, 503}

    async def snapshot(self) -> tuple[Documents, int]:
        """All documents of this person, and the number from which their events go on."""
        documents: Documents = {kind: {} for kind in KINDS}
        path, cursor = "/v1/snapshot", ""
        while path:
            answer = await self._clients[0].call("GET", path)
            assert answer.status == 200, answer
            cursor = cursor or answer.headers["upcoach-cursor"]
            documents[answer.body["kind"]].update(
                {item["id"]: item for item in answer.body["items"]}
            )
            path = answer.headers.get("link", "").partition(">")[0].removeprefix("<")
        return {kind: by_id for kind, by_id in documents.items() if by_id}, int(
            cursor.split(".")[1]
        )

    async def _asked(
        self, op: str, path: str, body: Json | None, headers: dict[str, str]
    ) -> Response | None:
        """One answer; None when there is none, or when it says to ask again."""
        client = self._clients[next(self._turn) % len(self._clients)]
        try:
            answer = await client.call(op, path, body, headers=headers)
        except (OSError, HTTPClientError):
            return None
        self.statuses[answer.status] += 1
        if answer.status == 503:
            assert answer.headers["retry-after"] == "1"
        elif answer.status == 409:
            assert answer.body["code"] == "mutation_running"
        return answer

    async def _tokens(self) -> list[str]:
        email = f"{new_id('test')}@example.org"
        anonymous = RestClient(self._urls[0])
        try:
            answer = await anonymous.register(email, PASSWORD, "Test Person")
            assert answer.status == 202, answer
            tokens = []
            for name in ("phone", "watch"):
                client = await anonymous.log_in(email, PASSWORD, name)
                tokens.append(client.token)
                client.close()
            return tokens
        finally:
            anonymous.close()

    @staticmethod
    def _sender(device: SyncDevice) -> Send:
        async def send(op: str, path: str, body: Json | None, base: int | None) -> Json | None:
            answer = await device.mutate(op, path, body, base)
            assert answer["status"] in (200, 201, 204), answer
            return answer.get("body")

        return send


class Storm:
    """Two people at two nodes, writing while the context lasts; afterwards all must be well."""

    def __init__(self, environ: dict[str, str]) -> None:
        self.environ = environ
        self.nodes = [ServerProcess(dict(environ)), ServerProcess(dict(environ))]
        self.people: list[Writer] = []

    @contextlib.asynccontextmanager
    async def blowing(self) -> AsyncIterator[Self]:
        """Write; at the end stop, and check."""
        async with contextlib.AsyncExitStack() as stack:
            await asyncio.gather(*(stack.enter_async_context(node) for node in self.nodes))
            for _ in range(2):
                person = Writer([node.url for node in self.nodes])
                self.people.append(await stack.enter_async_context(person.present()))
            writing = [
                asyncio.create_task(person.journal.write(send))
                for person in self.people
                for send in person.senders()
            ]
            try:
                await self.goes_on()
                yield self
                await self.goes_on()
                for person in self.people:
                    person.journal.stopping = True
                async with asyncio.timeout(PATIENCE_S):
                    await asyncio.gather(*writing)
                await self._check()
            except BaseException:
                print(*(node.output for node in self.nodes), sep="\n")
                raise
            finally:
                for task in writing:
                    task.cancel()

    def cut(self) -> None:
        """Cut every socket."""
        for person in self.people:
            for device in person.devices:
                device.cut()

    async def goes_on(self, answers: int = 20) -> None:
        """Return when every person has got *answers* more answers."""
        goals = {person: person.journal.answers + answers for person in self.people}
        await until(lambda: all(person.journal.answers >= goal for person, goal in goals.items()))

    async def _check(self) -> None:
        for person in self.people:
            await person.check()
        await assert_whole(self.environ)
        for node in self.nodes:
            assert_quiet(node)


def assert_quiet(node: ServerProcess) -> None:
    """Nothing happened in *node* that nobody had foreseen."""
    assert "Traceback" not in node.output
    assert '"level": "error"' not in node.output


async def assert_whole(environ: dict[str, str]) -> None:
    """The log has no hole and no repeat, and a moment later nothing in it is due."""
    mongo: AsyncMongoClient[dict[str, Any]] = AsyncMongoClient(environ["UPCOACH_MONGO_URL"])
    async with mongo:
        events = mongo[environ["UPCOACH_MONGO_DATABASE"]].events
        numbers: dict[str, list[int]] = {}
        async for event in events.find({}, {"feed": 1, "seq": 1}, sort=[("seq", 1)]):
            numbers.setdefault(event["feed"], []).append(event["seq"])
        async with asyncio.timeout(PATIENCE_S):
            while await events.count_documents({"due": True}):
                await asyncio.sleep(POLL_S)

    assert numbers == {feed: list(range(1, len(of_feed) + 1)) for feed, of_feed in numbers.items()}
