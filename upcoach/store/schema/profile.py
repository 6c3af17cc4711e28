"""What MongoDB did, by its own word: the profiler's record of each operation and its plan."""

import contextlib
from collections.abc import AsyncIterator
from typing import Any, Final

import msgspec

from upcoach.store.base.database import Bson, Database

NAME: Final = "system.profile"
_SUMMING: Final = ("$group", "$facet", "$bucket", "$count")
BYTES: Final = 64 * 1024 * 1024


class Ran(msgspec.Struct, frozen=True):
    """An operation that MongoDB ran.

    Attributes
    ----------
    shape
        What it looked for and in which order, without the values.
    plan
        How it was found: `IXSCAN { owner: 1 }`, `COLLSCAN`.
    sorts
        Whether it was sorted in memory.

    """

    collection: str
    what: str
    shape: str
    plan: str
    sorts: bool
    keys: int
    documents: int
    returned: int


class Profile:
    """The record of one database, while it is kept."""

    def __init__(self, database: Database) -> None:
        self._database = database
        self._read = 0

    async def fresh(self) -> list[Ran]:
        """What was run since the last time."""
        async with self._database.turn():
            found = await self._database[NAME].find({}).skip(self._read).to_list()
        self._read += len(found)
        mine = f"{self._database.handle.name}.{NAME}"
        return [_ran(one) for one in found if one["ns"] != mine and "planSummary" in one]


@contextlib.asynccontextmanager
async def profiled(database: Database) -> AsyncIterator[Profile]:
    """Have MongoDB write down what it does in *database*."""
    handle = database.handle
    async with database.turn():
        await handle.command("profile", 0)
        await handle.drop_collection(NAME)
        await handle.create_collection(NAME, capped=True, size=BYTES)
        await handle.command("profile", 2)
    try:
        yield Profile(database)
    finally:
        async with database.turn():
            await handle.command("profile", 0)


def _ran(entry: Bson) -> Ran:
    command = entry.get("command", {})
    return Ran(
        collection=entry["ns"].partition(".")[2],
        what=next(iter(command), entry["op"]),
        shape=_shape_of(command),
        plan=entry["planSummary"],
        sorts=bool(entry.get("hasSortStage")) and _sorts_what_it_reads(command),
        keys=entry.get("keysExamined", 0),
        documents=entry.get("docsExamined", 0),
        returned=entry.get("nreturned", 0),
    )


def _sorts_what_it_reads(command: Bson) -> bool:
    """Whether it sorts documents, and not only the few rows that they were summed up to."""
    stages = [next(iter(stage)) for stage in command.get("pipeline", ())]
    summed = [stages.index(one) for one in _SUMMING if one in stages]
    return not stages or "$sort" in stages[: min(summed, default=len(stages))]


def _shape_of(command: Bson) -> str:
    wanted = command.get("filter") or command.get("query") or command.get("q") or {}
    parts = [shape(wanted)]
    stages = (one for stage in command.get("pipeline", ()) for one in stage.items())
    parts += [f"{name} {shape(body)}".strip() for name, body in stages]
    order = command.get("sort")
    if order:
        parts.append("by " + ", ".join(f"{'-' if way < 0 else ''}{k}" for k, way in order.items()))
    return " ".join(filter(None, parts))


def shape(wanted: Any) -> str:
    """*wanted* without its values.

    Examples
    --------
    >>> shape({"owner": "usr_1", "_id": {"$gt": "a", "$lt": "b"}})
    'owner, _id $gt $lt'
    >>> shape({"$or": [{"day": 1}, {"day": {"$gt": 1}}]})
    '(day | day $gt)'

    """
    if not isinstance(wanted, dict):
        return ""
    parts = []
    for name, value in wanted.items():
        if name in ("$or", "$and"):
            parts.append(f"({(' | ' if name == '$or' else ' & ').join(map(shape, value))})")
        elif isinstance(value, dict):
            operators = " ".join(one for one in value if one.startswith("$"))
            parts.append(f"{name} {operators}".strip())
        else:
            parts.append(name)
    return ", ".join(parts)
