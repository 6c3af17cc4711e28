"""JSON Schemas of what holds nothing else, and what is done to any schema."""

from collections.abc import Sequence
from typing import Any, Final

from msgspec import inspect as types

from handlers.openapi.static_documents import portable_pattern
from models.base.merge_patch import Json

_PLAIN: Final[dict[type[types.Type], Json]] = {
    types.AnyType: {},
    types.RawType: {},
    types.NoneType: {"type": "null"},
    types.BoolType: {"type": "boolean"},
    types.DateTimeType: {"type": "string", "format": "date-time"},
    types.DateType: {"type": "string", "format": "date"},
    types.TimeType: {"type": "string", "format": "time"},
    types.TimeDeltaType: {"type": "string", "format": "duration"},
    types.UUIDType: {"type": "string", "format": "uuid"},
    types.BytesType: {"type": "string", "contentEncoding": "base64"},
}
_NUMBERS: Final = {types.IntType: "integer", types.FloatType: "number"}
_JSON_TYPES: Final = {bool: "boolean", int: "integer", str: "string", float: "number"}


def not_null(info: types.Type) -> types.Type:
    """*info* without null."""
    if not isinstance(info, types.UnionType):
        return info
    rest = tuple(member for member in info.types if not isinstance(member, types.NoneType))
    return rest[0] if len(rest) == 1 else types.UnionType(rest)


def nullable(schema: Json) -> Json:
    """*schema*, or null."""
    kind = schema.get("type")
    if not schema or kind == "null" or (isinstance(kind, list) and "null" in kind):
        return schema
    if isinstance(kind, str) and "enum" not in schema and "const" not in schema:
        return schema | {"type": [kind, "null"]}
    if {"type": "null"} in schema.get("anyOf", ()):
        return schema
    return {"anyOf": [schema, {"type": "null"}]}


def any_of(schemas: Sequence[Json]) -> Json:
    """One of *schemas*; one schema of several types where no two say something of the same type.

    A class for each member is more than generators make of numbers and lists.
    """
    if len(schemas) == 1:
        return schemas[0]
    kinds = [_kinds(schema) for schema in schemas]
    names = [name for schema in schemas for name in schema if name != "type"]
    told = [kind for several in kinds for kind in several]
    plain = [kind for kind in told if kind != "null"]
    if not all(kinds) or len({*plain}) < len(plain) or len({*names}) < len(names):
        return {"anyOf": list(schemas)}
    merged = {name: value for schema in schemas for name, value in schema.items()}
    in_order = sorted(plain, key="array".__eq__)  # openapi-generator makes Java of no other
    return merged | {"type": list(dict.fromkeys((*in_order, *told)))}


def _kinds(schema: Json) -> list[str]:
    """The types that *schema* names; none where it says something else, such as a reference."""
    kind = schema.get("type", [])
    return [kind] if isinstance(kind, str) else list(kind)


def scalar(info: types.Type) -> Json | None:
    """The schema of a type that holds no others; None for one that does."""
    match info:
        case types.IntType() | types.FloatType():
            return {"type": _NUMBERS[type(info)]} | _bounds(info)
        case types.StrType():
            return {"type": "string"} | _text(info)
        case types.LiteralType():
            return enumerated(info.values)
        case types.EnumType():
            return enumerated([member.value for member in info.cls])
    plain = _PLAIN.get(type(info))
    return None if plain is None else dict(plain)


def _bounds(info: types.IntType | types.FloatType) -> Json:
    names = {
        "minimum": info.ge,
        "exclusiveMinimum": info.gt,
        "maximum": info.le,
        "exclusiveMaximum": info.lt,
        "multipleOf": info.multiple_of,
    }
    return {name: bound for name, bound in names.items() if bound is not None}


def _text(info: types.StrType) -> Json:
    pattern = {} if info.pattern is None else {"pattern": portable_pattern(info.pattern)}
    return lengths(info, "Length") | pattern


def lengths(info: Any, what: str) -> Json:
    """How many of *what* there may be: `minItems`, `maxLength`."""
    bounds = {f"min{what}": info.min_length, f"max{what}": info.max_length}
    return {name: bound for name, bound in bounds.items() if bound is not None}


def constant(value: Any) -> Json:
    """*value*, and no other."""
    return {"type": _JSON_TYPES[type(value)], "const": value}


def enumerated(values: Sequence[Any]) -> Json:
    """One of *values*."""
    kinds = sorted({_JSON_TYPES[type(value)] for value in values if value is not None})
    schema = {"type": kinds[0] if len(kinds) == 1 else kinds, "enum": list(values)}
    return schema | ({"type": [*kinds, "null"]} if None in values else {})
