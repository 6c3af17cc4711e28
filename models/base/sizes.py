"""The size of the longest JSON text of a type, computed from the type alone.

A letter beyond the basic plane has twelve bytes where a client escapes it (RFC 8259, 7).  What the
schema does not bound is bounded by a rule of its own, such as the name of a time zone.
"""

from collections.abc import Callable
from typing import Any, Final

import msgspec
from msgspec import inspect

LETTER_BYTES: Final = len(r"\ud83d\ude00")
NUMBER_BYTES: Final = 26  # -1.7976931348623157e+308, with room
TIME_BYTES: Final = 40
NAME_LETTERS: Final = 64  # letters of a text whose form is its bound: an id, a time zone
SEPARATOR_BYTES: Final = 2  # a comma or a colon, and a space


def max_json_bytes(kind: Any) -> int:
    """The bytes of the longest JSON text that is a *kind*.

    Examples
    --------
    >>> from typing import Annotated
    >>> max_json_bytes(Annotated[str, msgspec.Meta(max_length=10)])
    122
    >>> max_json_bytes(list[bool])
    Traceback (most recent call last):
    ValueError: ListType has no bound

    """
    return _size(inspect.type_info(kind))


def _size(info: inspect.Type) -> int:
    for kind, measure in _MEASURES.items():
        if isinstance(info, kind):
            return measure(info)
    raise ValueError(f"{type(info).__name__} has no bound")


def _text(info: Any) -> int:
    return LETTER_BYTES * (NAME_LETTERS if info.max_length is None else info.max_length) + 2


def _array(info: Any) -> int:
    return _bound(info) * (_size(info.item_type) + SEPARATOR_BYTES) + 2


def _object(info: Any) -> int:
    each = _size(info.key_type) + _size(info.value_type) + 2 * SEPARATOR_BYTES
    return _bound(info) * each + 2


def _fields(info: Any) -> int:
    return 2 + sum(
        len(field.encode_name) + 2 + _size(field.type) + 2 * SEPARATOR_BYTES
        for field in info.fields
    )


def _literal(info: Any) -> int:
    return max(len(msgspec.json.encode(value)) for value in info.values)


def _bound(info: Any) -> int:
    if info.max_length is None:
        raise ValueError(f"{type(info).__name__} has no bound")
    return int(info.max_length)


_MEASURES: Final[dict[type[inspect.Type], Callable[[Any], int]]] = {
    inspect.StrType: _text,
    inspect.BoolType: lambda _: 5,
    inspect.NoneType: lambda _: 4,
    inspect.IntType: lambda _: NUMBER_BYTES,
    inspect.FloatType: lambda _: NUMBER_BYTES,
    inspect.DateType: lambda _: TIME_BYTES,
    inspect.TimeType: lambda _: TIME_BYTES,
    inspect.DateTimeType: lambda _: TIME_BYTES,
    inspect.LiteralType: _literal,
    inspect.EnumType: lambda info: _literal(inspect.LiteralType(values=tuple(info.cls))),
    inspect.ListType: _array,
    inspect.SetType: _array,
    inspect.FrozenSetType: _array,
    inspect.VarTupleType: _array,
    inspect.DictType: _object,
    inspect.StructType: _fields,
    inspect.UnionType: lambda info: max(map(_size, info.types)),
    inspect.Metadata: lambda info: _size(info.type),
}
