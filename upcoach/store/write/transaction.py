"""The transaction that commits a batch, and the errors that its failures become."""

from collections.abc import Iterator
from typing import Any, Final, NoReturn, TypeVar

import msgspec
from pymongo import ReplaceOne
from pymongo.asynchronous.client_session import AsyncClientSession
from pymongo.errors import BulkWriteError, DuplicateKeyError, OperationFailure, PyMongoError

from upcoach.store.base import codec
from upcoach.store.base.database import Bson, Database, is_outage
from upcoach.store.log import event_log
from upcoach.store.secrets import keyring
from upcoach.store.write import idempotency
from upcoach.store.write.errors import UniqueViolation, WriteConflict
from upcoach.store.write.refs import Ref

T = TypeVar("T")

PORTION: Final = 500  # what the driver encodes in one go, so as not to hold the loop beyond 5 ms

_DUPLICATE_KEY: Final = 11_000
# What another try may get around, by whatever error it is told: LockTimeout, WriteConflict,
# TransactionTooOld, SnapshotTooOld, SnapshotUnavailable, NoSuchTransaction,
# TransactionExceededLifetimeLimitSeconds, TemporarilyUnavailable, TransactionTooLargeForCache.
_TRANSIENT: Final = frozenset({24, 112, 225, 239, 246, 251, 290, 365, 388})
_COMMIT_TRIES: Final = 3


class Work(msgspec.Struct, frozen=True, kw_only=True):
    """The writes of a batch to the database.

    Attributes
    ----------
    swept
        The documents whose children go.

    """

    events: list[Bson] = []
    keys: list[Bson] = []
    swept: list[Ref] = []
    operations: dict[str, list[Any]] = {}  # by collection
    requests: dict[str, list[Bson]] = {}  # by outbox


class Transaction:
    """Stores all of a batch, or nothing."""

    def __init__(self, database: Database) -> None:
        self._database = database

    async def commit(self, work: Work, answers: list[Bson]) -> None:
        """Store *work* with the receipts for its *answers*."""
        if not (answers or work.events or work.operations or any(work.requests.values())):
            return
        async with self._database.connection(), self._database.client.start_session() as session:
            try:
                await session.start_transaction()
                # The numbers first: whoever lost the race finds out with the least work done.
                await self._insert(session, event_log.COLLECTION, work.events)
                await self._insert(session, keyring.COLLECTION, work.keys)
                await self._delete_swept(session, work.swept)
                for collection, operations in work.operations.items():
                    for portion in _portions(operations):
                        done = await self._database[collection].bulk_write(
                            portion, ordered=False, session=session
                        )
                        if done.matched_count < sum(
                            isinstance(operation, ReplaceOne) for operation in portion
                        ):
                            raise WriteConflict  # what is in no log has no number to take
                await self._insert(session, idempotency.COLLECTION, answers)
                for outbox, requests in work.requests.items():
                    await self._insert(session, outbox, requests)
                await _commit(session)
            except PyMongoError as failure:
                _raise_conflict(failure)

    async def _insert(
        self, session: AsyncClientSession, collection: str, documents: list[Bson]
    ) -> None:
        for portion in _portions(documents):
            await self._database[collection].insert_many(portion, session=session)

    async def _delete_swept(self, session: AsyncClientSession, swept: list[Ref]) -> None:
        for parent in swept:
            await self._database[parent.kind.collection].delete_many(
                {"_id": codec.below(parent.owner, parent.id)}, session=session
            )


def _portions(items: list[T]) -> Iterator[list[T]]:
    for start in range(0, len(items), PORTION):
        yield items[start : start + PORTION]


async def _commit(session: AsyncClientSession) -> None:
    """Commit, and retry when the result is unknown, which is safe."""
    for left in reversed(range(_COMMIT_TRIES)):
        try:
            await session.commit_transaction()
        except PyMongoError as failure:
            if not left or not failure.has_error_label("UnknownTransactionCommitResult"):
                raise
        else:
            return


def _raise_conflict(failure: PyMongoError) -> NoReturn:
    """Translate *failure* to `WriteConflict` or `UniqueViolation`, or raise it."""
    if is_transient(failure) and not is_outage(failure):
        raise WriteConflict from failure
    taken = _taken(failure)
    if taken in (("feed", "seq"), ("_id",)):
        raise WriteConflict from failure
    if taken:
        raise UniqueViolation(taken) from failure
    raise failure


def is_transient(failure: PyMongoError) -> bool:
    """Whether MongoDB has aborted a transaction that may succeed when it is retried.

    The label is not on every such error: not on that of a bulk write, nor on one that MongoDB
    raises where its cache is full.
    """
    if failure.has_error_label("TransientTransactionError"):
        return True
    if isinstance(failure, BulkWriteError):
        errors = failure.details.get("writeErrors", ())
        return any(error.get("code") in _TRANSIENT for error in errors)
    return isinstance(failure, OperationFailure) and failure.code in _TRANSIENT


def _taken(failure: PyMongoError) -> tuple[str, ...]:
    """The fields of the unique index that *failure* met; empty if it is of another kind."""
    details: Any = None
    if isinstance(failure, BulkWriteError):
        errors = failure.details["writeErrors"]
        details = errors[0] if errors and errors[0].get("code") == _DUPLICATE_KEY else None
    elif isinstance(failure, DuplicateKeyError):
        details = failure.details
    return tuple(details["keyPattern"]) if details else ()
