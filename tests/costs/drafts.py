"""The largest draft of each kind: every field as long as its type lets it be."""

import datetime as dt
from collections.abc import Callable
from typing import Any, Final

from msgspec import inspect

from models.base.ids import new_id
from models.base.merge_patch import Json

LETTER: Final = "\N{SEEDLING}"  # twelve bytes where it is escaped
# Fields that follow rules of their own, or are bounded by them.
CHOSEN: Final[dict[str, Any]] = {
    "tz": "America/Argentina/ComodRivadavia",
    "color": "#aabbcc",
    "prompt": None,
    "journal": None,
    "repeats": None,
    "progress": None,
    "key_result": None,
    "value": 0.5,
    "direction": None,
    "status": None,
    "measure": None,
    "schedule": None,
    "reminders": None,
    "due_time": None,
    "goal": None,
    "base": None,
    "id": None,
    "starts_on": "2026-01-01",
    "first": "2026-01-01",
    "last": "2026-12-31",
    "depends_on": None,
    "baseline": -999999999999.5,
    "target": 999999999999.5,
    "current": 999999999999.25,
    "local_date": "2026-01-01",
    "languages": ["en"],
    "modes": ["video", "in_person"],
    "starts": "2026-01-05T12:00",
    "ends": "2026-01-05T13:00",
    "rule": None,
    "extra_dates": [f"2026-{at // 28 + 1:02}-{at % 28 + 1:02}T12:00" for at in range(300)],
    "excluded_dates": None,
    "exceptions": {
        f"2026-{at // 28 + 1:02}-{at % 28 + 1:02}T12:00": {
            "title": LETTER * 255,
            "location": LETTER * 255,
        }
        for at in range(150)
    },
}


def largest_draft(kind: Any) -> Json:
    """The longest text of *kind* that it takes, as far as its own rules let it."""
    found = _value(inspect.type_info(kind), "")
    assert isinstance(found, dict)
    return found


def _value(info: Any, name: str) -> Any:
    makers: dict[type, Callable[[], Any]] = {
        inspect.UnionType: lambda: _value(
            next(one for one in info.types if not isinstance(one, inspect.NoneType)), name
        ),
        inspect.Metadata: lambda: _value(info.type, name),
        inspect.StrType: lambda: LETTER * (info.max_length or 1),
        inspect.BoolType: lambda: False,
        inspect.IntType: lambda: info.le if info.le is not None else 1,
        inspect.FloatType: lambda: 0.123456789012345 if info.le == 1 else info.le - 0.25,
        inspect.DateTimeType: lambda: "2026-01-02T03:04:05.123456+12:45",
        inspect.DateType: lambda: dt.date(2026, 12, 31).isoformat(),
        inspect.LiteralType: lambda: max(info.values, key=len),
        inspect.EnumType: lambda: max((member.value for member in info.cls), key=len),
        inspect.VarTupleType: lambda: [_distinct(info, at) for at in range(info.max_length)],
        inspect.DictType: lambda: {
            f"{at:040}": _value(info.value_type, name) for at in range(info.max_length)
        },
        inspect.StructType: lambda: _fields(info),
    }
    return makers[type(info)]()


def _distinct(info: Any, at: int) -> Any:
    """The member *at* of a list whose members differ."""
    item: Any = info.item_type
    item = item.type if isinstance(item, inspect.Metadata) else item
    if isinstance(item, inspect.IntType):
        return (item.le or 0) - at
    if isinstance(item, inspect.StructType):
        return _fields(item)
    if (item.pattern or "").startswith("^hab_"):
        return new_id("hab")
    letters: int = item.max_length - 2
    return f"{at:02}" + LETTER * letters


def _fields(info: Any) -> Json:
    made: Json = {}
    for field in info.fields:
        chosen = field.name in CHOSEN
        value = CHOSEN[field.name] if chosen else _value(field.type, field.name)
        if value is not None:
            made[field.encode_name] = value
    return made
