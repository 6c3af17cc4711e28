"""Writes that are sent together are carried out in their order, whatever each has to look up."""

import asyncio
from collections.abc import Sequence

import pytest

from config.settings import Settings
from models.base.ids import new_id
from models.base.merge_patch import Json
from tests.journal.places import BOOK, ENTRY, ENTRY_SHARE, JOURNAL, PAGE
from tests.journal.rows import ROWS as JOURNALS
from tests.laws.contexts import WRITING
from tests.support.laws.context import ContextRows
from tests.support.laws.snapshots import apart
from tests.support.people.relations import SHARE, relate, share, until
from tests.support.people.scopes import scope_of
from tests.support.server import Server, serving
from tests.support.wire.answers import done
from tests.support.wire.sockets import mut, talking
from upcoach.client import RestClient

BATCH = "/v1/mutations"
AFTER = ("POST", "/v1/tasks")


async def with_journal(server: Server) -> RestClient:
    person = await server.person()
    await JOURNALS.furnish(server, person)
    return person


def followed(method: str, path: str, body: object = None, base: int | None = None) -> list[Json]:
    """A write, and one that may not go before it."""
    first = mut(method, path, body) | ({} if base is None else {"base": base})
    return [first, mut(*AFTER, {"title": "After"})]


def numbers(answers: Sequence[Json]) -> list[int]:
    assert [answer["status"] < 300 for answer in answers] == [True] * len(answers), answers
    return [int(answer["cur"].partition(".")[2]) for answer in answers]


@pytest.mark.parametrize("context", WRITING, ids=lambda context: context.name)
async def test_no_write_is_overtaken_by_the_next(settings: Settings, context: ContextRows) -> None:
    wanted = [row for row in context.writes if row.events and row.earlier is None]
    overtaken = []
    async with serving(settings) as server:
        for group in apart(wanted):
            person = await server.person()
            await context.furnish(server, person)
            for row in group:
                sent = followed(row.method, row.url, row.body, row.base)
                first, after = numbers((await person.call("POST", BATCH, sent)).body)
                if first > after:
                    overtaken.append(row.name)

    assert overtaken == []


async def shown(server: Server) -> tuple[RestClient, RestClient, str, str]:
    """A client who has let a coach read an entry; and the coach, and the ids of both."""
    client, coach = await asyncio.gather(server.person(), server.person())
    await JOURNALS.furnish(server, client)
    await share(client, coach, ["goal"])
    client_id, coach_id = (scope_of(server, one).user for one in (client, coach))
    path = ENTRY_SHARE.format(id=PAGE, coach=coach_id)
    await done(client.call("PUT", path, until(days=3)))
    return client, coach, client_id, coach_id


@pytest.mark.parametrize("is_socket", [False, True], ids=["batch", "socket"])
@pytest.mark.parametrize("what", ["end", "dismiss", "show", "show entry", "hide entry", "throw"])
async def test_nothing_goes_before_what_ends_or_opens_a_share(
    settings: Settings, what: str, *, is_socket: bool
) -> None:
    async with serving(settings) as server:
        client, coach, client_id, coach_id = await shown(server)
        entry = ENTRY_SHARE.format(id=PAGE, coach=coach_id)
        method, path, body = {
            "end": ("DELETE", SHARE.format(coach_id), None),
            "dismiss": ("DELETE", f"/v1/clients/{client_id}", None),
            "show": ("PUT", SHARE.format(coach_id), {"kinds": ["goal", "habit"]}),
            "show entry": ("PUT", entry, until(days=9)),
            "hide entry": ("DELETE", entry, None),
            "throw": ("DELETE", ENTRY.format(id=PAGE), None),
        }[what]
        who = coach if what == "dismiss" else client
        sent = followed(method, path, body)
        if is_socket:
            async with talking(server, who) as wire:
                await wire.send(*sent)
                answers = {one["id"]: one for one in await wire.answers(2)}
                answered = [answers[one["id"]] for one in sent]
        else:
            answered = (await who.call("POST", BATCH, sent)).body

        first, after = numbers(answered)
        assert first < after


async def test_a_point_that_is_put_right_is_put_right_before_it_is_shown(
    settings: Settings,
) -> None:
    async with serving(settings) as server:
        client, coach = await asyncio.gather(server.person(), server.person())
        coach_id = await relate(client, coach)
        goal = (await done(client.call("POST", "/v1/goals", {"title": "Run"}))).body["id"]
        point = f"/v1/goals/{goal}/progress/{new_id('pnt')}"
        moment = {"at": "2026-03-01T08:00:00Z"}
        sent = [
            mut("PUT", point, {"value": 0.1} | moment),
            mut("PUT", point, {"value": 0.9} | moment),
            mut("PUT", point, {"value": 0.2} | moment),
            mut("PUT", SHARE.format(coach_id), {"kinds": ["goal", "goal.point"]}),
        ]

        found = numbers((await client.call("POST", BATCH, sent)).body)
        shown = await client.call("GET", f"/v1/goals/{goal}")

        assert found == sorted(found)
        assert shown.body["progress"] == 0.2


async def test_a_journal_is_deleted_after_its_entry_was_moved(settings: Settings) -> None:
    async with serving(settings) as server:
        person = await with_journal(server)
        sent = [
            mut("PATCH", ENTRY.format(id=PAGE), {"journal": None}, base=1),
            mut("DELETE", f"{JOURNAL}/journals/{BOOK}"),
            mut("DELETE", ENTRY.format(id=PAGE)),
            mut("DELETE", f"{JOURNAL}/trash/{PAGE}"),
        ]

        found = numbers((await person.call("POST", BATCH, sent)).body)

        assert found == sorted(found)
