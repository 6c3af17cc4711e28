"""Claims: rows that are due, which of all processes one takes, for as long as its lease lasts."""

import secrets

from upcoach.store.base.database import Bson, Database


async def claim_due(
    database: Database, collection: str, is_due: Bson, field: str, lease: Bson, limit: int
) -> list[Bson]:
    """Claim at most *limit* rows that *is_due* finds, in order of *field*, by a *lease*.

    The lease changes *field*, so that they are due no more.  Whoever claims at the same time gets
    others, and nobody nothing as long as there are any.
    """
    rows = database[collection]
    while True:
        claim = secrets.token_hex(8)
        change = {**lease, "$set": {**lease["$set"], "claim": claim}}
        async with database.connection():
            due = rows.find(is_due, {"_id": 1}, sort=[(field, 1)], limit=limit, batch_size=limit)
            names = [row["_id"] for row in await due.to_list()]
            if not names:
                return []
            await rows.update_many({"_id": {"$in": names}, **is_due}, change)
            own = rows.find({"_id": {"$in": names}, "claim": claim}, batch_size=limit + 1)
            claimed = {row["_id"]: row for row in await own.to_list()}
        if claimed:
            return [claimed[name] for name in names if name in claimed]
