"""Every list, filter and order is answered through an index, and whoever adds one hears of it."""

import dataclasses
import datetime as dt
from pathlib import Path
from typing import Any, Literal

import msgspec
import pytest

from config.settings import Settings
from handlers.http.operations import Call, Operation, Query, Reply, Router
from handlers.http.pagination import Items, PageQuery
from tests.support.people.mail import all_sent
from tests.support.server import serving
from tests.support.server.smtp import MailServer
from upcoach.cli.explain import SHORT, explained_on, report
from upcoach.cli.explain.explaining import Explained, apart
from upcoach.cli.explain.explaining import ExplainedQuery as Asked
from upcoach.cli.explain.questions import NoExample, Question, QuestionAnswer, Questions
from upcoach.services.contexts import Services
from upcoach.store.schema.profile import profiled


class Thing(msgspec.Struct, frozen=True):
    """Something that is listed."""

    id: str


class ThingQuery(PageQuery, frozen=True, kw_only=True):
    """Some things, in some order."""

    order: Literal["due", "title"] | None = None
    open: bool | None = None
    until: dt.date | None = None


class OddQuery(Query, frozen=True, kw_only=True):
    """What nobody can guess."""

    flavour: str | None = None


async def run(_services: Services, _call: Call) -> Reply:
    return Reply()


def got(path: str, query: type[Query] = Query, *, listed: bool = False) -> Operation[Any]:
    return Operation(
        method="GET",
        path=path,
        run=run,
        public=True,
        query=query,
        gives=Items[Thing] if listed else Thing,
    )


class Asker:
    """Answers lists with *things*, and remembers what it was asked."""

    def __init__(self, *things: str, refuses: str = "") -> None:
        self.asked: list[tuple[str, dict[str, str]]] = []
        self._things = things
        self._refuses = refuses

    async def ask(self, question: Question) -> QuestionAnswer | None:
        path = question.operation.path.format(**question.names)
        self.asked.append((path, question.query))
        if path == self._refuses:
            return None
        items = [{"id": thing, "title": "run"} for thing in self._things]
        return QuestionAnswer({"items": items}, "/things?after=b" if not question.query else "")


async def test_no_question_scans_a_collection_or_sorts_in_memory(settings: Settings) -> None:
    assert settings.mongo_url is not None
    assert settings.redis_url is not None

    found = await explained_on(settings, settings.mongo_url, settings.redis_url, SHORT, together=1)

    assert found.bad == [], report(found)
    assert found.unsown == []
    assert len(found.queries) >= len(found.cpu_s) > 10
    assert report(found).endswith("No scan, no sort in memory.")


async def test_a_scan_and_a_sort_in_memory_are_found(settings: Settings) -> None:
    async with serving(settings) as server:
        await server.person()
        database = server.node.database
        async with profiled(database) as profile:
            await database["users"].find({"tz": "UTC"}).to_list()
            await database["users"].find({"_id": {"$gt": ""}}).sort("tz").to_list()
            await database["users"].find({"_id": {"$gt": ""}}).sort("_id").to_list()
            ran = await profile.fresh()
            again = await profile.fresh()

    queries = [Asked("/v1/users", one) for one in ran if one.collection == "users"]
    assert [(one.ran.shape, one.ran.plan, one.is_bad) for one in queries] == [
        ("tz", "COLLSCAN", True),
        ("_id $gt by tz", "IXSCAN { _id: 1 }", True),
        ("_id $gt by _id", "IXSCAN { _id: 1 }", False),
    ]
    assert not [one for one in again if one.collection == "users"]
    said = report(Explained(queries, {}, ["POST /v1/users: no"]))
    assert [line for line in said.splitlines() if line.startswith("BAD")] == said.splitlines()[-2:]
    assert "COLLSCAN" in said
    assert "+SORT" in said
    assert "Nothing was written by POST /v1/users: no" in said


async def test_every_filter_is_asked_with_every_value_and_lists_to_their_end() -> None:
    asker = Asker("t1")
    router = Router([got("/things", ThingQuery, listed=True), got("/things/{id}")])

    await Questions(router, asker.ask, together=1).ask_all()

    today = dt.datetime.now(dt.UTC).date()
    assert [query for path, query in asker.asked if path == "/things"] == [
        {},
        {},
        {"after": "b"},
        {"limit": "2"},
        {"order": "due"},
        {"order": "title"},
        {"open": "true"},
        {"open": "false"},
        {"until": (today - dt.timedelta(days=400)).isoformat()},
        {"until": today.isoformat()},
    ]
    assert ("/things/t1", {}) in asker.asked


async def test_what_nobody_knows_how_to_ask_is_named() -> None:
    lost = Router([got("/things/{id}")])
    empty = Router([got("/things", listed=True), got("/things/{id}")])
    odd = Router([got("/things", OddQuery, listed=True)])
    deaf = Router([got("/things", listed=True)])

    with pytest.raises(NoExample, match="nothing lists"):
        await Questions(lost, Asker().ask).ask_all()
    with pytest.raises(NoExample, match="no list shows"):
        await Questions(empty, Asker().ask).ask_all()
    with pytest.raises(NoExample, match="what could flavour be"):
        await Questions(odd, Asker().ask).ask_all()
    with pytest.raises(NoExample, match="refuses whatever"):
        await Questions(deaf, Asker(refuses="/things").ask).ask_all()


async def test_what_is_explained_reaches_nobody(settings: Settings, tmp_path: Path) -> None:
    there = MailServer()
    async with there.listening() as url:
        alone = apart(dataclasses.replace(settings, smtp_url=url), tmp_path)
        alone = dataclasses.replace(
            alone, mongo_url=settings.mongo_url, redis_url=settings.redis_url
        )
        async with serving(alone) as server:
            await server.person()
            await all_sent(server)
            assert server.node.assembly.mailbox is not None

    assert there.commands == []
    outside = (alone.smtp_url, alone.vapid_key, alone.fcm, alone.apns, alone.providers)
    assert not any(outside)
