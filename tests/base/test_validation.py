"""Where the flaws of a value are."""

from typing import Any

import msgspec
import pytest

from models.base.errors import Invalid
from models.base.validation import checked


class Inner(msgspec.Struct, forbid_unknown_fields=True):
    """Something inside."""

    numbers: list[int]


class Outer(msgspec.Struct, forbid_unknown_fields=True):
    """Something with something inside."""

    inner: Inner
    names: dict[str, int] = {}


@pytest.mark.parametrize(
    ("value", "pointer", "code"),
    [
        ({}, "/inner", "field_missing"),
        ({"inner": {}}, "/inner/numbers", "field_missing"),
        ({"inner": {"numbers": 1}}, "/inner/numbers", "field_invalid"),
        ({"inner": {"numbers": [1, "2"]}}, "/inner/numbers/1", "field_invalid"),
        ({"inner": {"numbers": [], "more": 1}}, "/inner/more", "field_unknown"),
        ({"inner": {"numbers": []}, "more": 1}, "/more", "field_unknown"),
        ({"inner": {"numbers": []}, "names": {"a": "b"}}, "/names/a", "field_invalid"),
        ([], "", "field_invalid"),
        (None, "", "field_invalid"),
    ],
)
def test_a_flaw_says_where_it_is(value: Any, pointer: str, code: str) -> None:
    with pytest.raises(Invalid) as refusal:
        checked(value, Outer)

    (flaw,) = refusal.value.flaws
    assert refusal.value.code == "body_invalid"
    assert (flaw.pointer, flaw.code) == (pointer, code)
    assert refusal.value.detail == flaw.detail
