"""What it costs to take a body, whichever of its texts is made to be slow to read."""

import contextlib
import datetime as dt
import json
import random
from collections.abc import Callable, Iterator
from typing import Any, Final

import pytest
from msgspec import inspect as types

from handlers.http.operations import Operation, strict_json
from models.base.errors import Invalid
from models.base.validation import checked
from tests.costs.adversarial import QUICK, repeated, units
from tests.costs.cpu import Work, flaw
from tests.costs.probe import rows
from upcoach.cli.explain.drafts import Drafts

LARGEST: Final = 60_000  # characters: what a body may have, less its other fields
TAKING: Final = [
    one
    for one in rows("POST", "PUT", "PATCH")
    if one.takes is not None and one.largest <= 64 * 1024
]

Put = Callable[[str], Any]


@pytest.mark.parametrize(
    "repeating", [QUICK, pytest.param(units(), marks=pytest.mark.chaos)], ids=["some", "all"]
)
@pytest.mark.parametrize("operation", TAKING, ids=lambda one: f"{one.method} {one.path}")
def test_no_text_in_a_body_is_slow_to_take(
    operation: Operation[Any], repeating: tuple[str, ...]
) -> None:
    drafts = Drafts(random.Random(3), dt.datetime.now(dt.UTC).date())
    whole = drafts.draft(operation.takes)
    found = {
        (name, unit): told
        for name, most, put in _texts(types.type_info(operation.takes), whole, "")
        for unit in repeating
        if (told := flaw(_work(operation, put, unit), most))
    }

    assert found == {}


def _work(operation: Operation[Any], put: Put, unit: str) -> Work:
    def ready(size: int) -> Callable[[], object]:
        raw = json.dumps(put(repeated(unit, size, LARGEST)), ensure_ascii=False).encode()

        def work() -> None:
            with contextlib.suppress(Invalid):
                checked(strict_json.parse(raw), operation.takes)

        return work

    return ready


def _texts(info: types.Type, whole: Any, path: str) -> Iterator[tuple[str, int, Put]]:
    """Each text in *whole*, and each name: where it is, how long it may be, how to put another."""
    match info:
        case types.Metadata():
            yield from _texts(info.type, whole, path)
        case types.UnionType():
            for one in info.types:
                yield from _texts(one, whole, path)
        case types.StrType():
            yield path, min(info.max_length or LARGEST, LARGEST), lambda text: text
        case types.StructType() | types.DictType() if isinstance(whole, dict):
            yield f"{path}/*", LARGEST, lambda text: whole | {text: next(iter(whole.values()), 1)}
            for name, kind in _members(info, whole):
                yield from _below(kind, whole, name, path)
        case types.CollectionType() if isinstance(whole, list | None):
            for name, most, put in _texts(info.item_type, (whole or [None])[0], f"{path}/-"):
                yield name, most, _listing(put)


def _members(
    info: types.StructType | types.DictType, whole: dict[str, Any]
) -> list[tuple[str, types.Type]]:
    if isinstance(info, types.DictType):
        return [(name, info.value_type) for name in whole]
    return [(field.encode_name, field.type) for field in info.fields]


def _below(
    info: types.Type, whole: dict[str, Any], name: str, path: str
) -> Iterator[tuple[str, int, Put]]:
    for place, most, put in _texts(info, whole.get(name), f"{path}/{name}"):
        yield place, most, _naming(whole, name, put)


def _listing(put: Put) -> Put:
    return lambda text: [put(text)]


def _naming(whole: dict[str, Any], name: str, put: Put) -> Put:
    return lambda text: whole | {name: put(text)}
