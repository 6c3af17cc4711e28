"""Claims: rows that are due, which of all processes one takes, for as long as its lease lasts."""

import secrets

from upcoach.store.base.database import Bson, Collection


async def claim_due(
    rows: Collection, is_due: Bson, field: str, lease: Bson, limit: int
) -> list[Bson]:
    """Claim at most *limit* of the *rows* that *is_due* finds, in order of *field*, by a *lease*.

    The lease changes *field*, so that they are due no more.  Whoever claims at the same time gets
    others, and nobody nothing as long as there are any.
    """
    while True:
        due = rows.find(is_due, {"_id": 1}, sort=[(field, 1)], limit=limit, batch_size=limit)
        names = [row["_id"] for row in await due.to_list()]
        if not names:
            return []
        claim = secrets.token_hex(8)
        await rows.update_many(
            {"_id": {"$in": names}, **is_due}, {**lease, "$set": {**lease["$set"], "claim": claim}}
        )
        own = rows.find({"_id": {"$in": names}, "claim": claim}, batch_size=limit + 1)
        claimed = {row["_id"]: row for row in await own.to_list()}
        if claimed:
            return [claimed[name] for name in names if name in claimed]
