"""How many documents of an owner there are of each sort: one aggregation for each question."""

import contextlib
import datetime as dt
from collections.abc import Iterable
from typing import Any, TypeVar

import msgspec

from models.goals import Goal
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
    category: str
    total: int
    progress: float
    overdue: int


class MoodDay(msgspec.Struct, frozen=True, kw_only=True):
    """What was logged on one local date: how many moods, and the sum of each scale that is set."""

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
    """Counts of documents, made where they lie."""

    def __init__(self, database: Database, keyring: KeyRing) -> None:
        self._database = database
        self._keyring = keyring

    async def tasks(
        self, owner: str, now: dt.datetime, since: dt.datetime, until: dt.datetime
    ) -> list[TaskTally]:
        """Tasks by sort; how many became due before *now*, and from *since* to before *until*.

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
        async with self._database.turn():

            async def ask(query: Bson, index: str) -> list[Bson]:
                cursor = await collection.aggregate([{"$match": query}, *pipeline], hint=index)
                return await cursor.to_list()

            found = await hinted(owner, {"owner": owner}, "status_priority_category_due_at", ask)
        return _readable([one | one.pop("_id") for one in found], TaskTally)

    async def goals(self, owner: str, day: dt.date) -> list[GoalTally]:
        """Goals by sort, without archived ones; how many have a target date before *day*."""
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
        async with self._database.turn():
            cursor = await self._database[Goal.collection].aggregate(pipeline)
            return _readable([one | one.pop("_id") async for one in cursor], GoalTally)

    async def moods(self, owner: str, first: dt.date, last: dt.date) -> MoodTally:
        """Moods from the local date *first* to *last*."""
        span = {"$gte": first.isoformat(), "$lte": last.isoformat()}
        pipeline: list[Bson] = [
            {"$match": {"owner": owner, "local_date": span, "level": {"$type": "number"}}},
            {"$facet": _FACETS},
        ]
        await self._keyring.load([owner])
        async with self._database.turn():
            cursor = await self._database[Mood.collection].aggregate(pipeline)
            [found] = await cursor.to_list()
        named = (self._named(owner, one) for one in found["activities"])
        activities = [one for one in named if one is not None]
        return MoodTally(
            days=[
                _day(one) async for one in paced(found["days"]) if date_of(one["_id"]) is not None
            ],
            levels=[_sort(one) for one in found["levels"]],
            categories=[_sort(one) for one in found["categories"] if one["_id"] is not None],
            activities=sorted(activities, key=lambda one: (-one.n, one.name)),
        )

    def _named(self, owner: str, found: Bson) -> MoodGroup | None:
        """An activity under the name that the newest of its moods gives it, if that can be read."""
        key = self._keyring[owner]
        name = codec.label_named(Mood, "activities", found["newest"], found["_id"], key)
        return None if name is None else _sort(found | {"_id": name})


_SUMS: Bson = {"n": {"$sum": 1}, "level": {"$sum": "$level"}}
_SCALES = ("energy", "stress", "sleep")


def _is_set(name: str) -> Bson:
    """1 where the field is there, else 0: what is missing is less than null."""
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
    """*rows* as *kind*, without those of documents that cannot be read."""
    found = []
    for row in rows:
        with contextlib.suppress(msgspec.ValidationError):
            found.append(msgspec.convert(row, kind))
    return found


def _day(found: Bson) -> MoodDay:
    scales: dict[str, Any] = {name: (found[name], found[f"{name}_n"]) for name in _SCALES}
    day = dt.date.fromisoformat(found["_id"])
    return MoodDay(
        day=day,
        n=found["n"],
        level=found["level"],
        lowest=found["lowest"],
        highest=found["highest"],
        **scales,
    )


def _sort(found: Bson) -> MoodGroup:
    return MoodGroup(name=str(found["_id"]), n=found["n"], level=found["level"])
