"""One import is bounded as a whole: what it holds, what it shows, and what it holds up."""

import datetime as dt
import json

import msgspec
import pytest

from config.settings import Settings
from handlers.http.operations.strict_json import parse
from models.access.limits import Quota
from models.base.errors import Conflict, Invalid
from models.contexts import QUOTAS
from models.moods import Mood
from models.tasks import NewTask
from tests.imports.exports import NEWER, zipped
from tests.imports.games import GAME
from tests.imports.tables import DAYLIO, ENTRY, PLAIN, STREAKS, TABLES
from tests.support.server import serving
from tests.support.server.lag import heartbeat
from upcoach.services.imports import reading
from upcoach.services.imports.plan_codec import PackedPlan
from upcoach.services.imports.planning.plan import (
    LISTED_DOCUMENTS,
    MOST_ITEMS,
    ImportTally,
    TaskItem,
)
from upcoach.services.imports.planning.reports import Reported
from upcoach.services.imports.readers import dayone
from upcoach.services.imports.worker_protocol import Format, ImportJob
from upcoach.store.base.pacing import paced
from upcoach.store.write.changes import WriteContext
from upcoach.store.write.quotas import LOOKED_UP, require_room
from upcoach.store.write.refs import Ref

START = dt.datetime(2020, 1, 1, tzinfo=dt.UTC)
NOW = dt.datetime(2026, 11, 24, 12, tzinfo=dt.UTC)
ANSWER = 1 << 20  # bytes
HELD_S = 0.05  # see tests/costs/test_reads.py
FILES: dict[Format, bytes] = {
    "loop": zipped(NEWER),
    "habitica": json.dumps(GAME).encode(),
    "dayone": zipped({"J.json": json.dumps({"entries": [ENTRY, PLAIN]})}),
    "daylio": DAYLIO.encode(),
    "streaks": STREAKS.encode(),
    "habits": TABLES["habits"].encode(),
    "moods": TABLES["moods"].encode(),
    "tasks": TABLES["tasks"].encode(),
    "journal": TABLES["journal"].encode(),
}


@pytest.mark.parametrize("app", FILES)
def test_each_reader_is_bounded_as_a_whole(app: Format, monkeypatch: pytest.MonkeyPatch) -> None:
    job = ImportJob(app, "usr_1", "UTC", NOW, {"Solid": 4})
    plan = reading.bounded_plan_of(job, FILES[app], parse)
    monkeypatch.setattr(reading, "MOST_ITEMS", len(plan.items) - 1)

    with pytest.raises(Invalid) as refusal:
        reading.bounded_plan_of(job, FILES[app], parse)

    [flaw] = refusal.value.flaws
    assert flaw.code == "export_too_large"
    assert f"more than {len(plan.items) - 1} documents" in flaw.detail
    assert len({item.id for item in plan.items}) == len(plan.items)
    assert PackedPlan.of(plan).size == sum(item.kept for item in PackedPlan.of(plan).items)


def test_a_diary_is_bounded_over_all_its_journals(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(dayone, "ENTRIES", 3)
    journals = {
        f"{name}.json": json.dumps({"entries": [PLAIN | {"uuid": f"{name}{n}"} for n in range(2)]})
        for name in "AB"
    }

    with pytest.raises(Invalid) as refusal:
        dayone.read(zipped(journals), owner="usr_1", tz="UTC", now=NOW)

    [flaw] = refusal.value.flaws
    assert flaw.code == "export_too_large"
    assert "more than 3 entries" in flaw.detail


def test_the_longest_preview_fits_into_an_answer() -> None:
    tally = ImportTally((TaskItem,), "csv", (), Reported())
    for number in range(LISTED_DOCUMENTS + 7):
        task = NewTask(id=f"tsk_{number:026}", title="\U0001f3c3" * 255)
        item = TaskItem(task, None)
        state: dict[Ref, None] = dict.fromkeys(item.reads("usr_1"))
        tally.take(item, WriteContext(NOW, state, {}), "usr_1")

    shown = tally.shown()

    assert len(shown["documents"]) == LISTED_DOCUMENTS
    assert shown["documents_unlisted"] == 7
    assert shown["tasks"]["created"] == LISTED_DOCUMENTS + 7
    assert len(msgspec.json.encode(shown)) < ANSWER


async def test_what_is_there_already_takes_no_room(
    settings: Settings, monkeypatch: pytest.MonkeyPatch
) -> None:
    async with serving(settings) as server:
        person = await server.person()
        content, number = moods(2 * LOOKED_UP + 3), 2 * LOOKED_UP + 3
        headers = {"Content-Type": "text/csv"}
        path = "/v1/imports/csv/moods?tz=UTC"
        first = await person.call("POST", path, raw=content, headers=headers)
        monkeypatch.setitem(QUOTAS, Mood.kind, Quota(number, 1))

        again = await person.call("POST", path, raw=content, headers=headers)
        more = await person.call("POST", path, raw=moods(number + 1), headers=headers)

    assert first.body["moods"] == {"created": number, "kept": 0}
    assert again.body["moods"] == {"created": 0, "kept": number}
    assert (more.status, more.body["code"]) == (409, "quota_exceeded")


async def test_the_largest_plan_is_looked_up_without_holding_the_loop(
    settings: Settings, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setitem(QUOTAS, Mood.kind, Quota(10, 1))
    refs = [Ref(Mood, "usr_1", f"mod_{number:026}") for number in range(MOST_ITEMS)]
    async with serving(settings) as server:
        holdings = server.node.committer.holdings

        async with heartbeat() as beat:
            with pytest.raises(Conflict):
                await require_room(holdings, lambda: paced((ref, 256) for ref in refs))

    assert beat.worst() < HELD_S


@pytest.mark.chaos
async def test_the_largest_table_is_shown_without_holding_the_loop(settings: Settings) -> None:
    async with serving(settings) as server:
        person = await server.person()
        headers = {"Content-Type": "text/csv"}
        path = "/v1/imports/csv/moods?tz=UTC&dry_run=true"

        async with heartbeat() as beat:
            shown = await person.call("POST", path, raw=moods(50_000), headers=headers)

    assert shown.body["moods"] == {"created": 50_000, "kept": 0}
    assert shown.body["documents_unlisted"] == 50_000 - LISTED_DOCUMENTS
    assert beat.worst() < HELD_S


def moods(number: int) -> bytes:
    rows = (f"{(START + dt.timedelta(hours=n)).isoformat()},3" for n in range(number))
    return "\n".join(("at,level", *rows)).encode()
