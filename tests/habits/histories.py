"""Histories to try laws on."""

import datetime as dt

from hypothesis import strategies as st

from models.habits.evaluation import Units, UnitVerdict, evaluate, lookahead
from models.habits.freezes import resolved
from models.habits.history import Days, EntryHistory, code_of, laid_out
from models.habits.schedules import (
    Daily,
    Every,
    PerMonth,
    PerWeek,
    Rate,
    Recurring,
    Schedule,
    Weekdays,
)
from tests.habits.plain import DAY, Marks

START = dt.date(2026, 1, 1)
LAST = dt.date(2026, 6, 30)
STATES = {"short": "done"}

rates = st.integers(1, 21).flatmap(
    lambda days: st.integers(1, days).map(lambda times: Rate(times, days))
)
schedules: st.SearchStrategy[Schedule] = st.one_of(
    st.just(Daily()),
    st.sets(st.integers(1, 7), min_size=1).map(lambda days: Weekdays(tuple(sorted(days)))),
    st.builds(Every, st.integers(1, 20), st.dates(dt.date(2025, 12, 1), dt.date(2026, 3, 1))),
    st.sampled_from(
        (
            Recurring("FREQ=WEEKLY;INTERVAL=2;BYDAY=MO,TH", START),
            Recurring("FREQ=MONTHLY;BYDAY=1MO", START),
            Recurring("FREQ=MONTHLY;BYMONTHDAY=-1", START),
            Recurring("FREQ=DAILY;INTERVAL=2;COUNT=30", START),
        )
    ),
    st.builds(PerWeek, st.integers(1, 7)),
    st.builds(PerMonth, st.integers(1, 31)),
    rates,
)
marks: st.SearchStrategy[Marks] = st.integers(0, 8).flatmap(
    lambda luck: st.dictionaries(
        st.dates(START - 20 * DAY, LAST),
        st.sampled_from(("missed", "short", "skip", "away", "freeze", *["done"] * (4 + 3 * luck))),
        min_size=5 * luck,
        max_size=40 + 10 * luck,
    )
)

# Day after day, so that runs and windows fill; what a schedule turns on happens in the last days.
WORDS = ("", "missed", "short", "skip", "away", "freeze")
dense: st.SearchStrategy[Marks] = (
    st.integers(1, 6)
    .flatmap(
        lambda luck: st.lists(
            st.sampled_from((*WORDS, *["done"] * luck * luck)), min_size=1, max_size=45
        )
    )
    .map(lambda words: {START + n * DAY: word for n, word in enumerate(words) if word})
)


def history(found: Marks) -> EntryHistory:
    logged = {day: mark for day, mark in sorted(found.items()) if mark != "away"}
    return EntryHistory.of(
        [day.isoformat() for day in logged],
        [
            code_of(
                STATES.get(mark, mark), achieved=mark == "done", shared=mark == "short", minute=480
            )
            for mark in logged.values()
        ],
        [0.5 for mark in logged.values() if mark == "short"],
    )


def laid(schedule: Schedule, found: Marks, starts: dt.date, today: dt.date) -> Days:
    """The days of *found*, with their freezes resolved."""
    away = [(day, day) for day, mark in found.items() if mark == "away" and day >= starts]
    beyond = lookahead(schedule, today)
    past = history({day: mark for day, mark in found.items() if day <= today})
    away = [one for one in away if one[0] <= today]
    return resolved(laid_out(past, starts_on=starts, today=today, away=away, beyond=beyond))[0]


def units(schedule: Schedule, found: Marks, starts: dt.date, today: dt.date) -> Units:
    return evaluate(schedule, laid(schedule, found, starts, today))


def words(found: Units) -> list[str]:
    return [UnitVerdict(int(verdict)).name.lower() for verdict in found.verdict]
