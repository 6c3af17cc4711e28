"""Random request bodies, generated from an operation's type with a fixed seed."""

import datetime as dt
import random
import re
from collections.abc import Sequence
from typing import Any, Final

from msgspec import inspect as types

from models.base.ids import new_id, new_mutation_id
from models.base.merge_patch import Json

YEARS: Final = 5
WORDS: Final = [
    "run",
    "read",
    "calm",
    "walk",
    "plan",
    "early",
    "water",
    "quiet",
    "week",
    "train",
    "swim",
    "sleep",
    "long",
    "good",
]

_ID: Final = re.compile(r"^\^([a-z]{3})_\[")
KEYS: Final = {"exceptions": "2026-03-09T18:00"}
KEY: Final = "a"  # of what stands in a document under an id that its client chose
_NAMED: Final[dict[str, tuple[str, ...]]] = {
    "key_result": (KEY,),
    "tz": ("UTC", "Europe/Berlin", "America/New_York"),
    "languages": ("en", "de"),
    "starts": ("2026-03-02T18:00",),
    "ends": ("2026-03-02T19:00",),
    "start": ("09:00",),
    "end": ("17:00",),
    "rule": ("FREQ=WEEKLY", "FREQ=MONTHLY;COUNT=12"),
    "extra_dates": ("2026-03-20T18:00",),
    "excluded_dates": ("2026-03-16T18:00",),
    "color": ("#FF8F00", "#00897B"),
    "time": ("07:30", "21:00"),
    "types": ("goal.*", "habit.created"),
    "url": ("https://hooks.example.org/upcoach",),
}
# What would be refused: fields that need one of others, and one that none of others may stand with.
_NEEDS: Final = {
    "repeats": ("due_date", "target_date"),
    "reminder_minutes_before": ("due_date", "target_date"),
}
_EXCLUDED_BY: Final = {"progress": ("key_results", "milestones")}


class Drafts:
    """Generates drafts; *ids* holds the ids of documents that a draft may name, by prefix."""

    def __init__(self, chance: random.Random, today: dt.date) -> None:
        self._chance = chance
        self._today = today
        self.ids: dict[str, list[str]] = {}

    def draft(self, kind: Any) -> Json:
        """A body for *kind*, of which the rules behind the type may still refuse some."""
        body: Json = self._value(types.type_info(kind), "")
        return body

    def value(self, kind: Any, name: str) -> str:
        """A value of *kind* for the path parameter *name*."""
        return str(self._value(types.type_info(kind), name if name in _NAMED else "id"))

    def change(self, kind: Any) -> Json:
        """A merge patch of one field of *kind*."""
        draft = self.draft(kind)
        draft.pop("id", None)
        if not draft:
            return {}
        name = self._chance.choice(sorted(draft))
        return {name: draft[name]}

    def day(self) -> str:
        """A day of the last years."""
        past = self._chance.randrange(YEARS * 365)
        return (self._today - dt.timedelta(days=past)).isoformat()

    def _fields(self, info: types.StructType) -> Json:
        fields = {} if info.tag_field is None else {info.tag_field: info.tag}
        for field in info.fields:
            if field.required or self._chance.random() < 0.7:
                value = self._value(field.type, field.encode_name)
                if value is not None or field.required:
                    fields[field.encode_name] = value
        return {name: value for name, value in fields.items() if _goes_with(name, fields)}

    def _value(self, info: types.Type, name: str) -> Any:
        match info:
            case types.StructType():
                return self._fields(info)
            case types.UnionType():
                return self._value(self._chance.choice(info.types), name)
            case types.Metadata():
                return self._value(info.type, name)
            case types.CollectionType():
                least = info.min_length or 0
                most = min(info.max_length or 3, least + 3)
                count = self._chance.randint(least, max(least, most))
                items = [self._value(info.item_type, name) for _ in range(count)]
                return [item for place, item in enumerate(items) if item not in items[:place]]
            case types.DictType() if isinstance(info.value_type, types.StructType):
                is_one_of_few = isinstance(info.key_type, types.LiteralType)
                key = self._scalar(info.key_type, name) if is_one_of_few else KEYS.get(name, KEY)
                return {key: self._fields(info.value_type)}
        return self._scalar(info, name)

    def _scalar(self, info: types.Type, name: str) -> Any:
        match info:
            case types.LiteralType() | types.EnumType():
                return self._chance.choice(_choices(info))
            case types.BoolType():
                return self._chance.random() < 0.2
            case types.IntType():
                return self._chance.randint(*_between(info))
            case types.FloatType():
                return round(self._chance.uniform(*_between(info)), 2)
            case types.StrType():
                return self._text(info, name)
        return self._moment(info, name)

    def _moment(self, info: types.Type, name: str) -> str | None:
        time = f"{self._chance.randrange(24):02}:30:00"
        match info:
            case types.DateType():
                return self.day()
            case types.DateTimeType():
                day = self._today + dt.timedelta(days=30) if name == "until" else self.day()
                return f"{day}T{time}Z"
            case types.TimeType():
                return time
        return None

    def _text(self, info: types.StrType, name: str) -> str | None:
        if name in _NAMED:
            return self._chance.choice(_NAMED[name])
        id_pattern = _ID.match(info.pattern or "")
        if id_pattern:
            return self._id(id_pattern[1], name)
        if info.pattern is not None:
            return new_mutation_id() if re.match(info.pattern, new_mutation_id()) else None
        text = " ".join(self._chance.choices(WORDS, k=3))
        return text[: info.max_length or None]

    def _id(self, prefix: str, name: str) -> str | None:
        """A new id for the document itself, or one of an existing document."""
        if name == "id":
            fresh = new_id(prefix)
            self.ids.setdefault(prefix, []).append(fresh)
            return fresh
        return self._chance.choice(self.ids[prefix]) if self.ids.get(prefix) else None


def _goes_with(name: str, fields: Json) -> bool:
    """Whether the field called *name* may stand beside the others."""
    lacks_one = name in _NEEDS and not any(other in fields for other in _NEEDS[name])
    return not lacks_one and not any(other in fields for other in _EXCLUDED_BY.get(name, ()))


def _between(info: types.IntType | types.FloatType) -> tuple[Any, Any]:
    least = info.ge if info.ge is not None else (info.gt or 0)
    most = info.le if info.le is not None else (info.lt or least + 10)
    return least, min(most, least + 10)


def _choices(info: types.LiteralType | types.EnumType) -> Sequence[Any]:
    if isinstance(info, types.LiteralType):
        return info.values
    return [member.value for member in info.cls]
