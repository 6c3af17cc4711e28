"""A MongoDB that does not answer is `Unavailable` to whoever asks the store."""

import asyncio
import contextlib
from collections.abc import AsyncIterator

import pytest

from models.base.errors import Unavailable
from upcoach.store.base.database import Database
from upcoach.store.collections.learner_snapshots import Learned


async def test_a_learner_is_told_that_the_database_is_away() -> None:
    async with mute() as url, contextlib.aclosing(Away(url, "nothing")) as database:
        with pytest.raises(Unavailable):
            await anext(Learned(database, "learner", 1, b"secret").turns(0))


class Away(Database):
    """A database that does not answer."""

    aclose = Database.close


@contextlib.asynccontextmanager
async def mute() -> AsyncIterator[str]:
    """The URL of a MongoDB that closes every connection."""
    # The driver forgets to close the socket of a connection that is refused.
    async with await asyncio.start_server(lambda _, out: out.close(), "127.0.0.1", 0) as server:
        host, port = server.sockets[0].getsockname()
        yield f"mongodb://{host}:{port}"
