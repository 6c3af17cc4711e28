"""Whatever the server answers, and takes, is what its description promises."""

from collections import defaultdict
from collections.abc import Iterable
from typing import Any
from urllib.parse import urlencode

import pytest

from config.settings import Settings
from handlers import openapi
from handlers.openapi import paths
from handlers.operations import Operation
from handlers.surface import described_router
from models.errors import Invalid
from models.identity import new_mutation_id
from tests.support.contract import Contract, Seen, Witness
from tests.support.server import PASSWORD, Server, serving
from tests.test_live import mut
from tests.test_snapshot_law import (
    GOALS,
    LIVE_ROWS,
    ONE_GOAL,
    Row,
    done,
    furnished,
    loop,
    next_page,
    scope_of,
)
from upcoach.client import Client, Response
from upcoach.explain.others import leave
from upcoach.explain.questions import Answer, Question, Questions
from upcoach.explain.seeds import Seeds

ROUTER = described_router()
DOCUMENT = openapi.document(ROUTER)


@pytest.fixture
def witness() -> type[Witness]:
    return Witness.fresh()


async def test_every_operation_answers_as_it_is_described(
    settings: Settings, witness: type[Witness]
) -> None:
    contract = Contract(DOCUMENT, ROUTER)
    async with serving(settings, witness) as server:
        person = await furnished(server)
        await write_everything(server, person)
        await join_and_leave(server)
        await ask_everything(server, await furnished(server))
        await be_refused(server, person)

    broken = {flaw for seen in witness.seen for flaw in contract.broken(seen)}
    assert broken == set()
    assert unseen(contract, witness.seen) == set()


def unseen(contract: Contract, seen: list[Seen]) -> set[tuple[str, str]]:
    """The operations that nobody has seen succeed."""
    found: dict[tuple[str, str] | None, set[int]] = defaultdict(set)
    for one in seen:
        found[contract.operation(one)].add(one.answer.status)
    return {
        (operation.method, operation.path)
        for route in ROUTER.routes
        for operation in route.operations.values()
        if not found[operation.method, operation.path] & set(paths.statuses(operation))
    }


async def write_everything(server: Server, person: Client) -> None:
    """Every write of the snapshot law, carried out or refused."""
    await over_rest(person, LIVE_ROWS)
    coach = (await (await server.person()).call("GET", "/v1/me")).body["id"]
    path = f"/v1/shares/{coach}"
    await done(person.call("PUT", path, {"kinds": ["goal"]}))
    await done(person.call("PUT", path, {"kinds": ["habit"]}))
    await done(person.call("DELETE", path))


async def over_rest(person: Client, rows: Iterable[Row]) -> None:
    """Send *rows*."""
    for row in rows:
        headers = {"Idempotency-Key": new_mutation_id()}
        if row.base is not None:
            headers["If-Match"] = f'"v{row.base}"'
        await person.call(row.method, row.url, row.body, headers=headers)


async def join_and_leave(server: Server) -> None:
    """What is asked for by itself: accounts, tickets, imports, many writes at once."""
    person = await server.person("watch")
    zipped = {"Content-Type": "application/zip"}
    export = loop("2026-01-05,YES_MANUAL,", "2026-01-06,SKIP,ill")
    await done(person.call("POST", "/v1/imports/loop", raw=export, headers=zipped))
    writes = [mut("POST", GOALS, {"title": title}) for title in ("Swim", 5)]
    await done(person.call("POST", "/v1/mutations", [*writes, mut("X", "/")]))
    await done(person.call("POST", "/v1/live/tickets"))
    await done(person.call("POST", "/v1/auth/refresh", {"refresh_token": person.refresh_token}))
    await done(person.call("POST", "/v1/auth/logout"))


async def ask_everything(server: Server, person: Client) -> None:
    """Every GET with every filter, and HEAD, for somebody who has something of everything."""

    async def ask(question: Question) -> Answer | None:
        operation = question.operation
        behind = f"?{urlencode(question.query)}" if question.query else ""
        url = operation.path.format(**question.names) + behind
        answer = await person.call("GET", url)
        if answer.status != 200:
            return None
        if "etag" in answer.headers:
            known = {"If-None-Match": answer.headers["etag"]}
            assert (await person.call("GET", url, headers=known)).status == 304
        return Answer(answer.body, next_page(answer))

    async def write(
        operation: Operation, names: dict[str, str], body: Any, base: int | None
    ) -> None:
        headers = {"Idempotency-Key": new_mutation_id()}
        if base is not None:
            headers["If-Match"] = f'"v{base}"'
        url = operation.path.format(**names)
        answer = await person.call(operation.method, url, body, headers=headers)
        if answer.status >= 400:
            raise Invalid("refused", str(answer.body))

    coach = scope_of(server, await server.person())
    questions = Questions(ROUTER, ask, together=1)
    seeds = Seeds(ROUTER, write, questions, {"coach": coach.user})
    await seeds.sow(5)
    await leave(server.node.services, scope_of(server, person), coach)
    questions.forget()
    await questions.ask_all()
    assert seeds.unsown == []
    await end_everything(person, questions)


async def end_everything(person: Client, questions: Questions) -> None:
    """What takes no body: to have something done, or open again, or deleted."""
    bare = [
        operation
        for route in ROUTER.routes
        for operation in route.operations.values()
        if operation.live and operation.takes is None
    ]
    # What stands below something else goes before it.
    for operation in sorted(bare, key=lambda one: (one.method == "DELETE", -len(one.path))):
        questions.forget()
        url = operation.path.format(**await questions.names(operation.path))
        await person.call(operation.method, url)


async def be_refused(server: Server, person: Client) -> None:
    """What goes wrong in every way that there is."""
    goal = (await done(person.call("POST", GOALS, {"title": "Run"}))).body["id"]
    path = ONE_GOAL.format(id=goal)
    first = {"If-Match": '"v1"'}
    named = first | {"Idempotency-Key": new_mutation_id()}
    await done(person.call("PATCH", path, {"title": "Walk"}, headers=first))
    reused = {"Idempotency-Key": new_mutation_id()}
    await done(person.call("POST", GOALS, {"title": "Run"}, headers=reused))
    login = {"email": "nobody@example.org", "password": PASSWORD, "device": "phone"}
    refused = [
        await server.client().call("GET", GOALS),
        await server.client("forged").call("GET", GOALS),
        await person.call("GET", f"{GOALS}?order=1"),
        await person.call("PATCH", path, {"title": "Swim"}, headers=first),
        await person.call("PATCH", path, {"title": "Swim"}, headers=named),
        await person.call("PATCH", path, {"title": "Swim"}),
        await person.call("PATCH", path, {"title": 5}, headers={"If-Match": '"v2"'}),
        await person.call("POST", GOALS, {"title": "Swim"}, headers=reused),
        await person.call("POST", GOALS, raw=b"{", headers={"Content-Type": "application/json"}),
        await person.call("POST", GOALS, raw=b"{}", headers={"Content-Type": "text/plain"}),
        await person.call("POST", GOALS, {"title": "x" * 70_000}),
        await person.call("GET", "/v1/events?since=other.1"),
        await person.call("GET", "/v1/events?since=0&feed=u:nobody"),
        await server.client().call("POST", "/v1/auth/login", login),
    ]

    statuses = [answer.status for answer in refused]
    assert statuses == [401, 401, 400, 412, 409, 428, 422, 422, 400, 415, 413, 410, 404, 401]


def test_a_broken_promise_is_seen() -> None:
    contract = Contract(DOCUMENT, ROUTER)
    headers = {"content-type": "application/json", "x-request-id": "1"}

    def flaws(status: int, body: Any, path: str = GOALS, **more: str) -> list[str]:
        seen = Seen("GET", path, None, sent=False, answer=Response(status, headers | more, body))
        return contract.broken(seen)

    goal = {
        "id": "gol_1",
        "owner": "usr_1",
        "version": 1,
        "created_at": "2026-01-05T10:00:00Z",
        "updated_at": "2026-01-05T10:00:00Z",
        "title": "Run",
        "category": "health",
        "priority": "low",
        "status": "active",
        "progress": 0.0,
    }

    assert flaws(200, {"items": []}) == []
    assert flaws(200, {"things": []}) == ["GET /v1/goals 200: $: 'items' is a required property"]
    assert flaws(418, {}) == ["GET /v1/goals answers 418, which is not described: {}"]
    assert flaws(200, {"items": []}, etag='"v1"') == [
        "GET /v1/goals 200: a header etag is not described"
    ]
    one = "/v1/goals/gol_1"
    assert flaws(200, goal | {"description": None}, one) == [
        "GET /v1/goals/{id} 200: $.description: None is not of type 'string'"
    ]
    assert len(flaws(200, goal | {"created_at": "yesterday", "status": "lost"}, one)) == 2
