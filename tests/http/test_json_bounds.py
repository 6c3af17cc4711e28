"""What is read as JSON, and what is refused."""

import contextlib
import json
from collections.abc import Callable
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from handlers.http.operations import strict_json
from models.base.errors import Invalid
from models.base.merge_patch import Json
from tests.costs.cpu import flaw
from tests.support.wire.json_values import objects, unhurried


@unhurried
@given(objects)
def test_strict_json_reads_what_json_writes(value: Json) -> None:
    assert strict_json.parse(json.dumps(value).encode()) == value
    assert strict_json.parse(json.dumps(value, ensure_ascii=False).encode()) == value


@unhurried
@given(
    st.binary(max_size=64) | st.text('{}[]",:0123456789.eE+-tfn\\u ', max_size=40).map(str.encode)
)
def test_strict_json_refuses_and_never_crashes(raw: bytes) -> None:
    with contextlib.suppress(Invalid):
        assert strict_json.parse(raw) == json.loads(raw)


@pytest.mark.parametrize("levels", [1, 32])
def test_strict_json_takes_levels_up_to_its_bound(levels: int) -> None:
    assert strict_json.parse(b"[" * levels + b"]" * levels) is not None


@pytest.mark.parametrize(
    "raw",
    [
        b"[" * 33 + b"]" * 33,
        b'{"a":' * 33 + b"1" + b"}" * 33,
        b"[" * 100_000,
        b"9007199254740993",
        b"-9007199254740993",
        b"1e400",
        b"-1e400",
        b"NaN",
        b"[Infinity]",
        b'{"a":1,"a":1}',
        b'[{"b":{"a":1,"a":2}}]',
        b'"\\ud800"',
        b'{"\\udc00":1}',
        b'"\\u0000"',
        b'"\xc0\x80"',
        b"\xef\xbb\xbf1",
        b"01",
        b"1.",
        b"",
        b"1 2",
    ],
)
def test_strict_json_refuses(raw: bytes) -> None:
    with pytest.raises(Invalid) as refusal:
        strict_json.parse(raw)

    assert refusal.value.code == "json_malformed"


@pytest.mark.parametrize(
    ("raw", "value"),
    [
        (b"9007199254740992", 2**53),
        (b"-9007199254740992", -(2**53)),
        (b"1e10", 1e10),
        (b'"\\ud83d\\ude00"', "\N{GRINNING FACE}"),
        (b' {"a": [null, true]} ', {"a": [None, True]}),
        (b"1e-400", 0.0),
    ],
)
def test_strict_json_reads(raw: bytes, value: Any) -> None:
    assert strict_json.parse(raw) == value


@pytest.mark.parametrize("unit", ["[[[[[[[[[]]]]]]]]]", "[]", "{}", '{"":[]}'])
def test_masses_of_empty_values_are_refused_before_they_are_read(unit: str) -> None:
    raw = f"[{','.join([unit] * (1_400_000 // len(unit)))},".encode()

    with pytest.raises(Invalid, match="an array or an object in less than 16 bytes"):
        strict_json.parse(raw)  # and not for what is wrong behind them


@pytest.mark.parametrize("text", ["[" * 90_000, '\\"{' * 30_000, "\\" * 50_001 + "{"])
def test_brackets_within_a_text_are_no_values(text: str) -> None:
    value = {"text": text, "dates": [{"date": 1668022567108, "value": 0}] * 10_000}

    assert strict_json.parse(json.dumps(value).encode()) == value


@pytest.mark.parametrize("raw", [b'["' + b'\\"{' * 40_000, b'"[' * 40_000, b'["' + b"{" * 90_000])
def test_a_text_that_is_cut_off_is_read_once(raw: bytes) -> None:
    def work(size: int) -> Callable[[], None]:
        def read() -> None:
            with pytest.raises(Invalid):
                strict_json.parse(raw[:size])

        return read

    assert flaw(work, len(raw)) == ""
