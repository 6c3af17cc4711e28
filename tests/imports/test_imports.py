import io
import zipfile

import msgspec

from config.settings import Settings
from tests.imports.exports import TODAY, imported
from tests.support.server import serving
from upcoach.cli.demo.history import loop_export
from upcoach.client import RestClient

HABITS = (
    "Position,Name,Type,Question,Description,FrequencyNumerator,FrequencyDenominator,"
    "Color,Unit,Target Type,Target Value,Archived?\n"
)
MEDITATE = HABITS + "001,Meditate,YES_NO,Today?,,1,1,#FF8F00,,,,false\n"
CHECKMARKS = "001 Meditate/Checkmarks.csv"


def zipped(**files: str) -> bytes:
    archive = io.BytesIO()
    with zipfile.ZipFile(archive, "w") as file:
        for name, text in files.items():
            file.writestr(name, text)
    return archive.getvalue()


async def entries(person: RestClient) -> dict[str, dict[str, object]]:
    [habit] = (await person.call("GET", "/v1/habits")).body["items"]
    found = await person.call("GET", f"/v1/habits/{habit['id']}/entries")
    return {item["local_date"]: item for item in found.body["items"]}


async def test_a_whole_history_is_imported_once(settings: Settings) -> None:
    async with serving(settings) as server:
        person = await server.person()
        archive = loop_export(TODAY, days=100)

        first = await imported(person, archive)
        second = await imported(person, archive)

        created = first.body["entries"]["created"]
        assert created > 400
        assert first.body["habits"] == {"created": 6, "kept": 0}
        assert second.body == {
            "habits": {"created": 0, "kept": 6},
            "entries": {"created": 0, "updated": 0, "kept": created},
            "notes": [],
        }
        assert second.headers["upcoach-cursor"] == first.headers["upcoach-cursor"]


async def test_what_a_person_changed_here_wins_over_the_file(settings: Settings) -> None:
    async with serving(settings) as server:
        person = await server.person()
        older = "Date,Value,Notes\n2026-11-02,NO,\n2026-11-01,NO,\n"
        newer = "Date,Value,Notes\n2026-11-02,YES_MANUAL,\n2026-11-01,YES_MANUAL,\n"
        await imported(person, zipped(**{"Habits.csv": MEDITATE, CHECKMARKS: older}))
        [habit] = (await person.call("GET", "/v1/habits")).body["items"]
        path = f"/v1/habits/{habit['id']}/entries/2026-11-01"
        await person.call("PUT", path, {"state": "skip"})

        answer = await imported(person, zipped(**{"Habits.csv": MEDITATE, CHECKMARKS: newer}))

        assert answer.body["entries"] == {"created": 0, "updated": 1, "kept": 1}
        states = {day: entry["state"] for day, entry in (await entries(person)).items()}
        assert states == {"2026-11-01": "skip", "2026-11-02": "done"}


async def test_a_checkmark_keeps_its_meaning_its_value_and_its_note(settings: Settings) -> None:
    async with serving(settings) as server:
        person = await server.person()
        run = HABITS + "001,Run,NUMERICAL,,,1,1,#303F9F,km,AT_LEAST,3.0,false\n"
        marks = (
            'Date,Value,Notes\n2026-11-03,1500,"rain,\nwind"\n2026-11-02,4200,\n2026-11-01,SKIP,\n'
        )

        await imported(person, zipped(**{"Habits.csv": run, "001 Run/Checkmarks.csv": marks}))

        kept = await entries(person)
        seen = {
            day: (one["state"], one.get("value"), one.get("achieved"), one.get("note"))
            for day, one in kept.items()
        }
        assert seen == {
            "2026-11-01": ("skip", None, None, None),
            "2026-11-02": ("done", 4.2, True, None),
            "2026-11-03": ("done", 1.5, False, "rain,\nwind"),
        }


async def test_the_older_form_of_the_export_is_read(settings: Settings) -> None:
    async with serving(settings) as server:
        person = await server.person()
        habits = "Position,Name,Question,Description,NumRepetitions,Interval,Color\n"
        files = {
            "Habits.csv": habits + "001,Meditate,,,2,7,#FF8F00\n",
            CHECKMARKS: "2026-11-04,3\n2026-11-03,2\n2026-11-02,1\n2026-11-01,0\n2026-10-31,-1\n",
        }

        await imported(person, zipped(**files))

        [habit] = (await person.call("GET", "/v1/habits")).body["items"]
        states = {day: entry["state"] for day, entry in (await entries(person)).items()}
        assert habit["schedule"] == {"type": "rate", "times": 2, "days": 7}
        assert states == {"2026-11-01": "missed", "2026-11-03": "done", "2026-11-04": "skip"}


GOOD = "Date,Value,Notes\n2026-11-01,YES_MANUAL,\n"

BAD_FILES = {
    "not a zip": (b"Position,Name", "archive_broken", ""),
    "cut off": (zipped(**{"Habits.csv": MEDITATE})[:-30], "archive_broken", ""),
    "no list of habits": (zipped(**{CHECKMARKS: GOOD}), "file_missing", "/Habits.csv"),
    "other columns": (zipped(**{"Habits.csv": "a,b\n1,2\n"}), "columns_unknown", "line/1"),
    "a row too short": (zipped(**{"Habits.csv": MEDITATE + "002\n"}), "cells_wrong", "line/3"),
    "an unknown type": (
        zipped(**{"Habits.csv": MEDITATE.replace("YES_NO", "MAYBE")}),
        "type_unknown",
        "/Habits.csv/line/2",
    ),
    "an impossible frequency": (
        zipped(**{"Habits.csv": MEDITATE.replace(",1,1,", ",1,0,")}),
        "frequency_invalid",
        "/Habits.csv/line/2",
    ),
    "a bad date": (
        zipped(**{"Habits.csv": MEDITATE, CHECKMARKS: GOOD + "2026-02-30,NO,\n"}),
        "date_invalid",
        f"/{CHECKMARKS}/line/3",
    ),
    "an unknown value": (
        zipped(**{"Habits.csv": MEDITATE, CHECKMARKS: GOOD + "2026-11-02,7,\n"}),
        "value_unknown",
        f"/{CHECKMARKS}/line/3",
    ),
    "a day with two values": (
        zipped(**{"Habits.csv": MEDITATE, CHECKMARKS: GOOD + "2026-11-01,NO,\n"}),
        "day_twice",
        f"/{CHECKMARKS}/line/3",
    ),
    "a note too long": (
        zipped(**{"Habits.csv": MEDITATE, CHECKMARKS: GOOD + f"2026-11-02,NO,{'x' * 1001}\n"}),
        "body_invalid",
        f"/{CHECKMARKS}/line/3",
    ),
}


async def test_a_bad_file_is_refused_whole_with_the_line(settings: Settings) -> None:
    async with serving(settings) as server:
        person = await server.person()

        answers = {name: await imported(person, file) for name, (file, _, _) in BAD_FILES.items()}

        flaws = {name: answer.body["errors"] for name, answer in answers.items()}
        assert {answer.status for answer in answers.values()} == {422}
        assert {name: [flaw["code"] for flaw in found] for name, found in flaws.items()} == {
            name: [code] for name, (_, code, _) in BAD_FILES.items()
        }
        assert all(where in flaws[name][0]["pointer"] for name, (_, _, where) in BAD_FILES.items())
        assert (await person.call("GET", "/v1/habits")).body == {"items": []}


async def test_every_flaw_of_a_file_is_named_up_to_twenty(settings: Settings) -> None:
    async with serving(settings) as server:
        person = await server.person()
        marks = GOOD + "".join(f"2026-10-{day:02},what,\n" for day in range(1, 31))

        answer = await imported(person, zipped(**{"Habits.csv": MEDITATE, CHECKMARKS: marks}))

        lines = [flaw["pointer"].rpartition("/")[2] for flaw in answer.body["errors"]]
        assert lines == [str(line) for line in range(3, 23)]


async def test_a_zip_bomb_is_refused(settings: Settings) -> None:
    async with serving(settings) as server:
        person = await server.person()
        archive = io.BytesIO()
        with zipfile.ZipFile(archive, "w", zipfile.ZIP_DEFLATED) as file:
            file.writestr("Habits.csv", MEDITATE)
            file.writestr("big.csv", b"0" * (65 << 20))

        answer = await imported(person, archive.getvalue())

        assert answer.status == 422
        assert answer.body["errors"][0]["code"] == "archive_too_large"


async def test_the_zone_is_the_persons_unless_it_is_named(settings: Settings) -> None:
    async with serving(settings) as server:
        person = await server.person()
        archive = zipped(**{"Habits.csv": MEDITATE, CHECKMARKS: GOOD})

        refused = await imported(person, archive, "?tz=Mars/Olympus")
        named = await imported(person, archive, "?tz=Asia/Kathmandu")

        [habit] = (await person.call("GET", "/v1/habits")).body["items"]
        assert (refused.status, named.status) == (400, 200)
        assert habit["tz"] == "Asia/Kathmandu"


async def test_a_repeated_import_under_one_key_gets_the_first_answer(settings: Settings) -> None:
    async with serving(settings) as server:
        person = await server.person()
        archive = zipped(**{"Habits.csv": MEDITATE, CHECKMARKS: GOOD})
        headers = {
            "Content-Type": "application/zip",
            "Idempotency-Key": "0193a1c2-1111-7111-8111-111111111111",
        }

        answers = [
            await person.call("POST", "/v1/imports/loop", raw=archive, headers=headers)
            for _ in range(2)
        ]

        assert msgspec.json.encode(answers[0].body) == msgspec.json.encode(answers[1].body)
        assert answers[1].headers["idempotency-replayed"] == "true"
