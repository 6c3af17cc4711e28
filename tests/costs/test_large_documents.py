"""Many writes of one large document hold up nobody: the loop gets its turn between them."""

import datetime as dt
import json
import random
from typing import Any, Final

import msgspec
import pytest
from tornado.httpclient import AsyncHTTPClient, HTTPResponse

from config.settings import Settings
from models.base.ids import new_mutation_id
from models.base.merge_patch import Json, merged
from models.base.validation import checked
from models.goals import Goal, GoalDraft, NewGoal
from tests.costs.adversarial import repeated
from tests.costs.cpu import cost_s
from tests.costs.reading import HELD_S
from tests.support.server import serving
from tests.support.server.lag import heartbeat
from upcoach.client import RestClient
from upcoach.services.base.merging import Edit, edited
from upcoach.services.base.rules import revising
from upcoach.store.write.changes import WriteContext
from upcoach.store.write.refs import Version, ref_of
from upcoach.store.write.requests import Mutation

WRITES: Final = 30
AT: Final = dt.datetime(2026, 1, 5, tzinfo=dt.UTC)
LETTERS: Final = range(0x4E00, 0x9FFF)  # of a script without spaces: each two of them are a word

revise: Final = revising(GoalDraft, Goal.revised)


def goal(unit: str) -> Json:
    parts = {
        f"m{n}": {"title": repeated(unit, 255), "description": repeated(unit, 500)}
        for n in range(100)
    }
    return {"title": "a", "private_notes": repeated(unit, 9_000), "milestones": parts}


def entry() -> Json:
    return {"title": "a", "text": "".join(map(chr, random.Random(3).choices(LETTERS, k=20_000)))}


@pytest.mark.parametrize(
    ("path", "document"),
    [
        ("/v1/goals", goal("1 ")),
        ("/v1/goals", goal("plain ")),
        ("/v1/journal", entry()),
    ],
    ids=["digits", "letters", "words"],
)
async def test_many_changes_of_one_document_hold_nobody_up(
    settings: Settings, path: str, document: Json
) -> None:
    async with serving(settings) as server:
        person = await server.person()
        made = await _posted(person, path, document)
        where = f"{path}/{json.loads(made.body)['id']}"
        changes = [_mut("PATCH", where, 1, {"title": f"t{n}"}) for n in range(WRITES)]

        async with heartbeat() as beat:
            answer = await _posted(person, "/v1/mutations", changes)

        assert {one["status"] for one in json.loads(answer.body)} == {200}
        assert beat.worst() < HELD_S


async def test_many_new_documents_hold_nobody_up(settings: Settings) -> None:
    async with serving(settings) as server:
        person = await server.person()
        changes = [_mut("POST", "/v1/journal", None, entry()) for _ in range(3)]

        async with heartbeat() as beat:
            answer = await _posted(person, "/v1/mutations", changes)

        assert {one["status"] for one in json.loads(answer.body)} == {201}
        assert beat.worst() < HELD_S


@pytest.mark.parametrize(("every", "most"), [(1, 3), (2, 5)], ids=["alone", "in_turns"])
def test_the_last_of_a_queue_of_changes_costs_about_what_the_second_does(
    every: int, most: int
) -> None:
    assert _last_of_s(60, every) < most * _last_of_s(2, every)


def _last_of_s(changes: int, every: int) -> float:
    """What the last of so many changes costs that were made without an answer between them.

    One of *every* is the writer's own.
    """
    first = Goal.drafted(checked(goal("a "), NewGoal), owner="usr_1", at=AT)
    past = [Version(first)]
    for number in range(1, changes):
        at_once = msgspec.structs.replace(past[-1].document.advanced(AT), category="health")
        own = number % every == 0
        past.append(Version(_changed(past, number) if own else at_once, f"w{number}" * own))
    return cost_s(lambda number: lambda: _changed(past, number), changes, tries=5)


def _changed(past: list[Version], number: int) -> Goal:
    before = past[-1].document
    assert isinstance(before, Goal)
    ref = ref_of(before)
    names = [version.mutation for version in past[1:] if version.mutation]
    edit: Edit[Goal] = Edit(
        base=1,
        mutation=Mutation(f"w{number}", b"", names),
        wanted=lambda fields: merged(fields, {"title": f"t{number}"}),
        revised=lambda document, fields: revise(document, fields, AT),
    )
    after, _ = edited(WriteContext(AT, {ref: before}, {ref: past}), before, edit)
    assert after.title == f"t{number}"
    return after


def _mut(op: str, path: str, base: int | None, body: Json) -> Json:
    return {"id": new_mutation_id(), "op": op, "path": path, "base": base, "body": body}


async def _posted(person: RestClient, path: str, body: Any) -> HTTPResponse:
    """The answer as it came: taking it apart would hold this very loop."""
    http = AsyncHTTPClient(force_instance=True)
    try:
        return await http.fetch(
            person.url + path,
            method="POST",
            body=json.dumps(body),
            headers={
                "Authorization": f"Bearer {person.token}",
                "Content-Type": "application/json",
            },
            request_timeout=120,
        )
    finally:
        http.close()
