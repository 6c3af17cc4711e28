"""What no client may write, no file does: each rule of a document holds by every road."""

import datetime as dt
import json
from typing import Any

from config.settings import Settings
from tests.imports.exports import MEDITATE, MEDITATED, NEW, zipped
from tests.support.server import serving
from upcoach.client import RestClient

AHEAD = dt.date(2106, 2, 7)
AHEAD_MS = int(dt.datetime(2038, 1, 19, tzinfo=dt.UTC).timestamp() * 1000)
PAST_MS = int(dt.datetime(2026, 1, 5, 12, tzinfo=dt.UTC).timestamp() * 1000)
LONG = "x" * 1_001  # of a note that may have 1,000

JSON, TABLE, ZIP = "application/json", "text/csv", "application/zip"


def game(*tasks: Any, kind: str = "dailys") -> bytes:
    return json.dumps({"tasks": {kind: tasks}}).encode()


def days(*moments: int, **more: Any) -> dict[str, Any]:
    return {"_id": "d", "text": "Read", "history": [{"date": at, **more} for at in moments]}


# Each says something of 5 January 2026, and of a day that is still to come.
FILES: dict[str, tuple[str, bytes]] = {
    "loop": (
        ZIP,
        zipped(
            {
                "Habits.csv": NEW + MEDITATE,
                MEDITATED: f"2026-01-05,YES_MANUAL,{LONG}\n{AHEAD},YES_MANUAL,\n",
            }
        ),
    ),
    "habitica": (JSON, game(days(PAST_MS, AHEAD_MS, completed=True))),
    "habitica?tz=UTC": (JSON, game(days(PAST_MS, AHEAD_MS, scoredUp=2), kind="habits")),
    "csv/habits": (TABLE, f"date,habit,note\n2026-01-05,Run,{LONG}\n{AHEAD},Run,\n".encode()),
    "streaks": (
        TABLE,
        "task_id,title,entry_type,entry_date,notes\n"
        f"p,Run,completed_auto,20260105,{LONG}\np,Run,missed_auto,{AHEAD:%Y%m%d},\n".encode(),
    ),
}


async def entries_of(person: RestClient) -> list[dict[str, Any]]:
    [habit] = (await person.call("GET", "/v1/habits")).body["items"]
    entries = await person.call("GET", f"/v1/habits/{habit['id']}/entries")
    found: list[dict[str, Any]] = entries.body["items"]
    return found


async def test_a_day_to_come_is_refused_by_rest_and_left_out_of_files(settings: Settings) -> None:
    async with serving(settings) as server:
        for path, (media, content) in FILES.items():
            person = await server.person()

            answer = await person.call(
                "POST", f"/v1/imports/{path}", raw=content, headers={"Content-Type": media}
            )
            entries = await entries_of(person)
            refused = await person.call(
                "PUT", f"/v1/habits/{entries[0]['habit']}/entries/{AHEAD}", {"state": "done"}
            )

            assert answer.status == 200, (path, answer)
            assert "day_ahead" in {report["code"] for report in answer.body["reports"]}, path
            assert [entry["local_date"] for entry in entries] == ["2026-01-05"], path
            assert len(entries[0].get("note") or "") <= 1_000
            assert refused.body["errors"][0]["code"] == "day_ahead"


async def test_a_task_is_not_completed_in_the_future(settings: Settings) -> None:
    todo = {"_id": "t", "text": "Pay", "completed": True, "dateCompleted": "2038-01-19T00:00:00Z"}
    async with serving(settings) as server:
        person = await server.person()

        answer = await person.call(
            "POST",
            "/v1/imports/habitica",
            raw=game(todo, kind="todos"),
            headers={"Content-Type": JSON},
        )

        [task] = (await person.call("GET", "/v1/tasks")).body["items"]
        assert [report["code"] for report in answer.body["reports"]] == ["day_ahead"]
        assert dt.datetime.fromisoformat(task["completed_at"]) <= dt.datetime.now(dt.UTC)


async def test_a_day_of_a_habit_that_is_measured_otherwise_by_now_stays(
    settings: Settings,
) -> None:
    async with serving(settings) as server:
        person = await server.person()
        headers = {"Content-Type": TABLE}
        content = b"date,habit\n2026-01-05,Run\n"
        await person.call("POST", "/v1/imports/csv/habits", raw=content, headers=headers)
        [habit] = (await person.call("GET", "/v1/habits")).body["items"]
        amount = {"measure": {"type": "amount", "target": 1}}
        await person.call(
            "PATCH", f"/v1/habits/{habit['id']}", amount, headers={"If-Match": '"v1"'}
        )

        more = content + b"2026-01-06,Run\n2026-01-05,Swim\n"
        answer = await person.call("POST", "/v1/imports/csv/habits", raw=more, headers=headers)

        assert answer.body["habits"] == {"created": 1, "kept": 1}
        assert answer.body["entries"] == {"created": 1, "updated": 0, "kept": 2}
