"""Day One's exports and anybody's tables: shown first, brought once, refused with their places."""

import io
import zipfile

from config.settings import Settings
from models.base.merge_patch import Json
from tests.imports.tables import DAYLIO, ENTRY, PLAIN, STREAKS, TABLES, zipped
from tests.support.laws.snapshots import assert_law, snapshot
from tests.support.server import serving
from upcoach.client import Response, RestClient


async def brought(person: RestClient, path: str, content: bytes, media: str) -> Response:
    headers = {"Content-Type": media}
    return await person.call("POST", f"/v1/imports/{path}", raw=content, headers=headers)


def counts(answer: Response) -> Json:
    return {name: value for name, value in answer.body.items() if isinstance(value, dict)}


async def test_what_is_shown_first_is_what_then_happens_once(settings: Settings) -> None:
    async with serving(settings) as server:
        imports = [("dayone", zipped(Journal=[ENTRY, PLAIN], Travel=[]), "application/zip")]
        imports += [(f"csv/{what}", text.encode(), "text/csv") for what, text in TABLES.items()]
        imports += [
            ("daylio", DAYLIO.replace("Solid", "meh").encode(), "text/csv"),
            ("streaks", STREAKS.encode(), "text/csv"),
        ]
        for path, content, media in imports:
            person = await server.person()
            nothing = await snapshot(person)

            shown = await brought(person, f"{path}?dry_run=true&tz=Europe/Berlin", content, media)
            assert shown.status == 200, shown
            assert await snapshot(person) == nothing
            first = await brought(person, f"{path}?tz=Europe/Berlin", content, media)
            after = await snapshot(person)
            second = await brought(person, f"{path}?tz=Europe/Berlin", content, media)

            assert first.status == second.status == 200, (path, first, second)
            assert counts(shown) == counts(first)
            assert shown.body["notes"] == first.body["notes"]
            made = {name: count["created"] for name, count in counts(first).items()}
            assert sum(made.values()) > 0, path
            for name, count in counts(second).items():
                assert count == {**dict.fromkeys(count, 0), "kept": made[name]}, path
            assert await snapshot(person) == after
            events = tuple(
                event["type"]
                for event in (await person.call("GET", "/v1/events?since=0")).body
                if event["seq"] > int(nothing[1].rpartition(".")[2])
            )
            assert len(events) == sum(made.values())
            await assert_law(nothing, person, events)


async def test_day_one_keeps_its_words_its_day_and_its_journals(settings: Settings) -> None:
    async with serving(settings) as server:
        person = await server.person()

        answer = await brought(
            person, "dayone", zipped(Journal=[ENTRY, PLAIN], Travel=[]), "application/zip"
        )

        journals = (await person.call("GET", "/v1/journal/journals")).body["items"]
        entries = (await person.call("GET", "/v1/journal?sort=date")).body["items"]
        assert sorted(one["name"] for one in journals) == ["Journal", "Travel"]
        assert answer.body["notes"] == ["Left out 1 attachment of entries."]
        texts = {one["text"]: one for one in entries}
        lake = texts["# Lake\n\nWent out. Card 4111…"]
        assert (lake["local_date"], lake["tz"], lake["pinned"]) == (
            "2026-01-06",
            "Europe/Berlin",
            True,
        )
        assert lake["tags"] == ["trip", "lake"]
        assert texts["Home"]["local_date"] == "2026-01-06"


async def test_a_table_says_what_its_rows_say(settings: Settings) -> None:
    async with serving(settings) as server:
        person = await server.person()
        for what, text in TABLES.items():
            answer = await brought(person, f"csv/{what}", text.encode(), "text/csv")
            assert answer.status == 200, answer

        habits = {
            one["name"]: one for one in (await person.call("GET", "/v1/habits")).body["items"]
        }
        moods = (await person.call("GET", "/v1/moods")).body["items"]
        tasks = (await person.call("GET", "/v1/tasks")).body["items"]
        [page] = (await person.call("GET", "/v1/journal")).body["items"]
        water = await person.call("GET", f"/v1/habits/{habits['Water']['id']}/entries")

        assert habits["Water"]["measure"]["unit"] == "l"
        assert habits["Walk"]["measure"]["type"] == "yes_no"
        assert [one["value"] for one in water.body["items"]] == [2, 1.5]
        assert sorted(one["activities"] for one in moods) == [["running", "tea"], ["tea"]]
        assert [one["title"] for one in tasks] == ["Taxes", "Taxes"]
        assert (page["text"], page["mood"], page["local_date"]) == ("Went\nout", 4, "2026-01-05")


async def test_a_file_that_is_none_is_refused_with_its_places(settings: Settings) -> None:
    broken = io.BytesIO()
    with zipfile.ZipFile(broken, "w") as file:
        file.writestr("Journal.json", '{"entries": [' + "[" * 5000)
    cases: list[tuple[str, bytes, str, str]] = [
        ("dayone", b"PK", "application/zip", "archive_broken"),
        ("dayone", broken.getvalue(), "application/zip", "json_invalid"),
        ("dayone", zipped(), "application/zip", "file_missing"),
        ("dayone", zipped(J=[{"uuid": "a"}]), "application/zip", "field_missing"),
        ("csv/habits", b"", "text/csv", "columns_unknown"),
        ("csv/habits", b"date,habit,date\n", "text/csv", "columns_unknown"),
        ("csv/habits", b"date,habit\n2026-02-30,Run\n", "text/csv", "date_invalid"),
        ("csv/habits", b"date,habit\n2026-01-05,\n", "text/csv", "cell_empty"),
        ("csv/habits", b"date,habit,value\n2026-01-05,Run,NaN\n", "text/csv", "number_invalid"),
        ("csv/habits", b"date,habit,value\n2026-01-05,Run,1e400\n", "text/csv", "number_invalid"),
        *(
            (
                "csv/habits",
                f"date,habit,value\n2026-01-05,Run,{number}\n".encode(),
                "text/csv",
                code,
            )
            for code, number in (
                ("number_invalid", "1_0"),
                ("number_invalid", "\uff11\uff10"),
                ("number_invalid", "\u0661"),
                ("number_invalid", "inf"),
                ("number_invalid", "0x1"),
                ("number_invalid", "1" * 5_000),
                ("number_invalid", "-1e999"),
                ("number_invalid", "1e+0003"),
                ("number_invalid", "1e\uff13"),
            )
        ),
        ("csv/moods", b"level\n4\n", "text/csv", "cell_empty"),
        ("csv/moods", b"level,at\n4.5,2026-01-05T08:00:00Z\n", "text/csv", "number_invalid"),
        ("csv/tasks", b"title\nRun,now\n", "text/csv", "cells_wrong"),
        ("csv/tasks", b"title\n\xff\n", "text/csv", "not_utf8"),
        ("csv/tasks", b'title\n"Run\n', "text/csv", "csv_broken"),
        ("csv/journal", b"date,text\n05/01/2026,Hi\n", "text/csv", "date_invalid"),
    ]
    async with serving(settings) as server:
        person = await server.person()
        before = await snapshot(person)

        for path, content, media, code in cases:
            for query in ("", "?dry_run=true"):
                answer = await brought(person, path + query, content, media)
                assert answer.status in (400, 422), (path, content[:40], answer)
                codes = {one["code"] for one in answer.body["errors"]}
                assert code in codes, (path, content[:40], answer.body)
        strange = await brought(person, "csv/tasks", b"title\n", "application/json")
        assert strange.status == 415
        assert await snapshot(person) == before
