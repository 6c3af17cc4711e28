"""Whatever the server answers, and takes, is what its description promises."""

import dataclasses
from collections import defaultdict
from collections.abc import Iterable
from pathlib import Path
from typing import Annotated, Any, ClassVar
from urllib.parse import urlencode

import msgspec
import pytest

from config.settings import Settings
from handlers import openapi
from handlers.contexts import CONTEXTS, ROUTER
from handlers.http.operations import Call, Operation, Reply, Router
from handlers.http.operations.areas import Area
from handlers.openapi import paths
from models.access.limits import MUTATION_BYTES
from models.access.scope import Scope
from models.base.document import Document, Privacy
from models.base.errors import Invalid
from models.base.ids import new_mutation_id
from tests.account.contract import use_factors
from tests.account.contract_mail import come_from_provider, go_by_mail
from tests.account.web_app import log_in_at_a_browser
from tests.coaches.contract import verify_coaches
from tests.imports.exports import loop
from tests.imports.games import GAME
from tests.imports.tables import DAYLIO, PLAIN, STREAKS, TABLES
from tests.imports.tables import zipped as day_one
from tests.jobs import writing as jobs
from tests.laws.contexts import WRITES
from tests.laws.contexts import furnished as with_everything
from tests.notifications import devices
from tests.scheduling.contract import meet
from tests.support.laws.contract import Contract, Exchange, RecordingClient
from tests.support.laws.snapshots import Row
from tests.support.people.furnished import GOALS, ONE_GOAL, furnished
from tests.support.people.operators import operator
from tests.support.people.relations import (
    CLIENT,
    INVITATIONS,
    invite,
    relate,
    share,
    unshare,
    user_of,
)
from tests.support.people.scopes import scope_of
from tests.support.server import PASSWORD, Server, serving
from tests.support.wire.answers import done, next_page
from tests.support.wire.sockets import mut
from tests.webhooks.contract import use_webhooks
from upcoach.cli.explain.others import leave, tell
from upcoach.cli.explain.questions import Question, QuestionAnswer, Questions
from upcoach.cli.explain.seeds import OF_TWO, Seeds
from upcoach.client import Response, RestClient
from upcoach.services.contexts import Services

JOURNAL, JOURNALS = "/v1/journal", "/v1/journal/journals"
DOCUMENT = openapi.document(ROUTER)
AREAS = [area for context in CONTEXTS for area in context.areas]


@pytest.fixture
def witness() -> type[RecordingClient]:
    return RecordingClient.fresh()


async def test_every_operation_answers_as_it_is_described(
    settings: Settings, witness: type[RecordingClient], tmp_path: Path
) -> None:
    contract = Contract(DOCUMENT, ROUTER)
    apart = dataclasses.replace(settings, data=tmp_path)  # its mails are read
    async with serving(apart, witness) as server:
        person = await furnished(server)
        await write_everything(server, person)
        await join_and_leave(server)
        await take_pushes(server)
        await let_an_app_in(server, person)
        await log_in_at_a_browser(server)
        await go_by_mail(server)
        await use_factors(server)
        await use_webhooks(server)
        await verify_coaches(server)
        await meet(server)
        await ask_everything(server, await furnished(server), await operator(server, "superadmin"))
        await be_refused(server, person)
    await come_from_provider(apart, witness)

    broken = {flaw for seen in witness.seen for flaw in contract.broken(seen)}
    assert broken == set()
    assert unseen(contract, witness.seen) == set()


def unseen(contract: Contract, seen: list[Exchange]) -> set[tuple[str, str]]:
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


async def write_everything(server: Server, person: RestClient) -> None:
    """Every write of the snapshot law, carried out or refused."""
    await over_rest(await with_everything(server), WRITES)
    coach = await server.person()
    await share(person, coach, ["goal"])
    await share(person, coach, ["habit"])
    await unshare(person, coach)
    await relate(person, coach)
    await done(coach.call("DELETE", CLIENT.format(await user_of(person))))
    code = await invite(coach, "coach")
    await done(person.call("POST", f"{INVITATIONS}/look", {"code": code}))
    [made] = (await done(coach.call("GET", INVITATIONS))).body["items"]
    await done(coach.call("DELETE", f"{INVITATIONS}/{made['id']}"))


async def over_rest(person: RestClient, rows: Iterable[Row]) -> None:
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
    tables = {f"csv/{what}": text for what, text in TABLES.items()}
    for what, text in (tables | {"daylio": DAYLIO, "streaks": STREAKS}).items():
        table = {"Content-Type": "text/csv"}
        path = f"/v1/imports/{what}"
        await done(person.call("POST", path, raw=text.encode(), headers=table))
    book = day_one(Journal=[PLAIN])
    await done(person.call("POST", "/v1/imports/dayone", raw=book, headers=zipped))
    await done(person.call("POST", "/v1/imports/dayone?dry_run=true", raw=book, headers=zipped))
    await done(person.call("POST", "/v1/imports/habitica", GAME))
    writes = [mut("POST", GOALS, {"title": title}) for title in ("Swim", 5)]
    await done(person.call("POST", "/v1/mutations", [*writes, mut("X", "/")]))
    await done(person.call("POST", "/v1/live/tickets"))
    await done(person.call("POST", "/v1/auth/refresh", {"refresh_token": person.refresh_token}))
    await done(person.call("POST", "/v1/auth/logout"))


async def take_pushes(server: Server) -> None:
    """Everything that is asked of a device which takes pushes."""
    person = await server.person()
    await done(person.call("GET", devices.WEB_KEY))
    ids = [
        await devices.registered(person, body)
        for body in (
            devices.phone("token-of-a-phone"),
            {"platform": "web", "subscription": devices.subscription("http://localhost:9/push")},
        )
    ]
    await done(person.call("GET", devices.DEVICES))
    for device in ids:
        path = devices.DEVICE.format(id=device)
        await done(person.call("PATCH", path, {"name": "Mine"}))
        await done(person.call("GET", path))
        await done(person.call("DELETE", path))


async def let_an_app_in(server: Server, person: RestClient) -> None:
    """Agree with an app of others, and take it back."""
    app, _ = await server.node.services.oauth.clients.register(
        name="Charts",
        kind="public",
        auth="none",
        redirects=("https://charts.example/back",),
        permissions=("goals:read",),
    )
    scope = Scope(user=(await person.call("GET", "/v1/me")).body["id"])
    await server.node.services.oauth.grants.remember(scope, app, ("goals:read",))
    await done(person.call("DELETE", f"/v1/auth/grants/{app.id}"))


async def ask_everything(server: Server, person: RestClient, desk: RestClient) -> None:
    """Every GET with every filter, and HEAD, for somebody who has something of everything."""

    async def ask(question: Question) -> QuestionAnswer | None:
        operation = question.operation
        behind = f"?{urlencode(question.query)}" if question.query else ""
        url = operation.path.format(**question.names) + behind
        who = desk if operation.needs.startswith("admin:") else person
        answer = await who.call("GET", url)
        if answer.status != 200:
            return None
        if "etag" in answer.headers:
            known = {"If-None-Match": answer.headers["etag"]}
            assert (await who.call("GET", url, headers=known)).status == 304
        return QuestionAnswer(answer.body, next_page(answer))

    async def write(
        operation: Operation[Any], names: dict[str, str], body: Any, base: int | None
    ) -> None:
        headers = {"Idempotency-Key": new_mutation_id()}
        if base is not None:
            headers["If-Match"] = f'"v{base}"'
        url = operation.path.format(**names)
        answer = await person.call(operation.method, url, body, headers=headers)
        if answer.status >= 400:
            raise Invalid("refused", str(answer.body))

    coach = await server.person()
    questions = Questions(ROUTER, ask, together=1)
    seeds = Seeds(ROUTER, write, questions, {"coach": await relate(person, coach)})
    await relate(await server.person(), person)  # of whom notes are kept
    await tell(server.node.services, scope_of(server, person), 5)
    await seeds.sow(5)
    await leave(server.node.services, scope_of(server, person), scope_of(server, coach))
    await done(jobs.begin(person, jobs.table(3)))
    questions.forget()
    await questions.ask_all()
    assert seeds.unsown == {}
    await end_everything(person, questions)


async def end_everything(person: RestClient, questions: Questions) -> None:
    """What takes no body: to have something done, or open again, or deleted."""
    # Of the others each may hold an entry, and is kept then.
    empty = await done(person.call("POST", JOURNALS, {"name": "Empty"}))
    await done(person.call("DELETE", f"{JOURNALS}/{empty.body['id']}"))
    thrown = await done(person.call("POST", JOURNAL, {"text": "Nonsense"}))
    await done(person.call("DELETE", f"{JOURNAL}/{thrown.body['id']}"))
    bare = [
        operation
        for route in ROUTER.routes
        for operation in route.operations.values()
        if operation.live and operation.takes is None and not operation.path.startswith(OF_TWO)
    ]
    # What stands below something else goes before it.
    for operation in sorted(bare, key=lambda one: (one.method == "DELETE", -len(one.path))):
        questions.forget()
        names = await questions.names(operation.path)
        base = await questions.version(operation.path, names)
        headers = {"If-Match": f'"v{base}"'} if operation.base == "required" else {}
        await person.call(operation.method, operation.path.format(**names), headers=headers)


async def be_refused(server: Server, person: RestClient) -> None:
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
        await person.call("POST", GOALS, {"title": "x" * MUTATION_BYTES}),
        await person.call("GET", "/v1/events?since=other.1"),
        await person.call("GET", "/v1/events?since=0&feed=u:nobody"),
        await server.client().call("POST", "/v1/auth/login", login),
    ]

    statuses = [answer.status for answer in refused]
    assert statuses == [401, 401, 400, 412, 409, 428, 422, 422, 400, 415, 413, 410, 404, 401]


class Thing(Document, frozen=True, kw_only=True):
    """Something with a rating."""

    kind: ClassVar[str] = "thing"
    collection: ClassVar[str] = "things"

    title: str | None = None
    rating: Annotated[int, msgspec.Meta(ge=1, le=5)]
    secret: Annotated[str, Privacy.HIDDEN] = ""


async def nothing(_services: Services, _call: Call) -> Reply:
    """A thing."""
    return Reply()


def test_a_broken_promise_is_seen() -> None:
    path = "/v1/things/{id}"
    thing_got = Operation(method="GET", path=path, run=nothing, public=True, gives=Thing)
    things = Area(name="Things", meaning="What there is.", paths=("/v1/things",))
    router = Router([thing_got], [*AREAS, things])
    contract = Contract(openapi.document(router), router)
    headers = {"content-type": "application/json", "x-request-id": "1"}
    thing = {"id": "thi_1", "owner": "usr_1", "version": 1, "rating": 3}
    thing |= dict.fromkeys(("created_at", "updated_at"), "2026-01-05T10:00:00Z")

    def flaws(status: int, body: Any, **more: str) -> list[str]:
        answer = Response(status, headers | more, body)
        place = f"GET {path} "
        found = contract.broken(Exchange("GET", "/v1/things/1", None, sent=False, answer=answer))
        return [one.removeprefix(place) for one in found]

    assert flaws(200, thing, etag='"v1"') == []
    assert flaws(418, {}) == ["answers 418, which is not described: {}"]
    assert flaws(200, thing, link="<x>") == ["200: a header link is not described"]
    assert flaws(200, thing | {"title": None}) == ["200: $.title: None is not of type 'string'"]
    assert len(flaws(200, thing | {"created_at": "yesterday", "rating": 6})) == 2
    assert flaws(200, {"id": "thi_1"})[0] == "200: $: 'owner' is a required property"
