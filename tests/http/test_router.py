"""A path's route is found by its segments, and it is the one that the order of the rows says."""

import itertools
import re
import sys
from collections.abc import Callable, Iterator
from types import FrameType
from typing import Any, Final

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from handlers.contexts import ROUTER
from handlers.http.operations import Call, Operation, Reply, Router
from tests.http.first_match import FirstMatch
from upcoach.services.contexts import Services

REFERENCE: Final = FirstMatch.of(ROUTER.routes)
STEPS: Final = 60  # calls that a lookup may take; there are twice as many routes
WORDS: Final = sorted({part for route in ROUTER.routes for part in route.path.split("/")})
HOSTILE: Final = (
    "",
    "/",
    "//",
    "v1/goals",
    "/v1/goals/",
    "/v1//goals",
    "/v1/goals//history",
    "/v1/goals\n",
    "/v1/goals/\n",
    "/v1/goals/a\nb",
    "/v1/goals/%2e%2e",
    "/v1/goals/../me",
    "/v1/goals/a?b=c",
    "/V1/GOALS",
    "/v1/goals/\ud800",
    "/v1/goals/\0",
    "/v1/me/{id}",
    "/v1/goals/{id}",
    "/v1/journal/trash/shares",
    "/v1/journal/trash/restore",
    "/v1/journal/journals/shares",
    "/v1/auth/passkeys/token",
    "/" * 100_000,
    "/v1/goals" + "/a" * 100_000,
    "/v1/goals/" + "a" * 100_000,
)


async def nothing(_: Services, __: Call) -> Reply:
    return Reply()


def routed(*paths: str) -> Router:
    return Router(Operation(method="GET", path=path, run=nothing, public=True) for path in paths)


def steps(lookup: Callable[[str], Any], path: str) -> int:
    """How many functions are called to find *path*."""
    count = itertools.count()

    def called(_: FrameType, event: str, __: object) -> None:
        if event in ("call", "c_call"):
            next(count)

    sys.setprofile(called)
    try:
        lookup(path)
    finally:
        sys.setprofile(None)
    return next(count)


def paths() -> Iterator[str]:
    """Every route's path, with each of its names once as an id and once as a word of the table."""
    for route in ROUTER.routes:
        yield re.sub(r"\{\w+\}", "x-1", route.path)
        for word in WORDS:
            yield re.sub(r"\{\w+\}", word.replace("\\", ""), route.path)


@pytest.mark.parametrize("path", HOSTILE, ids=range(len(HOSTILE)))
def test_a_hostile_path_has_the_route_that_the_rows_say(path: str) -> None:
    assert ROUTER.find(path) == REFERENCE.find(path)


def test_every_path_has_the_route_that_the_rows_say() -> None:
    assert [path for path in paths() if ROUTER.find(path) != REFERENCE.find(path)] == []


@settings(deadline=None)
@given(st.lists(st.sampled_from([*WORDS, "a", "x y", "\n"]), max_size=9).map("/".join))
def test_whatever_words_follow_each_other_the_rows_say_the_route(path: str) -> None:
    assert ROUTER.find(path) == REFERENCE.find(path)


def test_no_path_is_held_against_all_routes() -> None:
    taken = {path: steps(ROUTER.find, path) for path in (*paths(), *HOSTILE)}

    assert len(ROUTER.routes) > 100
    assert {path: count for path, count in taken.items() if count > STEPS} == {}


@pytest.mark.parametrize(
    ("rows", "path", "expected"),
    [
        (("/a/b", "/a/{id}"), "/a/b", "/a/b"),
        (("/a/{id}", "/a/b"), "/a/b", "/a/{id}"),
        (("/a/{id}/c", "/a/b/{to}"), "/a/b/c", "/a/{id}/c"),
        (("/a/b/{to}", "/a/{id}/c"), "/a/b/c", "/a/b/{to}"),
        (("/a/b/d", "/a/{id}/c"), "/a/b/c", "/a/{id}/c"),
        (("/a/{id}", "/a/{other}"), "/a/b", "/a/{id}"),
    ],
)
def test_the_first_row_wins(rows: tuple[str, ...], path: str, expected: str) -> None:
    found = routed(*rows).find(path)

    assert found is not None
    assert found == FirstMatch.of(routed(*rows).routes).find(path)
    assert found[0].path == expected


def test_a_name_is_a_whole_segment() -> None:
    with pytest.raises(ValueError, match="whole segment"):
        routed("/a/{id}:undo")


def test_no_path_is_hidden_by_one_before_it() -> None:
    hidden = [
        route.path
        for route in ROUTER.routes
        if ROUTER.find(re.sub(r"\{\w+\}", "x-1", route.path)) is None
        or ROUTER.find(re.sub(r"\{\w+\}", "x-1", route.path))[0] is not route  # type: ignore[index]
    ]

    assert hidden == []
