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
from upcoach.store.base.outage_watch import OutageWatch, reason_of

Bson = dict[str, Any]
Collection = AsyncCollection[Bson]

APPLICATION = "upcoach"  # our name in MongoDB's list of what is under way
POOL = 32
SELECTION_MS = 3_000  # how long a request waits for a MongoDB that is away before it gets a 503
OPERATION_MS = 10_000

# KeyNotFound: a server that has just started has not read yet what it signs its clock with.
_STARTING = 211
_NOT_AUTHORIZED = 13
_NOT_AUTHENTICATED = 18

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
        self._watch = OutageWatch(lambda: self.client.admin.command("ping"))
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
                    self._watch.start()
                    raise unavailable() from failure
                raise

    @property
    def is_watched(self) -> bool:
        """Whether MongoDB may be away, and is asked until it answers."""
        return self._watch.is_running

    async def ping(self) -> None:
        """Return when MongoDB answers, or raise `Unavailable`."""
        async with self.connection():
            await self.client.admin.command("ping")

    async def greet(self) -> None:
        """Return when MongoDB answers and has what we need, or raise `Unavailable`."""
        # A name of mongodb+srv is looked up at the first command.
        with _explaining_url():
            await self.ping()
        async with self.connection():
            hello = await self.client.admin.command("hello")
        is_member = "setName" in hello or hello.get("msg") == "isdbgrid"
        if hello.get("isreplicaset"):  # it has not been told of its set yet
            raise unavailable()
        if not is_member:
            raise UnusableUrl("that server is no member of a replica set, which transactions need")

    @contextlib.contextmanager
    def explaining_refusals(self) -> Iterator[None]:
        """Raise `UnusableUrl` where MongoDB does not let our user do what a start does."""
        try:
            yield
        except OperationFailure as failure:
            if failure.code != _NOT_AUTHORIZED:
                raise
            if "requires authentication" in str(failure):
                raise UnusableUrl("MongoDB asks for a user, and it names none") from failure
            words = f"its user needs the role readWrite on the database {self._database.name}"
            raise UnusableUrl(words) from failure

    async def close(self) -> None:
        """Close every connection."""
        await self._watch.close()
        await self.client.close()


@contextlib.contextmanager
def _explaining_url() -> Iterator[None]:
    try:
        yield
    except ConfigurationError as failure:
        raise UnusableUrl(str(failure).rstrip(".")) from failure
    except Unavailable as refusal:
        cause = refusal.__cause__
        if isinstance(cause, OperationFailure) and cause.code == _NOT_AUTHENTICATED:
            words = "MongoDB does not know its user, or not with this password"
            raise UnusableUrl(words) from cause
        raise


def why_away(refusal: Unavailable) -> str:
    """What the driver says of the MongoDB that does not answer."""
    failure = refusal.__cause__
    return reason_of(failure) if isinstance(failure, PyMongoError) else refusal.detail


def is_outage(failure: PyMongoError) -> bool:
    """Whether the engine is away or too slow, rather than the request wrong."""
    if isinstance(failure, OperationFailure) and failure.code in {_STARTING, _NOT_AUTHENTICATED}:
        return True
    return isinstance(failure, ConnectionFailure | ExecutionTimeout) or failure.timeout


def unavailable() -> Unavailable:
    """The refusal that a caller gets while MongoDB is away."""
    return Unavailable("database_unavailable", "The database does not answer. Try again shortly.")
