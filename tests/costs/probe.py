"""Somebody with one of everything, who asks for it in ways that there are none for."""

import asyncio
import contextlib
import datetime as dt
import random
import re
from collections.abc import AsyncIterator, Iterable
from typing import Any, Final
from urllib.parse import quote

import msgspec
import pytest

from config.settings import Settings
from handlers.contexts import ROUTER
from handlers.http.operations import Operation
from models.base.errors import Invalid
from models.base.ids import new_mutation_id
from tests.support.people.furnished import furnished
from tests.support.people.operators import operator
from tests.support.people.scopes import scope_of
from tests.support.server import Server, serving
from tests.support.wire.answers import next_page
from upcoach.cli.explain.drafts import Drafts
from upcoach.cli.explain.others import leave, tell
from upcoach.cli.explain.questions import NoExample, Question, QuestionAnswer, Questions
from upcoach.cli.explain.seeds import TRIES, Seeds
from upcoach.client import RestClient

AT_ONCE: Final = 8
# `make test` asks a part of all that there is to ask, and `make chaos` the whole.
PARTS: Final = pytest.mark.parametrize(
    "every", [8, pytest.param(1, marks=[pytest.mark.chaos, pytest.mark.timeout(600)])]
)

Json = dict[str, Any]


class Call(msgspec.Struct, frozen=True):
    """A request that somebody makes up."""

    client: RestClient
    method: str
    url: str
    raw: bytes | None = None
    headers: dict[str, str] = {}


class Probe:
    """Asks, and keeps what breaks the server."""

    def __init__(self, server: Server, person: RestClient, desk: RestClient) -> None:
        self.server = server
        self.person = person
        self.desk = desk
        self.answers: list[tuple[int, str]] = []
        self.broken: list[str] = []
        self._questions = Questions(ROUTER, self._answer, together=0)
        self._drafts = Drafts(random.Random(11), dt.datetime.now(dt.UTC).date())
        self._turns = asyncio.Semaphore(AT_ONCE)
        self._epoch = ""

    async def sow(self) -> None:
        """Have one of everything."""
        coach = scope_of(self.server, await self.server.person())
        await tell(self.server.node.services, scope_of(self.server, self.person), 3)
        seeds = Seeds(ROUTER, self._write, self._questions, {"coach": coach.user})
        await seeds.sow(2, late_tries=TRIES)
        await leave(self.server.node.services, scope_of(self.server, self.person), coach)
        self._questions.forget()
        answer = await self.person.call("POST", "/v1/tasks", {"title": "Run"})
        self._epoch = answer.headers["upcoach-cursor"].partition(".")[0]

    def client(self, operation: Operation[Any]) -> RestClient:
        """Who may ask for *operation*."""
        return self.desk if operation.needs.startswith("admin:") else self.person

    async def names(self, operation: Operation[Any]) -> Json:
        """What is there and may stand in the path of *operation*."""
        wanted = re.findall(r"\{(\w+)\}", operation.path)
        try:
            names = await self._questions.names(operation.path)
        except NoExample:
            place = operation.path.find("}") + 1
            names = await self._questions.names(operation.path[:place]) if "{id}" in wanted else {}
        return {name: names.get(name, "2026-01-05") for name in wanted}

    def body(self, operation: Operation[Any]) -> Json:
        """What *operation* may take."""
        return self._drafts.draft(operation.takes)

    def quoted(self, value: str) -> str:
        """*value* as it stands in a URL, in this server's epoch."""
        text = value.replace("{epoch}", self._epoch)
        return quote(text.encode(errors="surrogatepass"), safe="")

    async def ask(self, calls: Iterable[Call]) -> None:
        """Ask all of *calls*, some of them at once."""
        await asyncio.gather(*(self._ask(call) for call in calls))

    async def _ask(self, call: Call) -> None:
        sent = {"Content-Type": "application/json"} if call.raw is not None else {}
        async with self._turns:
            answer = await call.client.call(
                call.method, call.url, raw=call.raw, headers=sent | call.headers
            )
        self.answers.append((answer.status, f"{call.method} {call.url}"))
        if answer.status >= 500:
            told = f"{call.raw or call.headers!r:.200}"
            self.broken.append(f"{answer.status}: {call.method} {call.url[:160]} {told}")

    async def _answer(self, question: Question) -> QuestionAnswer | None:
        operation = question.operation
        query = "&".join(f"{name}={value}" for name, value in question.query.items())
        url = f"{operation.path.format(**question.names)}{f'?{query}' if query else ''}"
        answer = await self.client(operation).call("GET", url)
        return QuestionAnswer(answer.body, next_page(answer)) if answer.status == 200 else None

    async def _write(
        self, operation: Operation[Any], names: dict[str, str], body: Any, base: int | None
    ) -> None:
        headers = {"Idempotency-Key": new_mutation_id()}
        if base is not None:
            headers["If-Match"] = f'"v{base}"'
        url = operation.path.format(**names)
        answer = await self.person.call(operation.method, url, body, headers=headers)
        if answer.status >= 400:
            raise Invalid("refused", str(answer.body))


def rows(*methods: str) -> list[Operation[Any]]:
    """The operations of these methods."""
    return [
        operation
        for route in ROUTER.routes
        for operation in route.operations.values()
        if operation.method in methods
    ]


@contextlib.asynccontextmanager
async def probing(settings: Settings, *, is_sown: bool = True) -> AsyncIterator[Probe]:
    """A probe of a node of its own, with one of everything where that is asked for."""
    async with serving(settings) as server:
        probe = Probe(server, await furnished(server), await operator(server, "superadmin"))
        if is_sown:
            await probe.sow()
        yield probe
