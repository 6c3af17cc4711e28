"""Words that were others once: they are still read, and nothing says them any more."""

from collections.abc import Iterator
from typing import Any

import msgspec

from config.settings import Settings
from handlers.contexts import ROUTER
from handlers.openapi import document
from models.base.fields import FORMER_WORDS
from models.goals import Goal
from tests.support.server import serving
from tests.support.wire.answers import done

GOALS, HABITS = "/v1/goals", "/v1/habits"


def words_in(schema: Any) -> Iterator[str]:
    """The words that a JSON Schema lets values be, however deep."""
    if isinstance(schema, dict):
        yield from (word for word in schema.get("enum", ()) if isinstance(word, str))
        for member in schema.values():
            yield from words_in(member)
    elif isinstance(schema, list):
        for member in schema:
            yield from words_in(member)


def test_no_former_word_is_said() -> None:
    said = set(words_in(document(ROUTER)))

    assert said & FORMER_WORDS.keys() == set()
    assert said >= set(FORMER_WORDS.values())


async def test_what_a_build_before_stored_with_another_word_goes_by_todays(
    settings: Settings,
) -> None:
    async with serving(settings) as server:
        person = await server.person()
        ids = {}
        for path, draft in ((GOALS, {"title": "Save"}), (HABITS, {"name": "Save"})):
            for category in ("finance", "financial", "health"):
                made = await done(person.call("POST", path, draft | {"category": category}))
                ids[path, category] = made.body["id"]
                assert made.body["category"] == category.replace("financial", "finance")
            former = {"_id": {"$regex": f"/{ids[path, 'finance']}$"}}
            collection = server.node.database.handle[path.rpartition("/")[2]]
            await collection.update_one(former, {"$set": {"category": "financial"}})

            for word in ("finance", "financial"):
                listed = await done(person.call("GET", f"{path}?category={word}"))
                assert [one["id"] for one in listed.body["items"]] == [
                    ids[path, "finance"],
                    ids[path, "financial"],
                ]
                assert {one["category"] for one in listed.body["items"]} == {"finance"}
        stats = (await done(person.call("GET", f"{GOALS}/stats"))).body

    assert [(one["name"], one["overview"]["total"]) for one in stats["by_category"]] == [
        ("finance", 2),
        ("health", 1),
    ]


def test_an_event_of_a_build_before_is_still_a_version() -> None:
    fields = {"id": "gol_1", "owner": "usr_1", "title": "Save", "category": "financial"}
    times = dict.fromkeys(("created_at", "updated_at"), "2026-01-05T08:00:00Z")

    goal = msgspec.convert(fields | times, Goal)

    assert msgspec.to_builtins(goal)["category"] == "finance"
