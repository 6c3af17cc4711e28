"""JSON is read as strictly as by one value at a time, and at the pace of the standard library."""

import json
from collections.abc import Callable
from typing import Any, Final

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from handlers.http.operations import strict_json
from models.base.errors import Invalid
from tests.costs.cpu import cost_s
from tests.http import strict_json_reference as reference

REFUSED: Final = object()
DEARER: Final = 4.0  # times what the standard library takes, at most
PARSES: Final = 30
BODIES: Final[dict[str, Any]] = {
    "integers": list(range(5_000)),
    "objects": [{"a": number, "b": "x" * 10} for number in range(1_000)],
    "numbers": [number / 7 for number in range(1_500)],
    "words": ["word"] * 3_000,
    "text": {"text": "a" * 30_000},
    "wide text": {"text": "\N{GRINNING FACE}" * 5_000},
}
# What is refused somewhere, or nearly: escapes, large numbers, names that come twice.
PIECES: Final = (
    '"\\u0000"',
    '"\\\\u0000"',
    '"\\ud83d\\ude00"',
    '"\\ude00\\ud83d"',
    '"\\uD800"',
    '"\\u00e9\\n"',
    '"a"',
    '"é\N{GRINNING FACE}"',
    '"\x01"',
    "9007199254740992",
    "9007199254740993",
    "-9007199254740992",
    "-9007199254740993",
    "9" * 5_000,
    "-0",
    "0.0",
    "1e308",
    "1e309",
    "-1e309",
    "1e-999",
    f"{'9' * 400}.0",
    "true",
    "null",
    "NaN",
    "-Infinity",
    "[]",
    "{}",
)


def read(parse: Callable[[bytes], Any], raw: bytes) -> Any:
    """The value with its types, or that it is refused."""
    try:
        return repr(parse(raw))
    except (Invalid, reference.Malformed):
        return REFUSED


def arrays(inner: st.SearchStrategy[str]) -> st.SearchStrategy[str]:
    return st.lists(inner, max_size=4).map(lambda parts: f"[{','.join(parts)}]")


def records(inner: st.SearchStrategy[str]) -> st.SearchStrategy[str]:
    names = st.sampled_from(('"a"', '"b"', '"\\u0061"', '"\\u0000"', '"\\ud800"'))
    members = st.tuples(names, inner).map(":".join)
    return st.lists(members, max_size=3).map(lambda parts: f"{{{','.join(parts)}}}")


texts = st.recursive(
    st.sampled_from(PIECES), lambda inner: arrays(inner) | records(inner), max_leaves=12
)


@settings(deadline=None, max_examples=400)
@given(texts)
def test_what_is_json_has_the_verdict_of_the_reference(text: str) -> None:
    raw = text.encode()

    assert read(strict_json.parse, raw) == read(reference.parse, raw)


@settings(deadline=None, max_examples=400)
@given(
    st.binary(max_size=40) | st.text('{}[]",:0123456789.eE+-tfnd\\u ', max_size=40).map(str.encode)
)
def test_whatever_else_comes_has_the_verdict_of_the_reference(raw: bytes) -> None:
    assert read(strict_json.parse, raw) == read(reference.parse, raw)


@pytest.mark.parametrize("piece", [*PIECES, "[[[]]]", '{"a":{}}'])
@pytest.mark.parametrize("levels", [0, 1, 30, 31, 32, 33])
@pytest.mark.parametrize(("head", "tail"), [("[", "]"), ('{"a":', "}"), ('[0,"b",', ",{}]")])
def test_every_level_has_the_verdict_of_the_reference(
    piece: str, levels: int, head: str, tail: str
) -> None:
    raw = (head * levels + piece + tail * levels).encode()

    assert read(strict_json.parse, raw) == read(reference.parse, raw)


@pytest.mark.parametrize("body", BODIES)
def test_a_body_takes_a_few_times_what_the_standard_library_takes(body: str) -> None:
    raw = json.dumps(BODIES[body], ensure_ascii=False).encode()

    def work(parse: Callable[[bytes], Any]) -> float:
        return cost_s(lambda times: lambda: [parse(raw) for _ in range(times)], PARSES, tries=5)

    assert work(strict_json.parse) < DEARER * work(json.loads)
