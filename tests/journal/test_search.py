"""Entries are found by their words, which stand nowhere in the clear."""

from config.settings import Settings
from models.base.text.search_words import words_of
from tests.journal.places import BOOKS, DRAFT, ENTRY, JOURNAL, PAGE
from tests.journal.writing import found, furnished, note
from tests.support.server import serving
from tests.support.wire.answers import done
from tests.support.wire.writes import write

KYOTO = ENTRY.format(id=PAGE)


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
