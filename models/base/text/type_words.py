"""What a value may be, in words for people: the one home of the sentences about types.

A text with a pattern is `shaped`, which says in words what has that form: no pattern is shown.
"""

import functools
from collections.abc import Callable, Iterable
from typing import Any, Final

import msgspec
from msgspec import inspect as types

from models.base.text.counting import counted

FORM: Final = "form"

_PLAIN: Final[dict[type[types.Type], str]] = {
    types.BoolType: "true or false",
    types.NoneType: "null",
    types.DateTimeType: "a moment such as 2026-01-05T09:00:00Z",
    types.DateType: "a date such as 2026-01-05",
    types.TimeType: "a time of day such as 09:30:00",
    types.TimeDeltaType: "a duration such as PT1H",
    types.UUIDType: "a UUID",
    types.BytesType: "bytes in base64",
    types.StructType: "an object",
    types.DictType: "an object",
    types.AnyType: "anything",
}


def shaped(*, pattern: str, form: str, **bounds: Any) -> msgspec.Meta:
    """What a text looks like: a *pattern* for machines, and for people what has that *form*."""
    return msgspec.Meta(pattern=pattern, extra={FORM: form}, **bounds)


@functools.cache
def words_of(kind: Any) -> str:
    """What a value of *kind* is: what stands behind "must be".

    Examples
    --------
    >>> from typing import Annotated, Literal
    >>> words_of(Annotated[int, msgspec.Meta(ge=1, le=5)]), words_of(str | None)
    ('a whole number from 1 to 5', 'text')
    >>> words_of(Annotated[str, msgspec.Meta(min_length=1, max_length=255)])
    'text of 1 to 255 characters'
    >>> words_of(Literal["active", "paused"] | None)
    'one of: active, paused'
    >>> words_of(Annotated[tuple[str, ...], msgspec.Meta(max_length=20)])
    'a list of at most 20 items'

    """
    return _words(types.type_info(kind))


def _words(info: types.Type, form: str = "") -> str:
    if isinstance(info, types.Metadata):
        return _words(info.type, form or str((info.extra or {}).get(FORM, "")))
    if form:
        return form
    made = _MADE.get(type(info))
    return _PLAIN.get(type(info), "something else") if made is None else made(info)


def _alternatives(union: Any) -> str:
    words = [_words(info) for info in union.types if not isinstance(info, types.NoneType)]
    return " or ".join(dict.fromkeys(words)) or "null"


def _choice(values: Iterable[Any]) -> str:
    shown = [str(value) for value in values if value is not None]
    return shown[0] if len(shown) == 1 else f"one of: {', '.join(shown)}"


def _text(info: Any) -> str:
    return f"text{_sized(info.min_length, info.max_length, 'character')}"


def _list(info: Any) -> str:
    return f"a list{_sized(info.min_length, info.max_length, 'item')}"


def _sized(least: int | None, most: int | None, what: str) -> str:
    if most is None:
        return f" of at least {least} {_plural(least, what)}" if least else ""
    if not least:
        return f" of at most {most:,} {_plural(most, what)}"
    if least == most:
        return f" of {most:,} {_plural(most, what)}"
    return f" of {least:,} to {most:,} {_plural(most, what)}"


def _plural(count: int, what: str) -> str:
    return what if count == 1 else f"{what}s"


def _ranged(info: Any) -> str:
    """The range of a number; a bound that is excluded is the number above or below it."""
    least = _bound(info.ge)
    most = _bound(info.le)
    if least is not None and most is not None:
        return f" from {least} to {most}"
    above, below = _bound(info.gt), _bound(info.lt)
    parts = [
        f"of at least {least}" if least is not None else "",
        f"above {above}" if above is not None else "",
        f"of at most {most}" if most is not None else "",
        f"below {below}" if below is not None else "",
    ]
    words = " and ".join(filter(None, parts))
    return f" {words}" if words else ""


def _bound(value: float | None) -> str | None:
    if value is None:
        return None
    return f"{int(value):,}" if value == int(value) else str(value)


_MADE: Final[dict[type[types.Type], Callable[[Any], str]]] = {
    types.UnionType: _alternatives,
    types.StrType: _text,
    types.IntType: lambda info: f"a whole number{_ranged(info)}",
    types.FloatType: lambda info: f"a number{_ranged(info)}",
    types.LiteralType: lambda info: _choice(info.values),
    types.EnumType: lambda info: _choice([member.value for member in info.cls]),
    types.ListType: _list,
    types.SetType: _list,
    types.FrozenSetType: _list,
    types.VarTupleType: _list,
    types.TupleType: lambda info: f"a list of {counted(len(info.item_types), 'item')}",
}
