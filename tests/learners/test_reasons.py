"""Whatever is said to a person, it can be counted in what they wrote."""

import collections
import datetime as dt
import random
import re
from collections.abc import Callable, Iterator
from typing import NamedTuple

from models.habits.schedules import Daily, Schedule, Weekdays
from models.insights import Reason
from models.learners import Forecast, HabitOdds
from models.learners.due_days import closes_at
from models.learners.forecast import reasons
from tests.learners.events import ADA, created, entered, noon, withdrawn
from tests.learners.one_habit import MONDAY, day, known, running, wait

DAY = dt.timedelta(days=1)
DAYS = 120
SCHEDULES: tuple[Schedule, ...] = (Daily(), Weekdays((1, 2, 4, 6)), Daily())


class Written(NamedTuple):
    """A habit, and what somebody wrote of it: the newest word of each day."""

    schedule: Schedule
    entries: dict[dt.date, bool | None]

    def labels(self, now: dt.datetime) -> dict[dt.date, bool]:
        """The due days that count by now, the newest first: not skipped, and over or done."""
        days = (day(number) for number in range(DAYS, -1, -1))
        return {
            one: bool(self.entries.get(one))
            for one in days
            if self.schedule.is_due(one)
            and self.entries.get(one, False) is not None
            and (self.entries.get(one) or closes_at(one, "UTC") <= now)
        }


Log = dict[str, Written]
Counted = tuple[int, int]  # done, of so many


def recent(log: Log, said: Forecast, now: dt.datetime, found: re.Match[str]) -> Counted:
    last = list(log[said.habit].labels(now).values())[: int(found["of"])]
    return sum(last), len(last)


def since(log: Log, said: Forecast, now: dt.datetime, found: re.Match[str]) -> Counted:
    first = date(found["since"])
    labels = [done for one, done in log[said.habit].labels(now).items() if one >= first]
    return sum(labels), len(labels)


def weekday(log: Log, said: Forecast, now: dt.datetime, found: re.Match[str]) -> Counted:
    labels = log[said.habit].labels(now)
    same = [done for one, done in labels.items() if f"{one:%A}" == found["weekday"]]
    last = same[: int(found["of"])]
    return sum(last), len(last)


def together(log: Log, _said: Forecast, now: dt.datetime, found: re.Match[str]) -> Counted:
    assert len(log) > 1
    first, last = date(found["since"]), date(found["until"])
    every = [written.labels(now).items() for written in log.values()]
    labels = [done for labels in every for one, done in labels if first <= one <= last]
    return sum(labels), len(labels)


def run(log: Log, said: Forecast, now: dt.datetime, found: re.Match[str]) -> Counted:
    labels = list(log[said.habit].labels(now).values())
    is_done = found["what"] == "done"
    length = next((n for n, done in enumerate(labels) if done != is_done), len(labels))
    return length, length


def last_done(log: Log, said: Forecast, _now: dt.datetime, found: re.Match[str]) -> Counted:
    assert said.day is not None
    done = [one for one, achieved in log[said.habit].entries.items() if achieved]
    days = (said.day - max(done)).days
    assert found["done"]
    return days, days


SAYINGS: dict[str, Callable[[Log, Forecast, dt.datetime, re.Match[str]], Counted]] = {
    r"done on (?P<done>\d+) of the last (?P<of>\d+) due days": recent,
    r"done on (?P<done>\d+) of (?P<of>\d+) due days since (?P<since>.+)": since,
    r"done on (?P<done>\d+) of the last (?P<of>\d+) due (?P<weekday>\w+day)s": weekday,
    r"all habits together: done on (?P<done>\d+) of (?P<of>\d+) due days "
    r"from (?P<since>.+) to (?P<until>.+)": together,
    r"(?P<what>done|missed) (?P<done>(?P<of>\d+)) times in a row": run,
    r"last done (?P<done>(?P<of>\d+)) days? before": last_done,
}


def date(words: str) -> dt.date:
    return dt.datetime.strptime(words, "%d %B %Y").date()  # noqa: DTZ007 - a day has no zone


def check(log: Log, said: Forecast, now: dt.datetime, reason: Reason) -> str:
    """Count what a *reason* says in the log; the saying that it is."""
    for saying, count in SAYINGS.items():
        if found := re.fullmatch(saying, reason.words):
            expected = count(log, said, now, found)
            assert (int(found["done"]), int(found["of"])) == expected, (reason, said.day, now)
            return saying
    if reason.words in ("done the last time", "missed the last time"):
        newest, *_ = log[said.habit].labels(now).values()
        assert newest == (reason.words == "done the last time")
        return "last"
    assert reason.words == "never done so far"
    assert not any(log[said.habit].entries.values())
    return "never"


def lives(seed: int, habits: int) -> Iterator[tuple[Log, list[Forecast], dt.datetime]]:
    """Some months of a person, who forgets, writes late, and changes their mind."""
    rng, odds, log = random.Random(seed), HabitOdds(), Log()
    chance = [rng.uniform(0.25, 0.95) for _ in range(habits)]
    for number in range(habits):
        log[f"h{number}"] = Written(SCHEDULES[number % 3], {})
        odds.apply(created(ADA, f"h{number}", MONDAY, schedule=SCHEDULES[number % 3]))
    for number in range(DAYS):
        now = noon(day(number))
        for habit, written in log.items():
            for _ in range(rng.choice((0, 1, 1, 2))):
                back = rng.choice((0, 0, 0, 0, 1, 1, 2, 5, 30))
                one = day(max(0, number - back))
                done = rng.random() < chance[int(habit[1:])]
                if rng.random() < 0.05 and one in written.entries:
                    del written.entries[one]
                    odds.apply(withdrawn(ADA, habit, one, now))
                    continue
                achieved = None if rng.random() < 0.05 else done
                written.entries[one] = achieved
                odds.apply(entered(ADA, habit, one, achieved=achieved, at=now))
        for later in (now, now + dt.timedelta(hours=16)):
            odds.tick(later)
            yield log, odds.drain(), later


def test_every_reason_is_true_and_speaks_in_its_direction() -> None:
    heard = collections.Counter[str]()

    for seed in range(6):
        standing = dict[str, tuple[Forecast, dt.datetime]]()
        for log, spoken, now in lives(seed, habits=1 + seed % 3):
            standing |= {said.habit: (said, now) for said in spoken}
            for said, _ in standing.values():  # also what was said before, and still stands
                heard.update(check(log, said, now, reason) for reason in said.reasons)

    assert len(heard) >= len(SAYINGS)  # nearly all of them
    assert min(heard[saying] for saying in list(SAYINGS)[:-1]) > 20


def test_a_reason_is_told_in_its_direction_only() -> None:
    odds = running()
    for number in range(30):
        wait(odds, noon(day(number)))
        odds.apply(entered(ADA, "run", day(number)))
    wait(odds, noon(day(30)))
    state = odds._habit_states[ADA, "run"]
    assert state.next is not None

    said = {
        sign: [one.words for one in reasons(state, state.next, {"streak": sign}, [state])]
        for sign in (5.0, -5.0)
    }

    assert "done 30 times in a row" in said[5.0]
    assert "done 30 times in a row" not in said[-5.0]


def test_a_long_run_is_said_as_long_as_it_is() -> None:
    odds = running()
    for number in range(100):
        wait(odds, noon(day(number)))
        odds.apply(entered(ADA, "run", day(number)))
    wait(odds, noon(day(100)))
    state = odds._habit_states[ADA, "run"]
    assert state.next is not None

    said, *_ = reasons(state, state.next, {"streak": 9.0}, [state])

    assert (said.words, said.value, known(odds).streak) == ("done 100 times in a row", 100.0, 100)
