"""Nobody keeps more of a kind than their quota, whichever road it came."""

import asyncio
import datetime as dt
from typing import Any

import pytest

from config.settings import Settings
from handlers.contexts import ROUTER
from models.access.limits import Quota
from models.base.ids import new_id
from models.contexts import KINDS, QUOTAS
from models.journal import UnsavedEntry
from tests.laws.contexts import MADE
from tests.support.engines import TestEngines
from tests.support.people.furnished import GOALS
from tests.support.server import serving
from tests.support.wire.sockets import mut, talking
from tests.support.wire.writes import MUTATIONS, ask, statuses
from upcoach.client import RestClient

HABITS, TASKS, JOURNAL, VACATIONS = "/v1/habits", "/v1/tasks", "/v1/journal", "/v1/habits/vacations"
FEW = 6
CSV = {"Content-Type": "text/csv"}
FIRST = dt.date(2026, 1, 1)
# What a person cannot make by themselves, or what is bounded where it is made.
OTHERS = {
    "user", "session", "insight", "client", "client.entry", "grant", "identity", "factors",
    "passkey", "trusted_device", "invitations", "notification", "notification_preferences",
    "push_device", "job", "availability", "slot_hold", "coach_profile",
}  # fmt: skip


def over_sockets(kind: str) -> bool:
    """Whether a document of *kind* is made over sockets and in batches, too."""
    [route] = [route for route in ROUTER.routes if route.path == MADE[kind][0]]
    return route.operations["POST"].live


def few(monkeypatch: pytest.MonkeyPatch, kind: str, most: int = FEW, mib: int = 1) -> None:
    """Let an account keep next to nothing of *kind*."""
    monkeypatch.setitem(QUOTAS, kind, Quota(most, mib))


def told(answer: Any) -> tuple[int, str]:
    """What a problem says, of a request or of a write."""
    problem = answer["problem"] if isinstance(answer, dict) else answer.body
    assert problem["quota"]["documents"] == FEW
    return problem["status"], problem["code"]


def test_each_kind_that_a_person_makes_has_a_quota() -> None:
    assert set(QUOTAS) == {*KINDS, UnsavedEntry.kind} - OTHERS
    paths = {row.path for route in ROUTER.routes for row in route.operations.values()}
    assert {path for path, _ in MADE.values()} <= paths


@pytest.mark.parametrize("kind", [kind for kind in MADE if over_sockets(kind)])
async def test_what_is_beyond_a_quota_is_refused_over_each_road(
    settings: Settings, monkeypatch: pytest.MonkeyPatch, kind: str
) -> None:
    path, body = MADE[kind]
    async with serving(settings) as server:
        person = await server.person()
        kept = len((await person.call("GET", path)).body["items"])
        few(monkeypatch, kind, FEW + kept)
        async with talking(server, person) as wire:
            first = await ask(wire, *(mut("POST", path, body) for _ in range(FEW - 1)))
            made = (await person.call("POST", path, body)).body
            refused = [
                await person.call("POST", path, body),
                (await ask(wire, mut("POST", path, body)))[0],
                (await person.call("POST", MUTATIONS, [mut("POST", path, body)])).body[0],
            ]
            other = await (await server.person()).call("POST", path, body)
            headers = {"If-Match": f'"v{made["version"]}"'}
            changed = await person.call("PATCH", f"{path}/{made['id']}", body, headers=headers)
            gone = await person.call("DELETE", f"{path}/{made['id']}")
            again = await person.call("POST", path, body)

    assert statuses(first) == [201] * (FEW - 1)
    for one in refused:
        problem = one["problem"] if isinstance(one, dict) else one.body
        assert (problem["status"], problem["code"]) == (409, "quota_exceeded")
        assert problem["quota"] == {"kind": kind, "documents": FEW + kept, "bytes": 1 << 20}
    assert (other.status, changed.status) == (201, 200)
    # What is thrown into the trash is kept there.
    is_kept = kind == "journal.entry"
    assert (gone.status, again.status) == ((200, 409) if is_kept else (204, 201))


async def test_a_batch_that_crosses_the_quota_stops_there(
    settings: Settings, monkeypatch: pytest.MonkeyPatch
) -> None:
    few(monkeypatch, "goal")
    async with serving(settings) as server:
        person = await server.person()
        answer = await person.call(
            "POST", MUTATIONS, [mut("POST", GOALS, {"title": "Run"}) for _ in range(FEW + 3)]
        )

    assert statuses(answer.body) == [201] * FEW + [409] * 3


async def test_many_at_once_on_two_nodes_overshoot_by_little(
    engines: TestEngines, monkeypatch: pytest.MonkeyPatch
) -> None:
    few(monkeypatch, "goal")
    environ = engines.environ()
    async with (
        serving(Settings.from_environ(environ)) as one,
        serving(Settings.from_environ(environ)) as other,
    ):
        for holdings in (one.node.committer.holdings, other.node.committer.holdings):
            holdings.fresh_s = holdings.fresh_when_full_s = 0.0
        person = await one.person()
        clients = [person, other.client(person.token)]
        answers = await asyncio.gather(
            *(clients[at % 2].call("POST", GOALS, {"title": "Run"}) for at in range(40))
        )

    # The feed's numbers let one node at a time commit, and each counts before it does.
    assert sorted(one.status for one in answers)[:FEW] == [201] * FEW
    assert [one.status for one in answers].count(201) <= 2 * FEW


async def test_bytes_have_a_quota_too(settings: Settings, monkeypatch: pytest.MonkeyPatch) -> None:
    few(monkeypatch, "journal.entry", 1_000)
    text = "x" * 29_000
    async with serving(settings) as server:
        person = await server.person()
        made = [await person.call("POST", JOURNAL, {"text": text}) for _ in range(40)]
        small = new_id("jen")
        await person.call("POST", JOURNAL, {"id": small, "text": "x"})
        headers = {"If-Match": '"v1"'}
        grown = await person.call("PATCH", f"{JOURNAL}/{small}", {"text": text}, headers=headers)
        # What was counted by the index is what was counted by the way.
        server.node.committer.holdings.forget(tuple(server.node.committer.holdings.quota_keys))
        counted = await person.call("POST", JOURNAL, {"text": text})

    assert [one.status for one in made].count(201) in range(34, 38)
    assert (grown.status, counted.status) == (409, 409)
    assert grown.body["code"] == counted.body["code"] == "quota_exceeded"


async def days(person: RestClient, count: int, *, dry_run: bool = False) -> Any:
    """An import of a habit with so many days."""
    rows = [f"Run,{FIRST + dt.timedelta(days=at)},done" for at in range(count)]
    raw = "\n".join(["habit,date,state", *rows]).encode()
    query = "?dry_run=true" if dry_run else ""
    return await person.call("POST", f"/v1/imports/csv/habits{query}", raw=raw, headers=CSV)


async def test_an_import_that_does_not_fit_writes_nothing(
    settings: Settings, monkeypatch: pytest.MonkeyPatch
) -> None:
    few(monkeypatch, "habit.entry")
    async with serving(settings) as server:
        person = await server.person()
        shown, refused = await days(person, FEW + 1, dry_run=True), await days(person, FEW + 1)
        habits = (await person.call("GET", HABITS)).body["items"]
        fits = await days(person, FEW)
        again = await days(person, FEW)  # nothing of it is new

    assert told(shown) == told(refused) == (409, "quota_exceeded")
    assert habits == []
    assert (fits.status, again.status) == (200, 200)


async def test_what_stands_below_is_counted_with_what_it_stands_below(
    settings: Settings, monkeypatch: pytest.MonkeyPatch
) -> None:
    few(monkeypatch, "habit.entry")
    async with serving(settings) as server:
        person = await server.person()
        for _ in range(2):
            habit = new_id("hab")
            await person.call("POST", HABITS, {"id": habit, "name": "Run"})
            paths = [
                f"{HABITS}/{habit}/entries/{FIRST + dt.timedelta(days=at)}" for at in range(FEW + 1)
            ]
            answers = [await person.call("PUT", path, {}) for path in paths]
            assert [one.status for one in answers] == [201] * FEW + [409]
            await person.call("DELETE", f"{HABITS}/{habit}")
