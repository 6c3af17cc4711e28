"""What a token of one permission tells does not follow from what takes another one to see."""

import datetime as dt
from typing import Any, Final

import pytest

from config.settings import Settings
from handlers.contexts import ROUTER
from models.account.session import SessionTerms
from tests.support.people.furnished import ENTRY, GOALS, HABITS
from tests.support.people.relations import user_of
from tests.support.server import Server, serving
from tests.support.wire.answers import done
from tests.support.wire.sockets import mut
from upcoach.client import RestClient

# Those that are granted to apps of others, each for documents of its own.
AREAS: Final = ("goals", "habits", "tasks", "moods", "journal")


ASKED: Final = {"/v1/journal/search": "?q=calm"}


async def furnish(person: RestClient, area: str) -> None:
    """Write down how today was, as far as that is in an *area*."""
    today = dt.datetime.now(dt.UTC).date()
    match area:
        case "moods":
            await done(person.call("POST", "/v1/moods", {"level": 1, "note": "low"}))
        case "goals":
            await done(person.call("POST", GOALS, {"title": "Run"}))
        case "tasks":
            await done(person.call("POST", "/v1/tasks", {"title": "Buy milk"}))
        case "journal":
            await done(person.call("POST", "/v1/journal", {"text": "calm", "mood": 5}))
        case "habits":
            body = {"name": "Sit", "starts_on": str(today - dt.timedelta(days=9))}
            habit = (await done(person.call("POST", HABITS, body))).body["id"]
            for days in range(9):
                day = str(today - dt.timedelta(days=days))
                await done(person.call("PUT", ENTRY.format(id=habit, local_date=day), {}))


@pytest.mark.parametrize("permission", [f"{area}:read" for area in AREAS])
async def test_what_one_permission_tells_is_of_its_own_area(
    settings: Settings, permission: str
) -> None:
    async with serving(settings) as server:
        person = await server.person()
        area, *others = sorted(AREAS, key=lambda one: not permission.startswith(one))
        await furnish(person, area)
        limited = await holder(server, person, permission)

        before = await everything(limited, permission)
        for other in others:
            await furnish(person, other)
        after = await everything(limited, permission)

        assert len(before) >= 3
        assert {url: before[url] for url in before if before[url] != after.get(url)} == {}


async def test_each_write_of_a_batch_needs_its_own_permission_and_the_batch_none(
    settings: Settings,
) -> None:
    async with serving(settings) as server:
        person = await server.person()
        limited = await holder(server, person, "goals:write")
        batch = [mut("POST", GOALS, {"title": "Run"}), mut("POST", "/v1/tasks", {"title": "Buy"})]

        answers = (await done(limited.call("POST", "/v1/mutations", batch))).body

        assert [answer["status"] for answer in answers] == [201, 403]
        assert answers[1]["problem"]["code"] == "permission_missing"
        assert answers[1]["problem"]["scope"] == "tasks:write"
        assert len((await person.call("GET", "/v1/tasks")).body["items"]) == 0


async def holder(server: Server, person: RestClient, permission: str) -> RestClient:
    """An app of others that *person* lets use one permission."""
    terms = SessionTerms(device="app", client="charts", app="partner", permissions=(permission,))
    login, _ = await server.node.services.account.sessions.start(await user_of(person), terms)
    return server.client(login.token)


async def everything(client: RestClient, permission: str) -> dict[str, Any]:
    """What *client* is answered at every path that *permission* lets it read."""
    answers: dict[str, Any] = {}
    today = dt.datetime.now(dt.UTC).date()
    rows = (one for route in ROUTER.routes for one in route.operations.values())
    mine = [one.path for one in rows if one.needs == permission and one.method == "GET"]
    for path in sorted(mine, key=lambda one: one.count("{")):
        above, _, rest = path.partition("/{id}")
        listed = answers.get(above, {}).get("items") if rest or path != above else [{}]
        for item in (listed or [])[:1]:
            names = {"id": item.get("id"), "version": 1, "local_date": today}
            url = path.format(**names) + ASKED.get(path, "")
            answer = await client.call("GET", url)
            if answer.status == 200:
                answers[path] = answer.body
    return answers
