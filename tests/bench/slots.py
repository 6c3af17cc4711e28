"""What it costs to list a month of a coach's times, beside a plain way with python-dateutil."""

import datetime as dt
import random
import time
from collections.abc import Awaitable, Callable, Sequence
from typing import Any, Final

from dateutil import rrule, tz

from config.settings import Settings
from models.access.scope import Scope
from models.base.clock import utc_now
from models.base.time import DAY
from models.scheduling import (
    Availability,
    AvailabilityDraft,
    BookingRules,
    CoachingSession,
    SessionType,
    Taken,
)
from models.scheduling.availability import WeeklyHours
from tests.bench.crowd import make_people
from tests.bench.report import Table, median, say
from tests.scheduling.booking import session_at
from tests.support.engines import TestEngines
from tests.support.server import serving
from upcoach.node import app
from upcoach.store.write.changes import WriteContext
from upcoach.store.write.outcomes import Outcome
from upcoach.store.write.refs import Ref
from upcoach.store.write.requests import Write

SESSIONS: Final = 500
MONTH: Final = 31 * DAY
BOUND_MS: Final = 20  # of CPU
ZONE: Final = "America/New_York"
HOUR: Final = dt.timedelta(hours=1)
TALK: Final = SessionType(name="A talk", minutes=30, buffer_after=5)


def offer() -> AvailabilityDraft:
    """Ten hours a day, at each quarter of an hour."""
    weekly = tuple(WeeklyHours(weekday, "08:00", "18:00") for weekday in range(1, 8))
    return AvailabilityDraft(
        tz=ZONE, weekly=weekly, session_types={"talk": TALK}, horizon_days=90, notice_minutes=0
    )


def sessions(owner: str, now: dt.datetime) -> list[CoachingSession]:
    """Sessions of a month, some of them cancelled."""
    chance = random.Random(3)
    made = []
    for number in range(SESSIONS):
        starts_at = now + chance.randrange(31 * 96) * HOUR / 4
        made.append(
            session_at(
                starts_at,
                id=f"cse_01a20c66-99df-75bd-8f37-{number:012}",
                owner=owner,
                role="coach",
                ends_at=starts_at + HOUR / 2,
                blocked_to=starts_at + HOUR * 7 / 12,
                status=chance.choice(("confirmed", "confirmed", "cancelled")),
            )
        )
    return made


def plainly(
    draft: AvailabilityDraft, taken: Sequence[tuple[dt.datetime, dt.datetime]], now: dt.datetime
) -> list[dt.datetime]:
    """The times as one would find them with dateutil, looking at every session for each."""
    zone = tz.gettz(draft.tz)
    found = []
    for hours in draft.weekly:
        opens = dt.datetime.combine(
            now.astimezone(zone).date() - DAY, dt.time(int(hours.start[:2]))
        )
        days = rrule.rrule(
            rrule.WEEKLY, byweekday=hours.weekday - 1, dtstart=opens, until=opens + MONTH + 2 * DAY
        )
        for day in days:
            at = day.replace(tzinfo=zone).astimezone(dt.UTC)
            end = day.replace(hour=int(hours.end[:2]), tzinfo=zone).astimezone(dt.UTC)
            while at + TALK.minutes * HOUR / 60 <= end:
                until = at + (TALK.minutes + TALK.buffer_after) * HOUR / 60
                is_free = all(stop <= at or begin >= until for begin, stop in taken)
                if now <= at < now + MONTH and is_free:
                    found.append(at)
                at += dt.timedelta(minutes=draft.slot_minutes)
    return sorted(found)


async def measure(engines: TestEngines, repeats: int) -> list[Table]:
    """Fill a coach's month, and list what is left of it."""
    settings = Settings.from_environ(engines.environ())
    async with serving(settings) as server:
        node = server.node
        [person] = await make_people(node, settings, 1)
        scope = Scope(user=person["user"])
        now = utc_now().replace(minute=0, second=0, microsecond=0) + HOUR
        month, draft = sessions(scope.user, now), offer()
        await _write(node, scope, [Availability.drafted(draft, owner=scope.user, at=now), *month])
        availability = Availability.drafted(draft, owner=scope.user, at=now)
        busy = [(one.blocked_from, one.blocked_to) for one in month if one.blocks]
        slots = node.services.scheduling.slots

        async def rules() -> list[dt.datetime]:
            taken = Taken(booked=busy, starts=[one.starts_at for one in month])
            return BookingRules(availability, TALK, taken, (now, now + MONTH), now).offered()

        async def plain() -> list[dt.datetime]:
            return plainly(draft, busy, now)

        async def listed() -> list[dt.datetime]:
            found = await slots.offered(
                scope, scope.user, "talk", (now, now + MONTH), explain=False
            )
            return [slot.starts_at for slot in found]

        ways: dict[str, Callable[[], Awaitable[list[dt.datetime]]]] = {
            "the function": rules,
            "plainly, with dateutil": plain,
            "the whole question, from the database": listed,
        }
        found = {name: await way() for name, way in ways.items()}
        say(f"{len(found['the function'])} times are left beside {len(month)} sessions")
        assert found["plainly, with dateutil"] == found["the function"]
        costs = {name: await _cost(way, max(10, repeats)) for name, way in ways.items()}
    base = costs["plainly, with dateutil"]
    return [
        Table(
            f"A month of a coach's times, {SESSIONS} sessions (bound: {BOUND_MS} ms of CPU)",
            ("", "CPU ms", "of the bound", "of plainly"),
            [
                (name, f"{cost:.1f}", f"{cost / BOUND_MS:.0%}", f"{cost / base:.2f}")
                for name, cost in costs.items()
            ],
        )
    ]


async def _write(node: app.Node, scope: Scope, documents: Sequence[Any]) -> None:
    for start in range(0, len(documents), 100):
        part = documents[start : start + 100]

        def decide(changes: WriteContext, part: Sequence[Any] = part) -> Outcome[None]:
            for document in part:
                changes.create(document)
            return Outcome(verb="created", document=None)

        reads = tuple(Ref(type(document), scope.user, document.id) for document in part)
        await node.committer.submit(Write(scope=scope, reads=reads, decide=decide))


async def _cost(way: Callable[[], Awaitable[object]], repeats: int) -> float:
    """The median of CPU milliseconds that *way* takes."""
    costs = []
    for _ in range(repeats):
        began = time.process_time()
        await way()
        costs.append((time.process_time() - began) * 1000)
    return median(costs)
