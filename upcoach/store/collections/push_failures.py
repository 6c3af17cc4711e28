"""How often in a row no push has reached a browser: a record for each that fails, for a month.

It is kept under the keyed hash of the browser's endpoint: another endpoint begins anew, and the
same one does not, whoever registers it again.
"""

import datetime as dt
from typing import Final, NamedTuple

from pymongo import ReturnDocument

from upcoach.store.base.database import Database
from upcoach.store.base.indexes import CollectionSpec, Index

COLLECTION: Final = "push_failures"
KEPT: Final = dt.timedelta(days=30)  # after the last failure
COLLECTIONS: Final = (
    CollectionSpec(COLLECTION, (Index(name="until", keys=("until",), kept=dt.timedelta(0)),)),
)


class FailuresInRow(NamedTuple):
    """How many there were, and since when."""

    times: int
    since: dt.datetime


class PushFailures:
    """The records of all browsers that fail."""

    def __init__(self, database: Database) -> None:
        self._database = database

    async def add(self, token_hash: str, at: dt.datetime) -> FailuresInRow:
        """Count a failure, and return how many there were in a row."""
        change = {
            "$inc": {"count": 1},
            "$setOnInsert": {"since": at},
            "$set": {"until": at + KEPT},
        }
        async with self._database.connection():
            stored = await self._database[COLLECTION].find_one_and_update(
                {"_id": token_hash}, change, upsert=True, return_document=ReturnDocument.AFTER
            )
        assert stored is not None  # an upsert has one
        return FailuresInRow(stored["count"], stored["since"])

    async def end(self, token_hash: str) -> None:
        """Forget the failures: a push has arrived."""
        async with self._database.connection():
            await self._database[COLLECTION].delete_one({"_id": token_hash})
