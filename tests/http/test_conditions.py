"""Conditions of requests (RFC 9110, 13): which versions a read or a write is for."""

from typing import Any, Final

import pytest

from config.settings import Settings
from models.base.errors import Invalid
from models.base.ids import new_mutation_id
from models.base.versions.version_conditions import EntityTags, VersionCondition, base_of
from tests.support.server import serving
from tests.support.wire.answers import done
from upcoach.client import RestClient

GOALS: Final = "/v1/goals"
MALFORMED: Final = ("", " ", "v3", '"v3', 'v3"', '"v3" "v4"', "*, *", '*, "v3"', 'w/"v3"', '"\x7f"')
# Strong comparison, weak comparison, with version 3 (RFC 9110, 8.8.3.2).
COMPARED: Final = (
    ("*", True, True),
    ('"v3"', True, True),
    ('"v2"', False, False),
    ('W/"v3"', False, True),
    ('"v2", "v3"', True, True),
    ('"v2" , W/"v3"', False, True),
    (', "v3",,', True, True),
    ('"a,b", "v3"', True, True),
    ('"v3x"', False, False),
    ('"v03"', False, False),
    ('"V3"', False, False),
    ('""', False, False),
    ('"ü"', False, False),
)
# What a read of version 2 is answered, by If-Match and If-None-Match, in the order of 13.2.2.
READS: Final = (
    (None, None, 200),
    ('"v2"', None, 200),
    ("*", None, 200),
    ('"v1", "v2"', None, 200),
    ('W/"v2"', None, 412),
    ('"v1"', None, 412),
    (None, '"v2"', 304),
    (None, 'W/"v2"', 304),
    (None, '"v1", W/"v2"', 304),
    (None, "*", 304),
    (None, '"v1"', 200),
    (None, '"v22"', 200),
    (None, "v2", 200),
    ('"v1"', '"v2"', 412),
    ('"v2"', '"v2"', 304),
    ('"v2"', '"v1"', 200),
)
# What a change of version 2 is answered, unnamed.
CHANGES: Final = (
    ("*", None, 200),
    ('"v1", "v2"', None, 200),
    ('W/"v1", "v2"', None, 200),
    ('"v1", "v3"', None, 412),
    ('W/"v2"', None, 412),
    ('"other"', None, 412),
    ('"v2"', '"v1"', 200),
    ('"v2"', '"v2"', 412),
    ('"v2"', 'W/"v2"', 412),
    ('"v2"', "*", 412),
    ("*", "*", 412),
    (None, '"v1"', 428),
    (None, "*", 428),
    ('"v2"', "v2", 400),
    ("v2", None, 400),
)


@pytest.mark.parametrize("header", MALFORMED)
def test_what_holds_no_tags_is_refused(header: str) -> None:
    with pytest.raises(Invalid):
        EntityTags.read(header)


@pytest.mark.parametrize(("header", "strongly", "weakly"), COMPARED)
def test_tags_are_compared_in_two_ways(header: str, *, strongly: bool, weakly: bool) -> None:
    tags = EntityTags.read(header)

    assert (tags.matches_strongly(3), tags.matches_weakly(3)) == (strongly, weakly)


def test_one_version_is_a_number_as_it_is_in_a_frame() -> None:
    base = base_of('"v3"', None)

    assert (base, type(base)) == (3, int)
    assert isinstance(base_of('"v3", "v4"', None), VersionCondition)


def _headers(match: str | None, none_match: str | None) -> dict[str, str]:
    both = {"If-Match": match, "If-None-Match": none_match}
    return {name: text for name, text in both.items() if text is not None}


async def _goal(person: RestClient) -> str:
    """The path of a goal at version 2."""
    goal = (await done(person.call("POST", GOALS, {"title": "Run"}))).body
    path = f"{GOALS}/{goal['id']}"
    await done(person.call("PATCH", path, {"title": "Swim"}, headers={"If-Match": '"v1"'}))
    return path


async def test_conditions_of_reads_are_looked_at_in_their_order(settings: Settings) -> None:
    async with serving(settings) as server:
        person = await server.person()
        path = await _goal(person)
        for match, none_match, status in READS:
            for method in ("GET", "HEAD"):
                answer = await person.call(method, path, headers=_headers(match, none_match))
                assert answer.status == status, (method, match, none_match)
                if status != 412:
                    assert answer.headers["etag"] == '"v2"'


async def test_conditions_of_changes_are_looked_at_in_their_order(settings: Settings) -> None:
    async with serving(settings) as server:
        person = await server.person()
        for match, none_match, status in CHANGES:
            path = await _goal(person)
            headers = _headers(match, none_match)
            answer = await person.call("PATCH", path, {"title": "Fly"}, headers=headers)
            now = (await person.call("GET", path)).body
            assert answer.status == status, (match, none_match, answer)
            assert (now["version"], now["title"]) == ((3, "Fly") if status == 200 else (2, "Swim"))


# Where something is put, under a condition, and there is nothing yet, and then there is.
PUTS: Final[tuple[tuple[dict[str, str], int, int], ...]] = (
    ({}, 201, 200),
    ({"If-None-Match": "*"}, 201, 412),
    ({"If-None-Match": '"v1"'}, 201, 412),
    ({"If-None-Match": '"v7"'}, 201, 200),
    ({"If-Match": "*"}, 404, 200),
    ({"If-Match": '"v1", "v7"'}, 404, 200),
    ({"If-Match": '"v7"'}, 404, 412),
)


async def test_what_is_put_where_there_is_nothing_is_put_once(settings: Settings) -> None:
    async with serving(settings) as server:
        person = await server.person()
        goal = (await done(person.call("POST", GOALS, {"title": "Run"}))).body["id"]
        habit = (await done(person.call("POST", "/v1/habits", {"name": "Walk"}))).body
        entry = (await done(person.call("POST", "/v1/journal", {"text": "Today"}))).body["id"]
        for number, (headers, first, second) in enumerate(PUTS):
            places: list[tuple[str, Any, Any]] = [
                (
                    f"{GOALS}/{goal}/progress/pnt_01a22a82-a4a3-759f-9449-31ec8503c{number:03}",
                    {"value": 0.2},
                    {"value": 0.4},
                ),
                (
                    f"/v1/habits/{habit['id']}/entries/2026-11-{number + 1:02}",
                    {"state": "done"},
                    {"state": "skip"},
                ),
            ]
            if number < 2:  # the versions of one that was there go on
                draft = f"/v1/journal/{entry}/draft"
                await person.call("DELETE", draft)
                places.append((draft, {"text": "A"}, {"text": "B"}))
            for path, one, other in places:
                answer = await person.call("PUT", path, one, headers=headers)
                assert answer.status == first, (path, headers, answer)
                if first != 201:
                    await done(person.call("PUT", path, one))
                again = await person.call("PUT", path, other, headers=headers)
                assert again.status == second, (path, headers, again)


async def test_a_named_write_is_another_under_another_condition(settings: Settings) -> None:
    async with serving(settings) as server:
        person = await server.person()
        path = await _goal(person)
        key = {"Idempotency-Key": new_mutation_id()}
        ways = ({"If-Match": "*"}, {"If-Match": '"v1", "v2"'}, {"If-Match": '"v2", "v7"'})
        answers = [
            await person.call("PATCH", path, {"title": "Fly"}, headers=key | way) for way in ways
        ]
        same = await person.call("PATCH", path, {"title": "Fly"}, headers=key | ways[0])

        assert [answer.status for answer in answers] == [200, 422, 422]
        assert same.headers["idempotency-replayed"] == "true"
