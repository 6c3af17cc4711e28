"""The journal: what is written is found, kept in versions, and gone when its time is over."""

import asyncio
import datetime as dt

from config.settings import Settings
from models.base.ids import new_id, new_mutation_id
from models.journal.prompts import TEXTS, prompts
from tests.journal.places import BOOK, BOOKS, DRAFT, ENTRY, JOURNAL, PAGE
from tests.journal.writing import found, furnished, note
from tests.support.laws.snapshots import assert_law, events_since, snapshot
from tests.support.server import serving
from tests.support.wire.answers import done
from tests.support.wire.writes import write
from upcoach.client import apply_event

KYOTO = ENTRY.format(id=PAGE)


async def test_the_first_entry_makes_the_default_journal_once(settings: Settings) -> None:
    async with serving(settings) as server:
        person = await server.person()
        before = await snapshot(person)

        await asyncio.gather(*(note(person, str(number)) for number in range(5)))

        events = await events_since(person, before[1])
        [book] = (await person.call("GET", BOOKS)).body["items"]
        entries = (await person.call("GET", JOURNAL)).body["items"]
        assert sorted(event["type"] for event in events) == (
            ["journal.created"] + ["journal.entry.created"] * 5
        )
        assert (book["name"], book["default"]) == ("Journal", True)
        assert {entry["journal"] for entry in entries} == {book["id"]}
        for event in events:
            apply_event(before[0], event)
        assert before[0] == (await snapshot(person))[0]


async def test_an_empty_journal_can_be_deleted(settings: Settings) -> None:
    async with serving(settings) as server:
        person = await furnished(server)
        before = await snapshot(person)

        await write(person, "PATCH", KYOTO, {"journal": None}, 1)
        deleted = await person.call("DELETE", f"{BOOKS}/{BOOK}")

        assert deleted.status == 204
        await assert_law(before, person, ("journal.entry.updated", "journal.deleted"))


async def test_every_version_can_be_read_and_restored(settings: Settings) -> None:
    async with serving(settings) as server:
        person = await furnished(server)
        await write(person, "PATCH", KYOTO, {"text": "Sun.", "mood": None, "pinned": True}, 1)
        await write(person, "PATCH", KYOTO, {"journal": None, "tags": ["x"]}, 2)

        versions = (await person.call("GET", f"{KYOTO}/versions")).body["items"]
        older = (await person.call("GET", f"{KYOTO}/versions?before=3")).body["items"]
        first = (await person.call("GET", f"{KYOTO}/versions/1")).body
        before = await snapshot(person)
        restore = f"{KYOTO}/versions/1/restore"
        name = new_mutation_id()
        restored = await write(person, "POST", restore, base=3, name=name)
        again = await write(person, "POST", restore, base=3, name=name)
        late = await write(person, "POST", restore, base=3)

        assert [one["version"] for one in versions] == [3, 2, 1]
        assert older == versions[1:]
        assert versions[1]["changed"] == ["/mood", "/pinned", "/text"]
        assert (first["text"], first["version"]) == ("Rain all day.", 1)
        assert [restored.body[name] for name in ("text", "mood", "tags")] == [
            *("Rain all day.", 4),
            ["Japan"],
        ]
        assert (restored.body["pinned"], restored.body["version"]) == (True, 4)
        assert restored.body["journal"] != first["journal"]
        assert (again.headers["idempotency-replayed"], late.status) == ("true", 412)
        await assert_law(before, person, ("journal.entry.updated",))
        assert (await person.call("GET", f"{KYOTO}/versions/9")).status == 404
        assert await found(person, "q=rain") == "Kyoto"
        assert await found(person, "q=sun") == ""


async def test_what_is_unsaved_is_in_no_feed(settings: Settings) -> None:
    async with serving(settings) as server:
        person, entry = await server.person(), new_id("jen")
        path = DRAFT.format(id=entry)
        before = await snapshot(person)

        for number in range(19):
            await done(person.call("PUT", path, {"text": "x" * number}))
        saved = await done(person.call("PUT", path, {"text": "x" * 19}))
        old = await person.call("PUT", path, {"text": "y"}, headers={"If-Match": '"v3"'})
        shown = await person.call("GET", path)
        listed = (await person.call("GET", f"{JOURNAL}/drafts")).body["items"]
        await assert_law(before, person, ())
        made = await note(person, "x" * 19, id=entry)

        assert (saved.body["version"], saved.headers["etag"]) == (20, '"v20"')
        assert (old.status, old.body["current"]["content"]["text"]) == (412, "x" * 19)
        assert shown.body["content"]["text"] == "x" * 19
        assert [one["id"] for one in listed] == [entry]
        assert made["version"] == 1
        assert (await person.call("GET", path)).status == 404
        assert (await (await server.person()).call("GET", path)).status == 404


async def test_a_change_leaves_what_another_device_has_not_saved(settings: Settings) -> None:
    async with serving(settings) as server:
        person = await furnished(server)

        await write(person, "PATCH", KYOTO, {"pinned": True}, 1)

        unsaved = (await person.call("GET", DRAFT.format(id=PAGE))).body
        assert (unsaved["content"]["text"], unsaved["base"]) == ("Rain all day, and", 1)


async def test_a_repeated_creation_leaves_what_was_begun_since(settings: Settings) -> None:
    async with serving(settings) as server:
        person, entry, name = await server.person(), new_id("jen"), new_mutation_id()

        await write(person, "POST", JOURNAL, {"id": entry}, name=name)
        await done(person.call("PUT", DRAFT.format(id=entry), {"text": "more", "base": 1}))
        again = await write(person, "POST", JOURNAL, {"id": entry}, name=name)

        assert again.headers["idempotency-replayed"] == "true"
        assert (await person.call("GET", DRAFT.format(id=entry))).status == 200


async def test_on_this_day_shows_earlier_years(settings: Settings) -> None:
    async with serving(settings) as server:
        person = await server.person()
        for title, day in (
            ("a", "2024-02-29"),
            ("b", "2023-02-28"),
            ("c", "2026-02-28"),
            ("d", "1999-03-01"),
            ("e", "2024-02-28"),
        ):
            await note(person, title=title, local_date=day)
        gone = await note(person, title="f", local_date="2022-02-28")
        await done(person.call("DELETE", ENTRY.format(id=gone["id"])))

        for query, expected in {
            "date=2026-02-28": "aeb",
            "date=2028-02-28": "ceb",
            "date=2028-02-29": "a",
            "date=2026-03-01": "d",
            "date=1900-01-01": "",
            "date=0001-01-01": "",
        }.items():
            assert await found(person, query, f"{JOURNAL}/on-this-day") == expected, query
        assert (await person.call("GET", f"{JOURNAL}/on-this-day?date=x")).status == 400


def test_no_prompt_comes_back_within_thirty_days() -> None:
    start = dt.date(2026, 1, 1)
    last: dict[str, dt.date] = {}
    for number in range(400):
        day = start + dt.timedelta(days=number)
        asked = prompts("usr_1", day, mood=1 + number * 7 % 5, goals=("gol_1", "gol_2"))
        for one in asked:
            assert (day - last.get(one.id, dt.date.min)).days > 30, one
            last[one.id] = day

    assert all(len(set(texts)) == 31 for texts in TEXTS.values())
    assert prompts("usr_1", start) == prompts("usr_1", start)
    assert len({prompts(f"usr_{number}", start)[0].id for number in range(99)}) > 20


async def test_prompts_go_by_day_mood_and_goal(settings: Settings) -> None:
    async with serving(settings) as server:
        person = await server.person()
        path = f"{JOURNAL}/prompts?date=2026-01-05"

        async def occasions(more: str = "") -> list[str]:
            answer = await person.call("GET", path + more)
            assert answer.status == 200, answer
            return [one["occasion"] for one in answer.body["items"]]

        plain = await occasions()
        await done(person.call("POST", "/v1/goals", {"title": "Run"}))
        await done(person.call("POST", "/v1/moods", {"level": 2, "at": "2026-01-05T08:00:00Z"}))
        asked = (await person.call("GET", path)).body["items"]
        answered = await note(person, "…", prompt=asked[0]["id"])

        assert plain == ["day"]
        assert [one["occasion"] for one in asked] == ["low", "day", "goal"]
        assert asked[2]["goal"].startswith("gol_")
        assert await occasions("&mood=5") == ["high", "day", "goal"]
        assert await occasions("&mood=3&goal=gol_1") == ["day", "goal"]
        assert answered["prompt"] == asked[0]["id"]
        for wrong in ("mood=0", "mood=x", "date=x", "tz=x", "goal=", "n=3"):
            assert (await person.call("GET", f"{JOURNAL}/prompts?{wrong}")).status == 400, wrong
