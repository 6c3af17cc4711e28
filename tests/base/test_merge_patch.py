"""JSON Merge Patch (RFC 7396), and the difference that it is made of."""

import json
from typing import Any

import pytest
from hypothesis import given

from models.base.merge_patch import Json, difference, merged
from tests.support.wire.json_values import objects, patches, unhurried


@unhurried
@given(objects, objects)
def test_an_object_and_the_difference_to_another_give_the_other(old: Json, new: Json) -> None:
    before = json.dumps([old, new])

    patched = merged(old, difference(old, new))

    assert patched == new
    assert json.dumps([old, new]) == before


@unhurried
@given(objects)
def test_there_is_no_difference_between_an_object_and_itself(value: Json) -> None:
    assert difference(value, json.loads(json.dumps(value))) == {}


@unhurried
@given(objects, patches)
def test_a_patch_is_merged_as_the_standard_says(target: Json, patch: Json) -> None:
    result = merged(target, patch)

    assert result == merged_by_the_book(target, patch)
    assert merged(result, patch) == result
    assert {name for name, value in patch.items() if value is None}.isdisjoint(result)


def merged_by_the_book(target: Any, patch: Any) -> Any:
    """The pseudocode of RFC 7396, section 2, word for word."""
    if isinstance(patch, dict):
        if not isinstance(target, dict):
            target = {}
        target = dict(target)
        for name, value in patch.items():
            if value is None:
                if name in target:
                    del target[name]
            else:
                target[name] = merged_by_the_book(target.get(name), value)
        return target
    return patch


@pytest.mark.parametrize(
    ("target", "patch", "result"),
    [
        ({"a": "b"}, {"a": "c"}, {"a": "c"}),
        ({"a": "b"}, {"b": "c"}, {"a": "b", "b": "c"}),
        ({"a": "b"}, {"a": None}, {}),
        ({"a": "b", "b": "c"}, {"a": None}, {"b": "c"}),
        ({"a": ["b"]}, {"a": "c"}, {"a": "c"}),
        ({"a": "c"}, {"a": ["b"]}, {"a": ["b"]}),
        ({"a": {"b": "c"}}, {"a": {"b": "d", "c": None}}, {"a": {"b": "d"}}),
        ({"a": [{"b": "c"}]}, {"a": [1]}, {"a": [1]}),
        (["a", "b"], ["c", "d"], ["c", "d"]),
        ({"a": "b"}, ["c"], ["c"]),
        ({"a": "foo"}, None, None),
        ({"a": "foo"}, "bar", "bar"),
        ({"e": None}, {"a": 1}, {"e": None, "a": 1}),
        ([1, 2], {"a": "b", "c": None}, {"a": "b"}),
        ({}, {"a": {"bb": {"ccc": None}}}, {"a": {"bb": {}}}),
    ],
)
def test_the_examples_of_rfc_7396(target: Any, patch: Any, result: Any) -> None:
    assert merged(target, patch) == result
