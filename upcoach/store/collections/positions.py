"""The collection of the devices' positions in feeds."""

import datetime as dt
from collections.abc import Sequence

import msgspec
from pymongo import UpdateOne

from models.sync import Position
from upcoach.store.base import codec
from upcoach.store.base.database import Database
from upcoach.store.base.indexes import CollectionSpec, Index

COLLECTION = "positions"
KEPT = dt.timedelta(days=90)
COLLECTIONS = (CollectionSpec(COLLECTION, (Index(name="kept", keys=("at",), kept=KEPT),)),)


class PositionStore:
    """One record for each device and feed."""

    def __init__(self, database: Database) -> None:
        self._database = database

    async def save(self, positions: Sequence[Position]) -> None:
        """Save *positions*, each replacing an older one of its device and feed."""
        if not positions:
            return
        updates = []
        for position in positions:
            key = codec.key_of(position.owner, f"{position.device}/{position.feed}")
            name = {"owner": position.owner, "device": position.device, "feed": position.feed}
            # Only ever forward: a node that is late must not set a device back.
            change = {"$max": {"seq": position.seq, "at": position.at}, "$setOnInsert": name}
            updates.append(UpdateOne({"_id": key}, change, upsert=True))
        async with self._database.connection():
            await self._database[COLLECTION].bulk_write(updates, ordered=False)

    async def find(self, owner: str) -> list[Position]:
        """All positions of *owner*'s devices, by device and feed."""
        query = {"_id": codec.below(owner)}
        async with self._database.connection():
            rows = (
                await self._database[COLLECTION]
                .find(query, {"_id": 0}, sort=[("_id", 1)])
                .to_list()
            )
        return [msgspec.convert(stored, Position) for stored in rows]
