"""Whatever stands in a file, its reader makes documents of it or refuses it: no other error."""

import csv
import datetime as dt
import io
import json
from collections.abc import Iterable, Mapping
from typing import Any, Final

import pytest
from hypothesis import event, given, settings
from hypothesis import strategies as st

from handlers.http.operations.strict_json import parse
from models.base.errors import Refusal
from models.base.merge_patch import Json
from tests.costs import crafted
from tests.imports.exports import MEDITATE, NEW, zipped
from tests.imports.exports import RUN as FIRST_RUN
from tests.imports.tables import DAYLIO, ENTRY, STREAKS, TABLES
from upcoach.services.imports.plan_codec import PackedItem
from upcoach.services.imports.planning.plan import ImportTally
from upcoach.services.imports.reading import plan_of
from upcoach.services.imports.worker_protocol import Format, ImportJob
from upcoach.store.write.changes import WriteContext
from upcoach.store.write.refs import Ref

RUN: Final = FIRST_RUN.replace("001", "002")
MEDITATED, RAN = "001 Meditate/Checkmarks.csv", "002 Run/Checkmarks.csv"
NOW: Final = dt.datetime(2026, 3, 10, tzinfo=dt.UTC)
ZONES: Final = ("UTC", "Pacific/Kiritimati", "Etc/GMT+12", "Pacific/Apia", "America/New_York")
# The edges of months, weeks, years and of what our fields hold, and what lies beyond.
EDGES: Final = (-366, -53, -5, 5, 6, 12, 13, 31, 32, 52, 53, 365, 366, 367, 999, 1000, 10**9 + 1)
WHOLE: Final = (*EDGES, *(number for number in crafted.INTEGERS if number < 2**63), -(2**63))
FLOATS: Final = (*crafted.FLOATS, 1.7e308, -1.7e308, 0.5, 1e9, 1e18, 1e19)
MOMENTS: Final = (
    *crafted.TIMES,
    "",
    "2000-01-01T00:00:00+23:59",
    "2099-12-31T23:59:59.999-23:59",
    "2011-12-30T10:00:00+00:00",
    "2026-01-05T10:00:00.000Z",
    946_684_800_000,
    4_102_444_799_999.9,
    -62_135_596_800_001,
    253_402_300_800_000,
    *FLOATS,
    *WHOLE,
)

numbers = st.sampled_from(FLOATS) | st.sampled_from(WHOLE)
whole = st.sampled_from(WHOLE) | st.integers(-60, 60)
texts = st.sampled_from((*crafted.LONG[:4], *crafted.LONG[5:], *crafted.NUMBERS, "a")) | st.text(
    max_size=8
)
moments = st.sampled_from(MOMENTS)
zones = st.sampled_from(ZONES)


def bent(*bases: Json, **fields: st.SearchStrategy[Any]) -> st.SearchStrategy[Json]:
    """One of *bases* with up to two of its *fields* as they may not be: more hide each other."""
    names = st.sets(st.sampled_from(sorted(fields)), max_size=2)
    changes: st.SearchStrategy[Json] = names.flatmap(
        lambda chosen: st.fixed_dictionaries({name: fields[name] for name in sorted(chosen)})
    )
    return st.builds(lambda base, change: base | change, st.sampled_from(bases), changes)


POINT: Final = {"date": 1_668_022_567_108, "completed": False, "isDue": True, "scoredUp": 1}
twice = bent(  # on one day, so that it is added up
    POINT, date=moments, scoredUp=numbers, scoredDown=numbers
).map(lambda point: [point, point])
HABIT: Final = {"_id": "h", "text": "Run", "down": False, "history": [POINT]}
habits = bent(HABIT, HABIT | {"up": False, "down": True}, createdAt=moments, history=twice)
DAILY: Final = {"_id": "d", "text": "Read", "startDate": "2026-01-05T10:00:00.000Z"}
dailies = bent(
    DAILY | {"frequency": "daily", "everyX": 2},
    DAILY | {"frequency": "weekly", "everyX": 2},
    DAILY | {"frequency": "monthly", "daysOfMonth": [5]},
    DAILY | {"frequency": "monthly", "weeksOfMonth": [0]},
    DAILY | {"frequency": "yearly"},
    everyX=whole,
    repeat=st.dictionaries(st.sampled_from(("m", "t", "w", "th", "f", "s", "su")), st.booleans()),
    startDate=moments,
    daysOfMonth=st.lists(whole, max_size=3),
    weeksOfMonth=st.lists(whole, max_size=3),
    history=twice,
)
todos = bent(
    {"_id": "t", "text": "Call", "completed": True},
    date=moments,
    dateCompleted=moments,
    notes=texts,
    tags=st.lists(texts, max_size=3),
    checklist=st.lists(bent({"text": "a"}, text=texts), max_size=3),
)
TASKS: Final = {"habits": habits, "dailys": dailies, "todos": todos}
diaries = bent(
    ENTRY,
    uuid=texts,
    creationDate=moments,
    timeZone=texts | zones,
    text=texts,
    tags=st.lists(texts, max_size=3),
)
cells = texts | st.sampled_from(crafted.TIMES) | numbers.map(str)


def table(text: str) -> st.SearchStrategy[bytes]:
    """The table *text* with up to two cells of a line that are other ones, below the first line."""
    first, *rows = csv.reader(io.StringIO(text))
    lines = [
        bent(
            {f"{number:02}": cell for number, cell in enumerate(row)},
            **{f"{number:02}": cells for number in range(len(row))},
        ).map(lambda said: list(said.values()))
        for row in rows
    ]
    return st.tuples(*lines).map(lambda changed: _written((first, *changed)))


def _written(rows: Iterable[list[str]]) -> bytes:
    written = io.StringIO()
    csv.writer(written, lineterminator="\n").writerows(rows)
    return written.getvalue().encode(errors="replace")


@pytest.mark.parametrize("kind", TASKS)
@settings(max_examples=100)
@given(st.data(), zones, st.integers(0, 23))
def test_a_game_is_brought_or_refused(kind: str, data: st.DataObject, tz: str, start: int) -> None:
    game = {"tasks": {kind: [data.draw(TASKS[kind])]}, "preferences": {"dayStart": start}}

    _brought("habitica", json.dumps(game).encode(), tz)


@given(diaries, zones)
def test_a_diary_is_brought_or_refused(entry: Json, tz: str) -> None:
    _brought("dayone", zipped({"Journal.json": json.dumps({"entries": [entry]})}), tz)


@given(
    st.fixed_dictionaries(
        {
            "Habits.csv": table(NEW + MEDITATE + RUN),
            MEDITATED: table("Date,Value,Notes\n2026-01-05,YES_MANUAL,calm\n"),
            RAN: table("Date,Value,Notes\n2026-01-05,1500,\n2026-01-06,3,\n"),
        }
    )
)
def test_an_archive_of_loop_is_brought_or_refused(files: Mapping[str, bytes]) -> None:
    _brought("loop", zipped(files), "UTC")


@pytest.mark.parametrize("what", TABLES)
@given(st.data(), zones)
def test_a_table_is_brought_or_refused(what: Format, data: st.DataObject, tz: str) -> None:
    _brought(what, data.draw(table(TABLES[what])), tz)


@pytest.mark.parametrize(("app", "text"), [("daylio", DAYLIO), ("streaks", STREAKS)])
@given(st.data(), zones)
def test_a_table_of_an_app_is_brought_or_refused(
    app: Format, text: str, data: st.DataObject, tz: str
) -> None:
    _brought(app, data.draw(table(text)), tz)


def _brought(format_: Format, content: bytes, tz: str) -> None:
    """Bring a file as `Imports.show` does, into an account that has nothing."""
    try:
        plan = plan_of(ImportJob(format_, "usr_1", tz, NOW), content, parse)
        items = [PackedItem.of(item).opened() for item in plan.items]
        state: dict[Ref, None] = {ref: None for item in items for ref in item.reads("usr_1")}
        changes = WriteContext(NOW, state, {})
        tally = ImportTally(plan.areas, plan.source, plan.notes, plan.reports)
        for item in items:
            tally.take(item, changes, "usr_1")
        documents = tally.shown()["documents"]
        event(f"brought {len(documents) > 0}")
    except Refusal as refusal:
        event(f"refused {refusal.flaws[0].code if refusal.flaws else refusal.code}")
