"""The journal: what is written is found, kept in versions, and gone when its time is over."""

import asyncio
import datetime as dt
from typing import Any

import pytest

from config.settings import Settings
from models.access.limits import Quota
from models.base.ids import new_id, new_mutation_id
from models.base.merge_patch import Json
from models.base.text.search_words import words_of
from models.contexts import QUOTAS
from models.journal.prompts import TEXTS, prompts
from streams.redis.connection import STREAMS
from streams.redis.stream_trimming import StreamTrimming
from tests.journal.places import BOOK, BOOKS, DRAFT, ENTRY, JOURNAL, PAGE, RESTORE
from tests.journal.rows import DOCUMENTS, furnish
from tests.support.engines import redis_of
from tests.support.laws.snapshots import assert_law, events_since, snapshot
from tests.support.people.scopes import scope_of
from tests.support.server import Server, serving
from tests.support.wire.answers import done, next_page
from tests.support.wire.writes import write
from upcoach.client import RestClient, apply_event

KYOTO = ENTRY.format(id=PAGE)
LONG_AGO = dt.timedelta(days=30, seconds=1)


async def furnished(server: Server) -> RestClient:
    """Somebody with a journal."""
    person = await server.person()
    await furnish(server, person)
    return person


async def note(person: RestClient, text: str = "", **fields: Any) -> Json:
    """An entry of somebody's."""
    body: Json = (await done(person.call("POST", JOURNAL, {"text": text} | fields))).body
    return body


async def found(person: RestClient, query: str, path: str = f"{JOURNAL}/search") -> str:
    """The titles of what is found, page by page."""
    titles, path = "", f"{path}?{query}"
    while path:
        answer = await person.call("GET", path)
        assert answer.status == 200, answer
        titles += "".join(item.get("title", "?") for item in answer.body["items"])
        path = next_page(answer)
    return titles


async def test_entries_are_found_by_words_tags_moods_and_dates(settings: Settings) -> None:
    async with serving(settings) as server:
        person = await server.person()
        book = (await done(person.call("POST", BOOKS, {"name": "Dreams"}))).body["id"]
        day = {"tz": "Europe/Berlin", "local_date": "2026-01-05"}
        await note(person, "Café crème, naïve ideas.", title="a", mood=1, tags=["Side project"])
        await note(person, "ideas of the sea, 공부를 했다", title="b", journal=book, mood=3, **day)
        await note(
            person, "The SEA; 東京都の海", title="c", pinned=True, mood=5, tags=["sea"], **day
        )
        gone = await note(person, "sea", title="d", **day)
        await done(person.call("DELETE", ENTRY.format(id=gone["id"])))
        await note(await server.person(), "sea", title="e", tags=["sea"], mood=5, **day)

        for query, expected in {
            "q=cafe": "a",
            "q=CR%C3%88ME+cafe%CC%81": "a",
            "q=idea": "",
            "q=ideas": "ab",
            "q=ideas&limit=1": "ab",
            "q=ideas&sort=date": "ba",
            "q=ideas+sea": "b",
            "q=sea": "cb",
            "q=%E4%BA%AC%E9%83%BD": "c",
            "q=%EA%B3%B5%EB%B6%80": "b",
            "q=%EA%B3%B5%EB%B6%80+sea": "b",
            "q=d": "",
            "tag=SEA": "c",
            "tag=side++Project&q=ideas": "a",
            "tag=side": "",
            "q=%23sea": "cb",
            "mood_from=3": "cb",
            "mood_to=3&q=ideas": "ab",
            "mood_from=2&mood_to=4": "b",
            "from=2026-01-05&to=2026-01-05": "cb",
            "to=2026-01-04": "",
            "from=2026-01-06&q=ideas": "a",
            f"journal={book}": "b",
            "pinned=true": "c",
            "pinned=false&sort=date": "ba",
            "": "acb",
            "limit=1": "acb",
        }.items():
            assert await found(person, query) == expected, query
            if "q" not in query:
                assert await found(person, query, JOURNAL) == expected, query


async def test_a_search_is_asked_for_rightly(settings: Settings) -> None:
    words = ("q=", "q=%21%3F", f"q={'x' * 201}", "q[$ne]=x", "tag=", "words=x")
    others = ("mood_from=0", "mood_to=x", "pinned=maybe", "from=x", "sort=title", "after=x")
    async with serving(settings) as server:
        person = await server.person()

        for query in (*words, *others, "journal=a&journal=b"):
            answer = await person.call("GET", f"{JOURNAL}/search?{query}")
            assert answer.status == 400, query


async def test_nothing_of_an_entry_is_in_the_clear(settings: Settings) -> None:
    async with serving(settings) as server:
        person = await furnished(server)
        await write(person, "PUT", DRAFT.format(id=PAGE), {"text": "canary"})
        await note(person, "canary", title="canary", tags=["canary"], feelings=["canary"])
        await write(person, "PATCH", KYOTO, {"text": "Rain all day. canary"}, 1)
        database = server.node.database.handle

        for name in await database.list_collection_names():
            for stored in await database[name].find().to_list():
                assert "canary" not in str(stored).lower(), name
        [stored] = await database["journal_entries"].find({"_id": {"$regex": PAGE}}).to_list()
        assert len(stored["words"]) == len(words_of("Kyoto", "Rain all day. canary")) + 1
        other = await furnished(server)
        await write(other, "PATCH", KYOTO, {"text": "Rain all day. canary"}, 1)
        both = await database["journal_entries"].find({"_id": {"$regex": PAGE}}).to_list()
        assert set(both[0]["words"]).isdisjoint(both[1]["words"])  # to each their own key


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


async def test_the_trash_gives_back_for_thirty_days(settings: Settings) -> None:
    async with serving(settings) as server:
        person = await furnished(server)
        entries = server.node.database["journal_entries"]

        await done(person.call("DELETE", KYOTO))
        [stored] = await entries.find({"_id": {"$regex": PAGE}}).to_list()
        trash = await found(person, "limit=1", f"{JOURNAL}/trash")
        hidden = [await found(person, query) for query in ("q=rain", "tag=japan", "")]
        refused = await person.call("PATCH", KYOTO, {"mood": 1}, headers={"If-Match": '"v2"'})
        await done(person.call("POST", RESTORE.format(id=PAGE)))

        assert (trash, hidden) == ("Kyoto?", ["", "", ""])
        assert "words" not in stored
        assert (refused.status, refused.body["code"]) == (409, "entry_trashed")
        assert await found(person, "q=rain") == await found(person, "tag=japan") == "Kyoto"
        assert await found(person, "", f"{JOURNAL}/trash") == "?"


async def age(server: Server, person: RestClient, entry: str) -> None:
    """Have *entry* been in the trash for longer than it is kept."""
    entries = server.node.database["journal_entries"]
    ended = dt.datetime.now(dt.UTC) - LONG_AGO
    name = {"_id": f"{scope_of(server, person).user}/{entry}"}
    await entries.update_one(name, {"$set": {"trashed_at": ended}})


async def test_after_thirty_days_nobody_sees_it_again(settings: Settings) -> None:
    async with serving(settings) as server:
        person = await furnished(server)
        await done(person.call("DELETE", KYOTO))
        await age(server, person, PAGE)

        answers = [
            await person.call("GET", KYOTO),
            await person.call("GET", f"{KYOTO}/versions"),
            await person.call("GET", f"{KYOTO}/versions/1"),
            await person.call("PATCH", KYOTO, {"mood": 1}, headers={"If-Match": '"v2"'}),
            await person.call("DELETE", KYOTO),
            await person.call("POST", RESTORE.format(id=PAGE)),
            await write(person, "POST", f"{KYOTO}/versions/1/restore", base=2),
        ]

        assert {answer.status for answer in answers} == {404}
        assert await found(person, "", f"{JOURNAL}/trash") == "?"


async def test_what_is_in_the_trash_can_be_deleted_for_good_and_makes_room(
    settings: Settings, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setitem(QUOTAS, "journal.entry", Quota(2, 256))
    async with serving(settings) as server:
        server.node.committer.holdings.fresh_when_full_s = 0.0
        person = await server.person()
        first, second = [
            (await done(person.call("POST", JOURNAL, {"text": text}))).body["id"] for text in "ab"
        ]
        gone, stays = (f"{JOURNAL}/trash/{one}" for one in (first, second))
        early = await person.call("DELETE", gone)
        await done(person.call("DELETE", f"{JOURNAL}/{first}"))
        stale = await person.call("DELETE", gone, headers={"If-Match": '"v1"'})
        full = await person.call("POST", JOURNAL, {"text": "c"})
        answer = await person.call("DELETE", gone)
        seen = [
            await person.call("GET", f"{JOURNAL}/{first}"),
            await person.call("POST", RESTORE.format(id=first)),
            await person.call("DELETE", gone),
            await person.call("DELETE", f"{JOURNAL}/trash/{PAGE}"),
        ]
        await server.node.services.journal.trash.purge()

        assert (early.status, early.body["code"]) == (409, "entry_not_trashed")
        assert (stale.status, stale.body["code"]) == (412, "version_stale")
        assert (full.status, full.body["code"]) == (409, "quota_exceeded")
        assert answer.status == 204
        assert {one.status for one in seen} == {404}
        assert (await person.call("POST", JOURNAL, {"text": "d"})).status == 201
        assert (await person.call("DELETE", stays)).status == 409
        assert first not in (await snapshot(person))[0]["journal.entry"]


async def test_what_is_over_is_gone_everywhere_but_the_numbers(settings: Settings) -> None:
    async with serving(settings) as server:
        person = await furnished(server)
        other = await furnished(server)
        await write(person, "PATCH", KYOTO, {"text": "Rain all day. canary", "pinned": True}, 1)
        start = (await snapshot(person))[1].partition(".")[0] + ".0"
        await done(person.call("DELETE", KYOTO))
        await age(server, person, PAGE)
        kept = (await snapshot(other))[0]

        await server.node.services.journal.trash.purge()
        await server.node.services.journal.trash.purge()

        events = await events_since(person, start)
        documents: dict[str, dict[str, Json]] = {kind: {} for kind in kept}
        for event in events:
            apply_event(documents, event)
        about = [event for event in events if event["id"] == PAGE]
        assert [event["type"].rpartition(".")[2] for event in about] == [
            *("created", "updated", "updated", "deleted")
        ]
        assert about[1]["patch"].keys() == {"pinned", "updated_at", "version"}
        assert not {"title", "text", "tags", "feelings"} & about[0]["doc"].keys()
        assert "Rain" not in str(about)
        assert documents == (await snapshot(person))[0]
        assert (await person.call("GET", DRAFT.format(id=PAGE))).status == 404
        assert (await snapshot(other))[0] == kept


async def test_streams_forget_sooner_than_the_trash(settings: Settings) -> None:
    async with serving(settings) as server:
        person = await furnished(server)
        environ = {"UPCOACH_REDIS_URL": str(settings.redis_url)}
        later = dt.datetime.now(dt.UTC) + dt.timedelta(days=29, minutes=1)

        with redis_of(environ) as redis:
            held = sum(redis.xlen(stream) for stream in STREAMS)
            ageing = StreamTrimming(server.node._redis.writer, lambda: dt.datetime.now(dt.UTC))
            await ageing.trim()
            still = sum(redis.xlen(stream) for stream in STREAMS)
            await StreamTrimming(server.node._redis.writer, lambda: later).trim()
            left = sum(redis.xlen(stream) for stream in STREAMS)
        events = await person.call("GET", "/v1/events?since=0")

        assert (held > 0, still, left) == (True, held, 0)
        assert len(events.body) >= len(DOCUMENTS)


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
