"""A phone that was away for three weeks, and what it has queued."""

import datetime as dt
from collections.abc import Iterator
from typing import Any

import msgspec

from models.base.ids import new_id
from models.base.merge_patch import Json
from tests.support.people.furnished import ENTRY, GOALS, HABITS, ONE_GOAL, ONE_HABIT
from tests.support.wire.answers import done
from tests.support.wire.sockets import mut
from tests.support.wire.writes import write
from upcoach.client import RestClient
from upcoach.client.outbox import PendingWrites

LEFT = dt.date(2026, 3, 2)
DAYS = [LEFT + dt.timedelta(days=day) for day in range(21)]
BEFORE = [LEFT - dt.timedelta(days=day) for day in range(1, 206)]
LITRES = {"type": "amount", "target": 2, "unit": "l"}

LOST, RENAMED, AHEAD, DESCRIBED = goals = [new_id("gol") for _ in range(4)]
GONE, READ, WALK, WATER = habits = [new_id("hab") for _ in range(4)]
MADE = {day: new_id("gol") for day in DAYS}


class QueuedWrite(msgspec.Struct, frozen=True):
    """A write without its name, and what it must be answered: status, code, merged places."""

    status: int
    op: str
    path: str
    body: Any = None
    base: int | None = None
    code: str | None = None
    merged: tuple[str, ...] = ()


def entry(habit: str, day: dt.date) -> str:
    return ENTRY.format(id=habit, local_date=day)


def goal(name: str) -> str:
    return ONE_GOAL.format(id=name)


async def stay(person: RestClient) -> None:
    """What there is when the phone leaves: everything is at version 1."""
    for name in goals:
        await done(person.call("POST", GOALS, {"id": name, "title": "Run"}))
    for name in habits:
        more = {"measure": LITRES} if name == WATER else {}
        await done(person.call("POST", HABITS, {"id": name, "name": "Habit"} | more))


async def go_on(watch: RestClient) -> None:
    """What happens on the other device meanwhile."""
    await done(watch.call("DELETE", goal(LOST)))
    await done(watch.call("PUT", entry(GONE, DAYS[0]), {}))
    await done(watch.call("DELETE", ONE_HABIT.format(id=GONE)))
    await done(write(watch, "PATCH", goal(RENAMED), {"title": "Watch"}, 1))
    await done(write(watch, "PATCH", goal(AHEAD), {"progress": 0.5}, 1))
    await done(write(watch, "PATCH", goal(DESCRIBED), {"description": "of the watch"}, 1))
    await done(watch.call("PUT", entry(READ, DAYS[0]), {"note": "of the watch"}))
    for day in DAYS[:5]:
        await done(watch.call("PUT", entry(WATER, day), {"value": 3}))


def queued() -> Iterator[QueuedWrite]:
    """What is written on the phone, from the versions that it knows."""
    for number, day in enumerate(DAYS):
        status = 200 if number == 0 else 201
        yield QueuedWrite(status, "PUT", entry(READ, day), {})
        yield QueuedWrite(404, "PUT", entry(GONE, day), {}, code="deleted")
        yield QueuedWrite(200 if number < 5 else 201, "PUT", entry(WATER, day), {"value": 1})
        yield QueuedWrite(200, "PUT", entry(WATER, day), {"value": 2}, 1)
        yield QueuedWrite(404, "PATCH", goal(LOST), {"title": f"{number}"}, 1, "deleted")
        yield QueuedWrite(409, "PATCH", goal(RENAMED), {"title": f"{number}"}, 1, "conflict")
        priority = {"priority": "high" if number % 2 else "low"}
        yield QueuedWrite(200, "PATCH", goal(RENAMED), priority, 1, merged=("/title",))
        behind = ("/progress",) if number < 20 else ()
        yield QueuedWrite(200, "PATCH", goal(AHEAD), {"progress": number / 40}, 1, merged=behind)
        title = {"title": f"Day {number}"}
        yield QueuedWrite(200, "PATCH", goal(DESCRIBED), title, 1, merged=("/description",))
        yield QueuedWrite(201, "POST", GOALS, {"id": MADE[day], "title": "New"})
        yield QueuedWrite(200, "PATCH", goal(MADE[day]), {"progress": 0.5}, 1)
        yield QueuedWrite(
            200, "PATCH", goal(MADE[day]), {"progress": 0.25, "category": "health"}, 1
        )
        yield QueuedWrite(200, "PUT", entry(READ, day), {"note": "of the phone"}, 1)
        if number % 2 == 0:
            yield QueuedWrite(204, "DELETE", goal(MADE[day]))
            yield QueuedWrite(404, "PATCH", goal(MADE[day]), {"title": "Late"}, 1, "deleted")
    for day in BEFORE:
        yield QueuedWrite(201, "PUT", entry(WALK, day), {})


def frames_of(queue: list[QueuedWrite]) -> list[Json]:
    """The `mut` frames of *queue*, as the client's library keeps them."""
    outbox = PendingWrites(lambda _: None)
    for queued_write in queue:
        base = {} if queued_write.base is None else {"base": queued_write.base}
        outbox.add(mut(queued_write.op, queued_write.path, queued_write.body, **base))
    frames: list[Json] = outbox.pending()
    outbox.close()
    return frames


def outcome_of(answer: Json) -> tuple[int, str | None, tuple[str, ...]]:
    """What *answer* says: status, code, merged places."""
    code = answer.get("problem", {}).get("code")
    return answer["status"], code, tuple(answer.get("merged", ()))
