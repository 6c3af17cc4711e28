"""Counts of an owner's documents by status, category and the like: one aggregation for each."""

import contextlib
import datetime as dt
from collections.abc import Iterable
from typing import Any, TypeVar

import msgspec

from models.goals import Goal, GoalCategory
from models.moods import Mood
from models.tasks import Task
from upcoach.store.aggregates.habit_histories import date_of
from upcoach.store.base import codec
from upcoach.store.base.database import Bson, Database
from upcoach.store.base.hints import hinted
from upcoach.store.base.pacing import paced
from upcoach.store.secrets.keyring import KeyRing

R = TypeVar("R", bound=msgspec.Struct)


class TaskTally(msgspec.Struct, frozen=True, kw_only=True):
    """The tasks of one status, priority and category."""

    status: str
    priority: str
    category: str
    total: int
    past: int
    between: int


class GoalTally(msgspec.Struct, frozen=True, kw_only=True):
    """The goals of one status, priority and category; *progress* is the sum of theirs."""

    status: str
    priority: str
    category: GoalCategory
    total: int
    progress: float
    overdue: int


class MoodDay(msgspec.Struct, frozen=True, kw_only=True):
    """The moods of one local date: how many there are, and the sum of each scale that is set."""

    day: dt.date
    n: int
    level: int
    lowest: int
    highest: int
    energy: tuple[int, int]
    stress: tuple[int, int]
    sleep: tuple[int, int]


class MoodGroup(msgspec.Struct, frozen=True, kw_only=True):
    """The moods that have one thing in common."""

    name: str
    n: int
    level: int


class MoodTally(msgspec.Struct, frozen=True, kw_only=True):
    """The moods of a range of dates, counted in four ways."""

    days: list[MoodDay]
    levels: list[MoodGroup]
    categories: list[MoodGroup]
    activities: list[MoodGroup]


class Tallies:
    """Counts of documents, made by the database."""

    def __init__(self, database: Database, keyring: KeyRing) -> None:
        self._database = database
        self._keyring = keyring

    async def tasks(
        self, owner: str, now: dt.datetime, since: dt.datetime, until: dt.datetime
    ) -> list[TaskTally]:
        """Count tasks by sort, and those due before *now*, and from *since* to before *until*.

        The index covers it: no document is read.
        """
        names = ("status", "priority", "category")
        due = {"$and": [{"$gte": ["$due_at", since]}, {"$lt": ["$due_at", until]}]}
        past = {"$and": [_is_set("due_at"), {"$lt": ["$due_at", now]}]}
        pipeline: list[Bson] = [
            {"$project": {"_id": 0, "due_at": 1} | dict.fromkeys(names, 1)},
            {
                "$group": {
                    "_id": {name: f"${name}" for name in names},
                    "total": {"$sum": 1},
                    "past": {"$sum": {"$cond": [past, 1, 0]}},
                    "between": {"$sum": {"$cond": [due, 1, 0]}},
                }
            },
        ]
        collection = self._database[Task.collection]
        async with self._database.connection():

            async def ask(query: Bson, index: str) -> list[Bson]:
                cursor = await collection.aggregate([{"$match": query}, *pipeline], hint=index)
                return await cursor.to_list()

            rows = await hinted(owner, {"owner": owner}, "status_priority_category_due_at", ask)
        return _readable([row | row.pop("_id") for row in rows], TaskTally)

    async def goals(self, owner: str, day: dt.date) -> list[GoalTally]:
        """Count goals by sort, without archived ones, and those with a target date before *day*."""
        names = ("status", "priority", "category")
        late = {"$and": [_is_set("target_date"), {"$lt": ["$target_date", day.isoformat()]}]}
        pipeline: list[Bson] = [
            {"$match": {"owner": owner, "archived": False}},
            {
                "$group": {
                    "_id": {name: f"${name}" for name in names},
                    "total": {"$sum": 1},
                    "progress": {"$sum": "$progress"},
                    "overdue": {"$sum": {"$cond": [late, 1, 0]}},
                }
            },
        ]
        async with self._database.connection():
            cursor = await self._database[Goal.collection].aggregate(pipeline)
            return _readable([row | row.pop("_id") async for row in cursor], GoalTally)

    async def moods(self, owner: str, first: dt.date, last: dt.date) -> MoodTally:
        """Count the moods from the local date *first* to *last*."""
        span = {"$gte": first.isoformat(), "$lte": last.isoformat()}
        pipeline: list[Bson] = [
            {"$match": {"owner": owner, "local_date": span, "level": {"$type": "number"}}},
            {"$facet": _FACETS},
        ]
        await self._keyring.load([owner])
        async with self._database.connection():
            cursor = await self._database[Mood.collection].aggregate(pipeline)
            [facets] = await cursor.to_list()
        named = (self._named(owner, row) for row in facets["activities"])
        activities = [group for group in named if group is not None]
        return MoodTally(
            days=[
                _day(row) async for row in paced(facets["days"]) if date_of(row["_id"]) is not None
            ],
            levels=[_group(row) for row in facets["levels"]],
            categories=[_group(row) for row in facets["categories"] if row["_id"] is not None],
            activities=sorted(activities, key=lambda group: (-group.n, group.name)),
        )

    def _named(self, owner: str, row: Bson) -> MoodGroup | None:
        """An activity under the name that the newest of its moods gives it, if that can be read."""
        key = self._keyring[owner]
        name = codec.label_named(Mood, "activities", row["newest"], row["_id"], key)
        return None if name is None else _group(row | {"_id": name})


_SUMS: Bson = {"n": {"$sum": 1}, "level": {"$sum": "$level"}}
_SCALES = ("energy", "stress", "sleep")


def _is_set(name: str) -> Bson:
    """An expression that is 1 where the field is set, else 0: a missing one is less than null."""
    return {"$cond": [{"$gt": [f"${name}", None]}, 1, 0]}


_FACETS: dict[str, list[Bson]] = {
    "days": [
        {
            "$group": {
                "_id": "$local_date",
                "lowest": {"$min": "$level"},
                "highest": {"$max": "$level"},
                **{name: {"$sum": f"${name}"} for name in _SCALES},
                **{f"{name}_n": {"$sum": _is_set(name)} for name in _SCALES},
                **_SUMS,
            }
        },
        {"$sort": {"_id": 1}},
    ],
    "levels": [{"$group": {"_id": "$level", **_SUMS}}, {"$sort": {"_id": 1}}],
    "categories": [{"$group": {"_id": "$category", **_SUMS}}, {"$sort": {"n": -1, "_id": 1}}],
    "activities": [
        {"$unwind": f"${codec.WORDS}"},
        {
            "$group": {
                "_id": f"${codec.WORDS}",
                "newest": {
                    "$last": {"_id": "$_id", "owner": "$owner", "activities": "$activities"}
                },
                **_SUMS,
            }
        },
    ],
}


def _readable(rows: Iterable[Bson], kind: type[R]) -> list[R]:
    """Convert *rows* to *kind*, without those of documents that cannot be read."""
    readable = []
    for row in rows:
        with contextlib.suppress(msgspec.ValidationError):
            readable.append(msgspec.convert(row, kind))
    return readable


def _day(row: Bson) -> MoodDay:
    scales: dict[str, Any] = {name: (row[name], row[f"{name}_n"]) for name in _SCALES}
    day = dt.date.fromisoformat(row["_id"])
    return MoodDay(
        day=day,
        n=row["n"],
        level=row["level"],
        lowest=row["lowest"],
        highest=row["highest"],
        **scales,
    )


def _group(row: Bson) -> MoodGroup:
    return MoodGroup(name=str(row["_id"]), n=row["n"], level=row["level"])
