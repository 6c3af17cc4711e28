"""Queries with an index hint, and a fallback for while the index is being built."""

from collections.abc import Awaitable, Callable
from typing import Final, TypeVar

from pymongo.errors import OperationFailure

from upcoach.store.base import codec
from upcoach.store.base.database import Bson

T = TypeVar("T")

_IDS: Final = "_id_"  # what MongoDB calls the index that every collection has
# BadValue: there is no index of that name.  QueryPlanKilled: it was dropped meanwhile.
_GONE: Final = {2, 175}


async def hinted(
    owner: str, query: Bson, index: str, ask: Callable[[Bson, str], Awaitable[T]]
) -> T:
    """Run a query through *index*, or else through all of *owner*'s documents.

    An index is missing for as long as it takes to build (see `upcoach.store.schema.schema`).
    """
    try:
        return await ask(query, index)
    except OperationFailure as failure:
        if failure.code not in _GONE:
            raise
    return await ask(query | {"_id": codec.below(owner)}, _IDS)


async def preferring(index: str, ask: Callable[[str | None], Awaitable[T]]) -> T:
    """Run a query through *index*, or as the planner likes while that is being built.

    Left alone, the planner takes what a short trial liked best: in a short log, that is chance.
    """
    try:
        return await ask(index)
    except OperationFailure as failure:
        if failure.code not in _GONE:
            raise
    return await ask(None)
