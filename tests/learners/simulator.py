"""People who keep habits, or fail to: histories with known odds, the same for the same seed.

What moves them is not what the learner assumes: each habit has its weekdays and its momentum, a
person falls into slumps and gets out of them, and everything drifts.
"""

import dataclasses
import datetime as dt
import math
import random
from collections.abc import Iterator

from models.habits.measures import Amount, Measure, YesNo
from models.habits.schedules import Daily, Rate, Schedule, Weekdays
from models.learners import HabitOdds
from models.wire.frames import Ev
from tests.learners import events

FIRST_DAY = dt.date(2025, 3, 3)
ZONES = ("UTC", "Europe/Berlin", "America/New_York", "Asia/Kolkata")  # one date at noon UTC


@dataclasses.dataclass
class Habit:
    """One habit: its place in log-odds, its weekdays, its momentum."""

    id: str
    schedule: Schedule
    measure: Measure
    tz: str
    level: float
    weekdays: list[float]
    momentum: float
    done: list[dt.date] = dataclasses.field(default_factory=list)
    last: float = 0.0

    def is_due(self, day: dt.date) -> bool:
        if not isinstance(self.schedule, Rate):
            return self.schedule.is_due(day)
        since = day - dt.timedelta(days=self.schedule.days)
        return sum(done > since for done in self.done) < self.schedule.times


@dataclasses.dataclass
class Person:
    """One person with some habits, who is now and then in a slump."""

    feed: str
    habits: list[Habit]
    starts: dt.date
    slump: bool = False


@dataclasses.dataclass(frozen=True)
class Outcome:
    """A day of a habit that was due: its true odds, and what came of it (None: skipped)."""

    feed: str
    habit: str
    day: dt.date
    odds: float
    done: bool | None


Step = Ev | Outcome | dt.datetime  # an event to apply, an outcome to know of, or a time to tick


def play(odds: HabitOdds, steps: list[Step]) -> None:
    for step in steps:
        if isinstance(step, Ev):
            odds.apply(step)
        elif isinstance(step, dt.datetime):
            odds.tick(step)
        assert odds.failures == []


def story(seed: int, people: int, days: int) -> Iterator[Step]:
    """What becomes of *people* in so many *days*: each day a tick, then what they write."""
    rng = random.Random(seed)
    crowd = [_person(rng, f"u:usr_{number}") for number in range(people)]
    for number in range(days):
        day = FIRST_DAY + dt.timedelta(days=number)
        yield events.noon(day)
        for person in crowd:
            yield from _day(rng, person, day)


def _person(rng: random.Random, feed: str) -> Person:
    level, weekend, tz = rng.gauss(0.2, 1.0), rng.gauss(0.0, 0.5), rng.choice(ZONES)
    habits = [
        Habit(
            id=f"hab_{feed[6:]}_{number}",
            schedule=_schedule(rng),
            measure=YesNo() if rng.random() < 0.9 else Amount(2.0, "cups", at_most=True),
            tz=tz,
            level=level + rng.gauss(0.0, 1.0),
            weekdays=[rng.gauss(weekend if day > 4 else 0.0, 0.7) for day in range(7)],
            momentum=abs(rng.gauss(0.5, 0.4)),
        )
        for number in range(rng.randint(1, 5))
    ]
    return Person(feed, habits, FIRST_DAY + dt.timedelta(days=rng.randrange(60)))


def _schedule(rng: random.Random) -> Schedule:
    kind = rng.random()
    if kind < 0.6:
        return Daily()
    if kind < 0.85:
        return Weekdays(tuple(sorted(rng.sample(range(1, 8), rng.randint(1, 5)))))
    return Rate(times=rng.randint(2, 4), days=7)


def _day(rng: random.Random, person: Person, day: dt.date) -> Iterator[Step]:
    if day < person.starts:
        return
    person.slump = rng.random() < (0.93 if person.slump else 0.015)
    for habit in person.habits:
        habit.level += rng.gauss(0.0, 0.05)
        if day == person.starts:
            yield events.created(
                person.feed,
                habit.id,
                day,
                schedule=habit.schedule,
                measure=habit.measure,
                tz=habit.tz,
            )
        if habit.is_due(day):
            yield from _outcome(rng, person, habit, day)


def _outcome(rng: random.Random, person: Person, habit: Habit, day: dt.date) -> Iterator[Step]:
    score = habit.level + habit.weekdays[day.weekday()] + habit.momentum * habit.last
    odds = 1.0 / (1.0 + math.exp(2.5 * person.slump - score))
    done = None if rng.random() < 0.02 else rng.random() < odds
    if done is not None:
        habit.last = 1.0 if done else -1.0
    if done:
        habit.done = [*habit.done[-6:], day]
    yield Outcome(person.feed, habit.id, day, odds, done)
    if done is not False or rng.random() < 0.2:  # most who fail write nothing
        yield events.entered(person.feed, habit.id, day, achieved=done)
