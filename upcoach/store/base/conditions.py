"""Filter conditions on fields, independent of the database."""

import datetime as dt
from collections.abc import Mapping
from typing import Any, Final

import msgspec

from models.base.fields import Choice


class Range(msgspec.Struct, frozen=True, kw_only=True):
    """Values from *first* to *last*, both included, and *above* another; None is no end."""

    first: Any = None
    last: Any = None
    above: Any = None


class OneOf(msgspec.Struct, frozen=True):
    """One of some values; None stands for no value."""

    values: tuple[Any, ...]


class AllOf(msgspec.Struct, frozen=True):
    """All of some values, in a field that is a list."""

    values: tuple[Any, ...]


class Present(msgspec.Struct, frozen=True):
    """Any value of a *type*, which is what documents without the field are told apart by."""

    type: type[dt.date | dt.datetime]


# Any other value stands for itself, and None for no value.
Conditions = Mapping[str, Any]

_TYPES: Final = {dt.date: "string", dt.datetime: "date"}


def query_of(conditions: Conditions) -> dict[str, Any]:
    """Translate *conditions* to a MongoDB query.

    Examples
    --------
    >>> query_of({"day": Range(first=dt.date(2026, 1, 5)), "done_at": None, "level": 3})
    {'day': {'$gte': '2026-01-05'}, 'done_at': {'$exists': False}, 'level': 3}

    """
    return {name: _operand(condition) for name, condition in conditions.items()}


def is_exact(condition: Any) -> bool:
    """Whether *condition* is met by one value alone."""
    if isinstance(condition, Choice):
        return len(condition.spellings) == 1
    return not isinstance(condition, Range | OneOf | Present)


def _operand(condition: Any) -> Any:
    match condition:
        case None:  # nulls are not stored, and null itself is looked up in two places of an index
            return {"$exists": False}
        case Range(first=first, last=last, above=above):
            ends = {"$gte": first, "$lte": last, "$gt": above}
            return {name: _stored(end) for name, end in ends.items() if end is not None}
        case OneOf(values=values) | AllOf(values=values):
            word = "$in" if isinstance(condition, OneOf) else "$all"
            return {word: [_stored(value) for value in values]}
        case Choice(spellings=(_, _, *_)):
            return {"$in": list(condition.spellings)}
        case Present(type=kind):
            return {"$type": _TYPES[kind]}
    return _stored(condition)


def _stored(value: Any) -> Any:
    is_date = isinstance(value, dt.date) and not isinstance(value, dt.datetime)
    if isinstance(value, Choice):
        return value.value
    return value.isoformat() if is_date else value
