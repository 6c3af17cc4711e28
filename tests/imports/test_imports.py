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
            "reports": [],
            "reports_unlisted": 0,
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

REFUSED = {
    "not a zip": (b"Position,Name", "archive_broken", ""),
    "cut off": (zipped(**{"Habits.csv": MEDITATE})[:-30], "archive_broken", ""),
    "no list of habits": (zipped(**{CHECKMARKS: GOOD}), "file_missing", "/Habits.csv"),
    "other columns": (zipped(**{"Habits.csv": "a,b\n1,2\n"}), "columns_unknown", "line/1"),
    "no habit with a name": (
        zipped(**{"Habits.csv": MEDITATE.replace("Meditate", "")}),
        "name_missing",
        "/Habits.csv/line/2",
    ),
}
REPORTED = {
    "a row too short": (HABITS + "001,Meditate\n", GOOD, "frequency_invalid", "/Habits.csv/line/2"),
    "an unknown type": (
        MEDITATE.replace("YES_NO", "MAYBE"),
        GOOD,
        "type_unknown",
        "/Habits.csv/line/2",
    ),
    "an impossible frequency": (
        MEDITATE.replace(",1,1,", ",1,0,"),
        GOOD,
        "frequency_invalid",
        "/Habits.csv/line/2",
    ),
    "a bad date": (MEDITATE, GOOD + "2026-02-30,NO,\n", "date_invalid", f"/{CHECKMARKS}/line/3"),
    "an unknown value": (
        MEDITATE,
        GOOD + "2026-11-02,7,\n",
        "value_unknown",
        f"/{CHECKMARKS}/line/3",
    ),
    "a day with two values": (
        MEDITATE,
        GOOD + "2026-11-01,NO,\n",
        "day_twice",
        f"/{CHECKMARKS}/line/3",
    ),
    "a note too long": (
        MEDITATE,
        GOOD + f"2026-11-02,NO,{'x' * 1001}\n",
        "text_cut",
        f"/{CHECKMARKS}/line/3",
    ),
    "a day to come": (MEDITATE, GOOD + "2106-11-02,NO,\n", "day_ahead", f"/{CHECKMARKS}/line/3"),
}


async def test_a_file_that_is_no_export_is_refused_whole_with_the_place(
    settings: Settings,
) -> None:
    async with serving(settings) as server:
        person = await server.person()

        for name, (file, code, where) in REFUSED.items():
            for query in ("", "?dry_run=true"):
                answer = await imported(person, file, query)
                [flaw] = answer.body["errors"]
                assert (answer.status, flaw["code"]) == (422, code), name
                assert where in flaw["pointer"], name
        assert (await person.call("GET", "/v1/habits")).body == {"items": []}


async def test_the_rest_of_a_file_is_brought_and_what_is_not_is_told_before(
    settings: Settings,
) -> None:
    async with serving(settings) as server:
        for name, (habits, marks, code, where) in REPORTED.items():
            person = await server.person()
            archive = zipped(**{"Habits.csv": habits, CHECKMARKS: marks})

            shown = await imported(person, archive, "?dry_run=true")
            brought = await imported(person, archive)

            assert brought.status == 200, (name, brought)
            [report] = brought.body["reports"]
            assert (report["code"], report["pointer"]) == (code, where), name
            assert shown.body["reports"] == brought.body["reports"]
            assert brought.body["reports_unlisted"] == 0
            assert (await entries(person))["2026-11-01"]["state"] == "done", name


async def test_a_zip_bomb_is_refused(settings: Settings) -> None:
    async with serving(settings) as server:
        person = await server.person()
        archive = io.BytesIO()
        with zipfile.ZipFile(archive, "w", zipfile.ZIP_DEFLATED) as file:
            file.writestr("Habits.csv", MEDITATE)
            file.writestr("001 Meditate/Checkmarks.csv", b"0" * (65 << 20))

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
