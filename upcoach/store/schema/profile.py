"""MongoDB's profiler: its record of each operation and its plan."""

import contextlib
from collections.abc import AsyncIterator
from typing import Any, Final

import msgspec

from upcoach.store.base.database import Bson, Database

NAME: Final = "system.profile"
_SUMMING: Final = ("$group", "$facet", "$bucket", "$count")
BYTES: Final = 64 * 1024 * 1024


class ProfiledOperation(msgspec.Struct, frozen=True):
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


class QueryProfile:
    """The profiler's record of one database."""

    def __init__(self, database: Database) -> None:
        self._database = database
        self._read = 0

    async def fresh(self) -> list[ProfiledOperation]:
        """The operations since the last call."""
        async with self._database.connection():
            entries = await self._database[NAME].find({}).skip(self._read).to_list()
        self._read += len(entries)
        mine = f"{self._database.handle.name}.{NAME}"
        return [
            _operation(entry) for entry in entries if entry["ns"] != mine and "planSummary" in entry
        ]


@contextlib.asynccontextmanager
async def profiled(database: Database) -> AsyncIterator[QueryProfile]:
    """Profile every operation in *database* while the context lasts."""
    handle = database.handle
    async with database.connection():
        await handle.command("profile", 0)
        await handle.drop_collection(NAME)
        await handle.create_collection(NAME, capped=True, size=BYTES)
        await handle.command("profile", 2)
    try:
        yield QueryProfile(database)
    finally:
        async with database.connection():
            await handle.command("profile", 0)


def _operation(entry: Bson) -> ProfiledOperation:
    command = entry.get("command", {})
    return ProfiledOperation(
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
    """Whether a command sorts documents, and not only the few rows of a group stage."""
    stages = [next(iter(stage)) for stage in command.get("pipeline", ())]
    summed = [stages.index(stage) for stage in _SUMMING if stage in stages]
    return not stages or "$sort" in stages[: min(summed, default=len(stages))]


def _shape_of(command: Bson) -> str:
    wanted = command.get("filter") or command.get("query") or command.get("q") or {}
    parts = [shape(wanted)]
    stages = (item for stage in command.get("pipeline", ()) for item in stage.items())
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
            operators = " ".join(key for key in value if key.startswith("$"))
            parts.append(f"{name} {operators}".strip())
        else:
            parts.append(name)
    return ", ".join(parts)
