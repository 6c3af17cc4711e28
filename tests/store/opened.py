"""The database of a test, as a node opens it and as a thief sees it."""

import contextlib
import os
from collections.abc import AsyncIterator, Awaitable
from typing import Any

from pymongo import AsyncMongoClient
from pymongo.asynchronous.database import AsyncDatabase

from config.settings import Settings
from models.access.scope import Scope
from models.goals import Goal, NewGoal
from upcoach.store.base.database import Bson, Database
from upcoach.store.base.sealing import DataKey
from upcoach.store.secrets.keyring import MasterKeys
from upcoach.store.write.changes import WriteContext
from upcoach.store.write.outcomes import Outcome
from upcoach.store.write.refs import Ref
from upcoach.store.write.requests import Mutation, Write

MASTERS = MasterKeys("k1", {"k1": b"1" * 32})


@contextlib.asynccontextmanager
async def database_of(settings: Settings) -> AsyncIterator[Database]:
    """The settings' database, as a node opens it."""
    assert settings.mongo_url is not None
    database = Database(settings.mongo_url, settings.mongo_database)
    try:
        yield database
    finally:
        await database.close()


@contextlib.asynccontextmanager
async def bare(settings: Settings) -> AsyncIterator[AsyncDatabase[Bson]]:
    """The settings' database, as anybody sees it who can read the disk."""
    client: AsyncMongoClient[Bson] = AsyncMongoClient(settings.mongo_url)
    try:
        yield client[settings.mongo_database]
    finally:
        await client.close()


async def answered(call: Awaitable[Any], *statuses: int) -> Any:
    """The answer to *call*, which has one of *statuses*."""
    answer = await call
    assert answer.status in statuses, answer
    return answer


def key() -> DataKey:
    """A new data key."""
    return DataKey(os.urandom(32))


def new_goal(scope: Scope, title: str, mutation: Mutation | None = None) -> Write[Goal]:
    """A write that makes a goal."""
    draft = NewGoal(title=title)

    def decide(changes: WriteContext) -> Outcome[Goal]:
        goal = changes.create(Goal.drafted(draft, owner=scope.user, at=changes.at))
        return Outcome(verb="created", document=goal, version=1)

    reads = (Ref(Goal, scope.user, draft.id),)
    return Write(scope=scope, reads=reads, decide=decide, mutation=mutation)
