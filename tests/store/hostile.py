"""Values at the bounds of each field, beyond them, far beyond, and of other types."""

from collections.abc import Iterator
from typing import Any, Final

import msgspec
from msgspec import inspect

from models.base.merge_patch import Json

ANYTHING: Final[tuple[Any, ...]] = (
    None,
    True,
    -1,
    0.5,
    8,
    367,
    1_440,
    2**31,
    2**63 - 1,
    2**63,
    2**64,
    10**30,
    1e308,
    -1e308,
    "",
    " ",
    "\x00",
    "\u202e\ufeff",
    "x" * 1_001,
    "\U0001f600" * 256,
    "0001-01-01",
    "9999-12-31",
    "2999-12-31",
    "2026-02-30",
    "0001-01-01T00:00:00+23:59",
    "9999-12-31T23:59:59.999999-23:59",
    "24:00",
    [],
    {},
    [[]],
    {"type": "no such"},
    {"\x00": {}, "$set": 1, "a.b": 2},
    ["x"] * 51,
)


def bodies(body: Json, takes: Any) -> Iterator[tuple[str, Json]]:
    """*body* with one field after the other in all sorts of ways that its type may not expect."""
    info = inspect.type_info(takes)
    assert isinstance(info, inspect.StructType)
    fields = {field.encode_name: field.type for field in info.fields}
    for name, of in fields.items():
        for value in (*ANYTHING, *_at_bounds(of)):
            yield f"/{name}", body | {name: value}
    yield from _bent("", body)


def _at_bounds(of: inspect.Type) -> Iterator[Any]:
    """Values at the bounds that a type declares, and one beyond."""
    if isinstance(of, inspect.UnionType):
        for one in of.types:
            yield from _at_bounds(one)
    elif isinstance(of, inspect.IntType | inspect.FloatType):
        bounds = [bound for bound in (of.ge, of.le, of.gt, of.lt) if bound is not None]
        yield from (bound + step for bound in bounds for step in (-1, 0, 1))
    elif isinstance(of, inspect.StrType) and of.max_length is not None:
        yield from ("x" * of.max_length, "x" * (of.max_length + 1), "\x00" * of.max_length)
    elif isinstance(of, inspect.CollectionType | inspect.VarTupleType) and of.max_length:
        for one in _examples(of.item_type):
            yield [one] * of.max_length
        yield from ([f"x{n}" for n in range(of.max_length + more)] for more in (0, 1))
    elif isinstance(of, inspect.DictType):
        most = of.max_length or 100
        for one in _examples(of.value_type):
            yield {f"n{n}": one for n in range(most)}
            yield {f"n{n}": one for n in range(most + 1)}


def _examples(of: inspect.Type) -> Iterator[Any]:
    """Something that may be one, also at its bounds."""
    yield from _at_bounds(of)
    if isinstance(of, inspect.StructType):
        required = [field for field in of.fields if field.required]
        yield {field.encode_name: next(_at_bounds(field.type), "x") for field in required}


def _bent(path: str, value: Any) -> Iterator[tuple[str, Any]]:
    """*value* with one thing inside it after the other replaced by *anything*."""
    if isinstance(value, dict):
        members: list[tuple[Any, Any]] = list(value.items())
    elif isinstance(value, list):
        members = list(enumerate(value))
    else:
        return
    for name, part in members:
        here = f"{path}/{name}"
        changed = [*_bent(here, part)]
        if path:  # the outermost fields had all of it
            changed += [(here, other) for other in ANYTHING]
        for where, other in changed:
            copy = msgspec.json.decode(msgspec.json.encode(value))
            copy[name] = other
            yield where, copy
