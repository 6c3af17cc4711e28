"""Lists can be asked what was changed since a moment, and find it by an index."""

import typing
from urllib.parse import quote

import pytest

from config.settings import Settings
from handlers.contexts import ROUTER
from handlers.http.pagination import Items, ListQuery, UpdatedQuery
from models.base.document import Document, Order
from models.base.merge_patch import Json
from tests.support.server import serving
from tests.support.wire.answers import done, next_page
from tests.support.wire.writes import write
from upcoach.client import RestClient
from upcoach.store.schema.profile import profiled

# What a document is called, what else it takes to make one, and the order of a list by default.
MADE: dict[str, tuple[str, Json, str]] = {
    "/v1/goals": ("title", {}, "created"),
    "/v1/tasks": ("title", {}, "created"),
    "/v1/habits": ("name", {}, "position"),
    "/v1/moods": ("note", {"level": 4}, "-at"),
    "/v1/journal": ("title", {"text": "Went out."}, "-date"),
    "/v1/calendar/events": (
        "title",
        {"starts": "2026-03-02T18:00", "ends": "2026-03-02T19:00"},
        "created",
    ),
}
LISTS = {
    operation.path: operation
    for operation in ROUTER.operations
    if operation.method == "GET"
    and typing.get_origin(operation.gives) is Items
    and issubclass(operation.query, ListQuery)
}


def kind_of(path: str) -> type[Document]:
    (kind,) = typing.get_args(LISTS[path].gives)
    return typing.cast("type[Document]", kind)


def orders_of(path: str) -> tuple[Order, ...]:
    """The orders of what is listed at *path*; what everybody finds is no document of the caller."""
    orders: tuple[Order, ...] = getattr(kind_of(path), "orders", ())
    return orders


def test_every_list_in_the_order_of_changes_can_be_asked_for_those_since_a_moment() -> None:
    ordered = {
        path for path in LISTS if any(order.field == "updated_at" for order in orders_of(path))
    }
    asked = {path for path, one in LISTS.items() if issubclass(one.query, UpdatedQuery)}

    assert asked == ordered
    assert ordered == {*MADE, "/v1/journal/search", "/v1/coaching/sessions"}


@pytest.mark.parametrize("since", ["0.5", "1764583842", "-1", "1e3", "2026-01-05", "now", "null"])
async def test_a_moment_is_no_number(settings: Settings, since: str) -> None:
    async with serving(settings) as server:
        person = await server.person()
        answers = [await person.call("GET", f"{path}?updated_since={since}") for path in MADE]

        assert {answer.status for answer in answers} == {400}
        assert {answer.body["errors"][0]["pointer"] for answer in answers} == {"?updated_since"}


async def ids(person: RestClient, path: str) -> list[str]:
    found: list[str] = []
    while path:
        answer = await done(person.call("GET", path))
        found += [one["id"] for one in answer.body["items"]]
        path = next_page(answer)
    return found


@pytest.mark.parametrize("path", MADE)
async def test_what_was_changed_since_a_moment_is_found_by_the_index_of_changes(
    settings: Settings, path: str
) -> None:
    async with serving(settings) as server:
        person = await server.person()
        name, rest, usual = MADE[path]
        made = [await done(person.call("POST", path, rest | {name: word})) for word in "abcde"]
        a, b, c, d, e = names = [answer.body["id"] for answer in made]
        changed = await write(person, "PATCH", f"{path}/{b}", {name: "B"}, 1)
        since = f"updated_since={quote(made[3].body['updated_at'])}"

        async with profiled(server.node.database) as profile:
            assert await ids(person, f"{path}?{since}") == [d, e, b]
            ran = await profile.fresh()
        assert await ids(person, f"{path}?{since}&limit=1") == [d, e, b]
        last_first = f"{since}&sort=-{usual.removeprefix('-')}"
        assert await ids(person, f"{path}?{last_first}") == [e, d, b]
        assert await ids(person, f"{path}?{since}&sort=-updated") == [b, e, d]
        assert await ids(person, f"{path}?updated_since={quote(changed.body['updated_at'])}") == [b]
        assert await ids(person, f"{path}?sort=updated&limit=2") == [a, c, d, e, b]
        assert await ids(person, path) == (names[::-1] if usual[0] == "-" else names)

    collection = kind_of(path).collection
    plans = [one for one in ran if one.collection == collection]
    assert plans
    assert all("updated_at" in one.plan and not one.sorts for one in plans), plans
    assert {one.documents for one in plans} == {3}
