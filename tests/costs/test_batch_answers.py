"""Small changes of large documents: their answers are bounded, and what is kept is paid for."""

import asyncio
import datetime as dt
from typing import Final

import msgspec
import pytest

from config.settings import Settings
from handlers.sync.answer_bodies import BRIEF_BYTES, AnswerBodies
from models.access.limits import PAGE_BYTES
from models.access.rate_limits import KEPT_AT_ONCE, Cost, kib
from models.base.ids import new_id
from models.base.merge_patch import Json
from models.goals import Goal, NewGoal
from models.wire.frames import Res
from tests.costs.drafts import largest_draft
from tests.support.engines import TestEngines
from tests.support.people.relations import user_of
from tests.support.people.wealth import hold
from tests.support.server import Server, serving
from tests.support.wire.sockets import mut
from tests.support.wire.writes import MUTATIONS, send
from upcoach.client import RestClient

GOALS: Final = 6  # as large as they may be
AT_ONCE: Final = 4


@pytest.fixture
def limited(engines: TestEngines) -> Settings:
    return engines.settings(UPCOACH_LIMITS="on")


async def wealthy(server: Server, person: RestClient) -> list[str]:
    """The paths of goals that are as large as they may be."""
    owner, at = await user_of(person), dt.datetime.now(dt.UTC)
    draft = msgspec.convert(largest_draft(NewGoal), NewGoal)
    drafts = [msgspec.structs.replace(draft, id=new_id("gol")) for _ in range(GOALS)]
    await hold(server, owner, [Goal.drafted(one, owner=owner, at=at) for one in drafts])
    return [f"/v1/goals/{draft.id}" for draft in drafts]


def changes(paths: list[str], title: str) -> list[Json]:
    return [mut("PATCH", path, {"title": title}, base=1) for path in paths]


def sized(answer: object) -> int:
    return len(msgspec.json.encode(answer))


async def test_behind_a_mebibyte_of_documents_there_are_versions_only(limited: Settings) -> None:
    async with serving(limited) as server:
        person = await server.person()
        user = await user_of(person)
        paths = await wealthy(server, person)
        writes, late = changes(paths, "Run"), changes(paths, "Walk")
        limits = server.node.runner.limits

        before = await limits.take("write", {"user": user}, charge=False)
        answers = await send(person, *writes)
        after = await limits.take("write", {"user": user}, charge=False)
        refused = await send(person, *late)
        [again] = await send(person, writes[-1])
        [why] = await send(person, late[-1])
        read = await person.call("GET", paths[-1])

    shown = [answer for answer in answers if "body" in answer]
    assert [answer["status"] for answer in answers] == [200] * GOALS
    assert [answer["ver"] for answer in answers] == [2] * GOALS
    assert answers[: len(shown)] == shown
    assert 0 < len(shown) < GOALS
    assert sized(answers) < 1.1 * PAGE_BYTES
    # What is kept is paid for, whether or not it is shown.
    paid = min(
        was.left - now.left
        for was, now in zip(before.counts, after.counts, strict=True)
        if was.rule.name == "hour"
    )
    assert paid >= GOALS * kib(sized(read.body)) * 0.9
    # The whole of it comes under the same id, or by reading.
    assert (again["replayed"], again["body"]) == (True, read.body)
    assert [answer["status"] for answer in refused] == [412] * GOALS
    assert sized(refused) < 1.1 * PAGE_BYTES
    assert "current" in refused[0]["problem"]
    assert refused[-1]["problem"]["code"] == "version_stale"
    assert "current" not in refused[-1]["problem"]
    assert why["problem"]["current"]["title"] == "Run"


async def test_a_batch_begins_when_the_one_before_it_is_paid_for(limited: Settings) -> None:
    async with serving(limited) as server:
        person = await server.person()
        user = await user_of(person)
        paths = await wealthy(server, person)
        await server.node.runner.limits.owe("write", {"user": user}, Cost(0, KEPT_AT_ONCE - 1024))

        batches = [changes(paths, f"{number}") for number in range(AT_ONCE)]
        answers = await asyncio.gather(
            *(person.call("POST", MUTATIONS, batch) for batch in batches)
        )
        read = await person.call("GET", paths[0])

    assert sorted(answer.status for answer in answers) == [200] + [429] * (AT_ONCE - 1)
    assert read.body["version"] == 2


def test_a_body_is_shown_that_is_alone_however_large_it_is() -> None:
    bodies = AnswerBodies(most=10)
    document = Res(id="1", status=200, ver=2, body={"title": "x" * 20})
    code = Res(id="2", status=201, body={"code": "shown once"})
    gone = Res(id="3", status=204)
    short = Res(id="4", status=404, problem={"code": "not_found"})
    long = Res(id="5", status=409, problem={"code": "conflict", "current": "x" * BRIEF_BYTES})

    fitted = [bodies.fit(answer) for answer in (document, document, code, gone, short, long)]

    lines = [msgspec.json.decode(msgspec.json.encode(answer)) for answer in fitted]
    assert [line.get("body") for line in lines] == [
        document.body,
        None,
        code.body,
        None,
        None,
        None,
    ]
    assert [line.get("problem") for line in lines[4:]] == [short.problem, {"code": "conflict"}]
    assert bodies.size > 2 * 20 + BRIEF_BYTES
