"""The whole history of a person's habits in columns, read by one aggregation.

As documents, 54,750 entries take 120 ms of CPU to decode; pushed into a few arrays for each habit
by the database, a tenth of that.
"""

import datetime as dt
from collections.abc import Collection, Iterable
from typing import Any, Final, NamedTuple

from models.habits import Entry
from models.habits.history import ACHIEVED, MINUTE, SHARED, STATES, UNKNOWN, code_of
from models.moods import Mood
from upcoach.store.base import codec
from upcoach.store.base.database import Bson, Database

_MINUTE: Final[Bson] = {"$cond": [{"$isNumber": "$minute"}, "$minute", UNKNOWN]}
_CODE: Final[Bson] = {
    "$add": [
        {"$indexOfArray": [list(STATES), "$state"]},
        {"$cond": [{"$eq": ["$achieved", True]}, ACHIEVED, 0]},
        {"$cond": [{"$gte": ["$share", 0]}, SHARED, 0]},
        {"$multiply": [MINUTE, {"$subtract": [_MINUTE, UNKNOWN]}]},
    ]
}
_COLUMNS: Final[Bson] = {
    "days": {"$push": "$local_date"},
    "codes": {"$push": _CODE},
    "shares": {"$push": "$share"},  # a missing one is left out
    "zones": {"$addToSet": "$tz"},
}

BATCH_SIZE: Final = 16  # habits that the driver decodes in one go

Columns = dict[str, list[Any]]


class HabitKey(NamedTuple):
    """Whose habit, and which."""

    owner: str
    habit: str


class HabitHistories:
    """The columns of entries, as `models.habits.history.EntryHistory.of` takes them."""

    def __init__(self, database: Database) -> None:
        self._database = database

    async def of(self, owner: str) -> dict[str, Columns]:
        """The entries of all of *owner*'s habits by habit, each oldest first."""
        found = await self._read([codec.below(owner)])
        return {key.habit: columns for key, columns in found.items()}

    async def of_each(self, habits: Collection[HabitKey]) -> dict[HabitKey, Columns | None]:
        """The entries of each of *habits*, whose ever they are, oldest first; None without any."""
        found = await self._read([codec.below(*key) for key in habits])
        return {key: found.get(key) for key in habits}

    async def _read(self, spans: Iterable[Bson]) -> dict[HabitKey, Columns]:
        """The entries whose ids lie in one of *spans*, by habit."""
        pipeline: list[Bson] = [
            {"$match": {"$or": [{"_id": span, "state": {"$in": list(STATES)}} for span in spans]}},
            {"$sort": {"_id": 1}},
            {"$group": {"_id": {"owner": "$owner", "habit": "$habit"}, **_COLUMNS}},
        ]
        async with self._database.connection():
            cursor = await self._database[Entry.collection].aggregate(
                pipeline, batchSize=BATCH_SIZE
            )
            groups = [(columns.pop("_id"), columns) async for columns in cursor]
        return {
            HabitKey(key["owner"], key["habit"]): columns
            for key, columns in groups
            if isinstance(key.get("habit"), str)
        }

    async def levels(self, owner: str, first: dt.date, last: dt.date) -> dict[dt.date, float]:
        """The mean level of the moods of each date that has any."""
        span = {"$gte": first.isoformat(), "$lte": last.isoformat()}
        pipeline: list[Bson] = [
            {"$match": {"owner": owner, "local_date": span}},
            {"$group": {"_id": "$local_date", "level": {"$avg": "$level"}}},
        ]
        async with self._database.connection():
            cursor = await self._database[Mood.collection].aggregate(pipeline)
            levels = {day["_id"]: day["level"] async for day in cursor if day["level"] is not None}
        dates = {day: date_of(day) for day in levels}
        return {date: levels[day] for day, date in dates.items() if date is not None}


def columns_of(entries: Iterable[Entry]) -> Columns:
    """The columns of *entries* of one habit, oldest first."""
    listed = list(entries)
    codes = [
        code_of(
            entry.state,
            achieved=bool(entry.achieved),
            shared=entry.share is not None,
            minute=UNKNOWN if entry.minute is None else entry.minute,
        )
        for entry in listed
    ]
    return {
        "days": [entry.local_date.isoformat() for entry in listed],
        "codes": codes,
        "shares": [entry.share for entry in listed if entry.share is not None],
        "zones": sorted({entry.tz for entry in listed}),
    }


def date_of(stored: str) -> dt.date | None:
    """Parse a stored date; None if it is not one."""
    try:
        return dt.date.fromisoformat(stored)
    except ValueError:
        return None
