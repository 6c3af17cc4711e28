"""The installation's constants: its epoch and the number of partitions."""

import secrets
import string

import msgspec

from models.base.text.counting import counted
from models.wire.events import PARTITIONS
from upcoach.store.base.database import Database
from upcoach.store.base.indexes import CollectionSpec

COLLECTION = "installation"
COLLECTIONS = (CollectionSpec(COLLECTION),)


class InstallationError(Exception):
    """A database that this build cannot serve; the message says what to do."""


class Installation(msgspec.Struct, frozen=True):
    """The log's epoch, which is part of every cursor, and its number of partitions."""

    epoch: str
    partitions: int


async def load_installation(database: Database) -> Installation:
    """Load the database's installation, created if it is new."""
    fresh = {"epoch": _new_epoch(), "partitions": PARTITIONS}
    async with database.connection():
        await database[COLLECTION].update_one({"_id": 1}, {"$setOnInsert": fresh}, upsert=True)
        stored = await database[COLLECTION].find_one({"_id": 1})
    assert stored is not None
    if stored["partitions"] != PARTITIONS:
        message = (
            f"This database was made with {counted(stored['partitions'], 'partition')}, and this "
            f"build has {PARTITIONS}. Serve it with the build that made it."
        )
        raise InstallationError(message)
    return Installation(stored["epoch"], stored["partitions"])


def _new_epoch() -> str:
    return "".join(secrets.choice(string.ascii_lowercase + string.digits) for _ in range(6))
