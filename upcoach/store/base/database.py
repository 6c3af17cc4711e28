"""The connection to MongoDB, and the refusals that its failures become."""

import asyncio
import contextlib
import datetime as dt
from collections.abc import AsyncIterator, Iterator
from typing import Any

from bson.codec_options import CodecOptions, DatetimeConversion
from pymongo import AsyncMongoClient, ReadPreference, WriteConcern
from pymongo.asynchronous.collection import AsyncCollection
from pymongo.asynchronous.database import AsyncDatabase
from pymongo.errors import (
    ConfigurationError,
    ConnectionFailure,
    ExecutionTimeout,
    OperationFailure,
    PyMongoError,
)
from pymongo.read_concern import ReadConcern

from models.base.cancellation import reraising_lost_cancellation
from models.base.errors import Unavailable
from upcoach.store.base.broken_documents import BrokenDocuments

Bson = dict[str, Any]
Collection = AsyncCollection[Bson]

APPLICATION = "upcoach"  # our name in MongoDB's list of what is under way
POOL = 32
SELECTION_MS = 3_000  # how long a request waits for a MongoDB that is away before it gets a 503
OPERATION_MS = 10_000

# KeyNotFound: a server that has just started has not read yet what it signs its clock with.
_STARTING = 211

DURABLE = WriteConcern(w="majority", j=True)


class UnusableUrl(Exception):
    """A URL that the driver cannot use; its text says why."""


class Database:
    """One client for one event loop.

    The client's own queue starves waiters when there are more tasks than connections, so a
    semaphore of the pool's size stands in front of it.
    """

    def __init__(self, url: str, name: str) -> None:
        self.broken = BrokenDocuments()
        with _explaining_url():
            self.client: AsyncMongoClient[Bson] = AsyncMongoClient(
                url,
                maxPoolSize=POOL,
                serverSelectionTimeoutMS=SELECTION_MS,
                connectTimeoutMS=SELECTION_MS,
                # Not `timeoutMS`: with it the driver waits that long for a server, too.
                socketTimeoutMS=OPERATION_MS,
                retryReads=True,
                retryWrites=True,
                appname=APPLICATION,
            )
        self._connections = asyncio.Semaphore(POOL)
        # A moment that Python cannot name breaks the document that it is in, and no other.
        options: CodecOptions[Bson] = CodecOptions(
            tz_aware=True, tzinfo=dt.UTC, datetime_conversion=DatetimeConversion.DATETIME_AUTO
        )
        self._database: AsyncDatabase[Bson] = self.client.get_database(
            name,
            codec_options=options,
            read_preference=ReadPreference.PRIMARY,
            write_concern=DURABLE,
            read_concern=ReadConcern("majority"),
        )

    def __getitem__(self, collection: str) -> Collection:
        return self._database[collection]

    @property
    def handle(self) -> AsyncDatabase[Bson]:
        """PyMongo's own object, for migrations and GridFS."""
        return self._database

    @contextlib.asynccontextmanager
    async def connection(self) -> AsyncIterator[None]:
        """Hold one of the pool's connections; raise `Unavailable` when MongoDB does not answer."""
        async with self._connections:
            try:
                with reraising_lost_cancellation():
                    yield
            except PyMongoError as failure:
                if is_outage(failure):
                    raise unavailable() from failure
                raise

    async def ping(self) -> None:
        """Return when MongoDB answers, or raise `Unavailable`."""
        # A name of mongodb+srv is looked up at the first command.
        with _explaining_url():
            async with self.connection():
                await self.client.admin.command("ping")

    async def close(self) -> None:
        """Close every connection."""
        await self.client.close()


@contextlib.contextmanager
def _explaining_url() -> Iterator[None]:
    try:
        yield
    except ConfigurationError as failure:
        raise UnusableUrl(str(failure).rstrip(".")) from failure


def is_outage(failure: PyMongoError) -> bool:
    """Whether the engine is away or too slow, rather than the request wrong."""
    if isinstance(failure, OperationFailure) and failure.code == _STARTING:
        return True
    return isinstance(failure, ConnectionFailure | ExecutionTimeout) or failure.timeout


def unavailable() -> Unavailable:
    """The refusal that a caller gets while MongoDB is away."""
    return Unavailable("database_unavailable", "The database does not answer. Try again shortly.")
