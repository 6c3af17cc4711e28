"""Accounts that are as full as they may be, written without a request."""

import datetime as dt
from collections.abc import Iterable

from models.access.scope import Scope
from models.base.document import Document
from models.habits import Habit, NewHabit, NewVacation, Vacation
from models.habits.schedules import Daily, PerMonth, PerWeek, Rate, Recurring
from models.moods import Mood, NewMood
from tests.support.server import Server
from upcoach.store.write.changes import WriteContext
from upcoach.store.write.outcomes import Outcome
from upcoach.store.write.refs import Ref
from upcoach.store.write.requests import Write

WRITE_DOCUMENTS = 250
EPOCH = dt.date(1970, 1, 1)
SCHEDULES = (
    Daily(),
    Rate(times=1, days=2),
    PerWeek(times=3),
    PerMonth(times=4),
    Recurring(rule="FREQ=DAILY;INTERVAL=2", anchor=dt.date(1999, 1, 1)),
)


async def hold(server: Server, owner: str, documents: Iterable[Document]) -> None:
    """Write *documents* as those of *owner*."""
    left = list(documents)
    while left:
        portion, left = left[:WRITE_DOCUMENTS], left[WRITE_DOCUMENTS:]

        def decide(changes: WriteContext, portion: list[Document] = portion) -> Outcome[None]:
            for document in portion:
                changes.create(document)
            return Outcome(verb="updated", document=None)

        reads = tuple(Ref(type(document), owner, document.id) for document in portion)
        write = Write(scope=Scope(user=owner), reads=reads, decide=decide)
        await server.node.committer.submit(write)


def old_habits(owner: str, number: int) -> list[Document]:
    """Habits since 1970, of every kind of schedule."""
    at = dt.datetime.now(dt.UTC)
    return [
        Habit.drafted(
            NewHabit(name=f"h{n}", starts_on=EPOCH, schedule=SCHEDULES[n % len(SCHEDULES)]),
            owner=owner,
            at=at,
        )
        for n in range(number)
    ]


def vacations(owner: str, number: int) -> list[Document]:
    """A row of vacations of one day each."""
    at = dt.datetime.now(dt.UTC)
    days = [EPOCH + dt.timedelta(days=2 * n) for n in range(number)]
    return [Vacation.drafted(NewVacation(first=day, last=day), owner=owner, at=at) for day in days]


def moods(owner: str, number: int) -> list[Document]:
    """A mood a day, up to now."""
    at = dt.datetime.now(dt.UTC)
    return [
        Mood.drafted(
            NewMood(level=1 + n % 5, at=at - dt.timedelta(days=n), activities=(f"a{n % 50}",)),
            owner=owner,
            at=at,
        )
        for n in range(number)
    ]
