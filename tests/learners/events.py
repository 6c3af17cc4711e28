"""Events as the log holds them, with as little as a learner needs."""

import datetime as dt
from typing import Any

import msgspec

from models.base.merge_patch import Json
from models.habits.measures import Measure, YesNo
from models.habits.schedules import Daily, Schedule
from models.wire.frames import Author, Ev

ADA = "u:ada"


def noon(day: dt.date) -> dt.datetime:
    return dt.datetime.combine(day, dt.time(12), dt.UTC)


def event(
    feed: str,
    type_: str,
    id_: str,
    at: dt.datetime,
    *,
    doc: Json | None = None,
    patch: Json | None = None,
) -> Ev:
    author = Author(user=feed.removeprefix("u:"))
    return Ev(f=feed, seq=1, type=type_, id=id_, ver=1, doc=doc, patch=patch, by=author, at=at)


def created(
    feed: str,
    habit: str,
    day: dt.date,
    *,
    at: dt.datetime | None = None,
    schedule: Schedule = Daily(),  # noqa: B008 - frozen
    measure: Measure = YesNo(),  # noqa: B008 - frozen
    tz: str = "UTC",
    **more: Any,
) -> Ev:
    at = at or noon(day)
    doc = {
        "id": habit,
        "name": "sealed elsewhere",
        "created_at": at,
        "starts_on": day,
        "schedule": schedule,
        "measure": measure,
        "tz": tz,
        "archived": False,
    }
    return event(feed, "habit.created", habit, at, doc=msgspec.to_builtins(doc | more))


def updated(feed: str, habit: str, at: dt.datetime, **patch: Any) -> Ev:
    return event(feed, "habit.updated", habit, at, patch=patch)


def entered(
    feed: str,
    habit: str,
    day: dt.date,
    *,
    achieved: bool | None = True,
    at: dt.datetime | None = None,
) -> Ev:
    state = "skip" if achieved is None else "done" if achieved else "missed"
    doc: Json = {"habit": habit, "local_date": day.isoformat(), "state": state}
    if achieved is not None:
        doc["achieved"] = achieved
    return event(feed, "habit.entry.set", f"{habit}/{day}", at or noon(day), doc=doc)


def corrected(feed: str, habit: str, day: dt.date, at: dt.datetime, **patch: Any) -> Ev:
    return event(feed, "habit.entry.set", f"{habit}/{day}", at, patch=patch)


def elsewhere(at: dt.datetime) -> Ev:
    """What somebody else writes, which concerns nobody's days."""
    return updated("u:zoe", "none", at, name="sealed elsewhere")


def withdrawn(feed: str, habit: str, day: dt.date, at: dt.datetime) -> Ev:
    return event(feed, "habit.entry.deleted", f"{habit}/{day}", at)
