"""A person's whole history of habits, in one aggregation and in columns.

As documents, 54,750 entries take 120 ms of CPU to decode; pushed into a few arrays for each habit
by the database, a tenth of that.
"""

import datetime as dt
from typing import Any, Final

from models.documents import Entry, Mood
from models.habits.history import ACHIEVED, MINUTE, SHARED, STATES, UNKNOWN
from upcoach.store import codec
from upcoach.store.database import Bson, Database

_CODE: Final[Bson] = {
    "$add": [
        {"$indexOfArray": [list(STATES), "$state"]},
        {"$cond": [{"$eq": ["$achieved", True]}, ACHIEVED, 0]},
        {"$cond": [{"$gte": ["$share", 0]}, SHARED, 0]},
        {"$multiply": [MINUTE, {"$subtract": [{"$ifNull": ["$minute", UNKNOWN]}, UNKNOWN]}]},
    ]
}
_COLUMNS: Final[Bson] = {
    "days": {"$push": "$local_date"},
    "codes": {"$push": _CODE},
    "shares": {"$push": "$share"},  # a missing one is left out
    "zones": {"$addToSet": "$tz"},
}

TOGETHER: Final = 16  # habits that the driver decodes in one go

Columns = dict[str, list[Any]]


class Histories:
    """The columns of entries, as `models.habits.history.History.of` takes them."""

    def __init__(self, database: Database) -> None:
        self._database = database

    async def of(self, owner: str, habit: str = "") -> dict[str, Columns]:
        """The entries of *owner* by habit, each oldest first; of one *habit* or of all."""
        pipeline: list[Bson] = [
            {"$match": {"_id": codec.below(owner, habit)}},
            {"$sort": {"_id": 1}},
            {"$group": {"_id": "$habit", **_COLUMNS}},
        ]
        async with self._database.turn():
            found = await self._database[Entry.collection].aggregate(pipeline, batchSize=TOGETHER)
            return {columns.pop("_id"): columns async for columns in found}

    async def levels(self, owner: str, first: dt.date, last: dt.date) -> dict[dt.date, float]:
        """The mean level of the moods of each date that has any."""
        span = {"$gte": first.isoformat(), "$lte": last.isoformat()}
        pipeline: list[Bson] = [
            {"$match": {"owner": owner, "local_date": span}},
            {"$group": {"_id": "$local_date", "level": {"$avg": "$level"}}},
        ]
        async with self._database.turn():
            found = await self._database[Mood.collection].aggregate(pipeline)
            return {dt.date.fromisoformat(day["_id"]): day["level"] async for day in found}
