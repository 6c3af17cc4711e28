"""The inputs of jobs: bytes in numbered parts, sealed under the key of their owner.

They are written before the job that reads them, and deleted after its end; what is left over, since
a process ended between the two, goes by itself.
"""

import datetime as dt
from collections.abc import AsyncIterable, Iterable
from typing import Final, NamedTuple

from models.base.clock import Clock
from models.base.errors import Invalid
from upcoach.store.base import codec
from upcoach.store.base.database import Database
from upcoach.store.base.indexes import CollectionSpec, Index
from upcoach.store.base.sealing import Unreadable, associated_data, seal, unseal
from upcoach.store.secrets.keyring import KeyRing

COLLECTION: Final = "job_inputs"
KEPT: Final = dt.timedelta(days=2)
COLLECTIONS: Final = (
    CollectionSpec(COLLECTION, (Index(name="until", keys=("until",), kept=dt.timedelta(0)),)),
)


class JobKey(NamedTuple):
    """A job by its owner and id."""

    owner: str
    id: str


class JobInputs:
    """The inputs of all jobs."""

    def __init__(self, database: Database, keyring: KeyRing, clock: Clock) -> None:
        self._database = database
        self._keyring = keyring
        self._clock = clock

    async def write(self, key: JobKey, parts: AsyncIterable[bytes]) -> int:
        """Write the *parts* of a job's input, and return how many there are."""
        await self._keyring.load([key.owner])
        until, number = self._clock() + KEPT, 0
        async for part in parts:
            name = _name_of(key, number)
            body = seal(self._keyring[key.owner], part, associated_data(COLLECTION, name))
            async with self._database.connection():
                await self._database[COLLECTION].insert_one(
                    {"_id": name, "until": until, "body": body}
                )
            number += 1
        return number

    async def read(self, key: JobKey, numbers: Iterable[int]) -> list[bytes]:
        """The parts called *numbers*, in that order; `Invalid` where one is gone."""
        names = [_name_of(key, number) for number in numbers]
        await self._keyring.load([key.owner])
        async with self._database.connection():
            cursor = self._database[COLLECTION].find({"_id": {"$in": names}})
            bodies = {stored["_id"]: stored["body"] async for stored in cursor}
        try:
            return [
                unseal(self._keyring[key.owner], bodies[name], associated_data(COLLECTION, name))
                for name in names
            ]
        except (KeyError, Unreadable):
            words = "What was sent cannot be read any more. Send it again."
            raise Invalid("job_input_gone", words) from None

    async def remove(self, key: JobKey) -> None:
        """Delete the input of a job that has ended."""
        async with self._database.connection():
            await self._database[COLLECTION].delete_many({"_id": codec.below(*key)})


def _name_of(key: JobKey, number: int) -> str:
    return f"{codec.key_of(*key)}/{number:06}"
