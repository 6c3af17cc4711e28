"""What one person's writes make the learner compute, counted and not timed."""

import datetime as dt
import time
from collections.abc import Iterable
from typing import Any

from models.habits.schedules import Recurring, Weekdays
from models.learners import HabitOdds
from models.wire.frames import Ev
from tests.learners.events import ADA, created, entered, event, noon, updated

START = dt.date(2026, 1, 5)
DAY = dt.timedelta(days=1)
LONGEST = 366
STEP_S = 0.05  # of CPU; generous: on a quiet machine the longest step takes 2 ms


def vacation(number: int) -> Ev:
    """One of a row of vacations of a year each, the first from the second day on."""
    first = START + DAY + number * LONGEST * DAY
    doc = {"first": str(first), "last": str(first + (LONGEST - 1) * DAY)}
    return event(ADA, "habit.vacation.created", f"vac_{number}", noon(START), doc=doc)


def owner_of(habits: int, **more: object) -> HabitOdds:
    odds = HabitOdds()
    for number in range(habits):
        odds.apply(created(ADA, f"h{number}", START, **more))  # type: ignore[arg-type]
    odds.drain()
    return odds


def counted(odds: HabitOdds, events: Iterable[Ev]) -> int:
    """How many predictions *events* cost, up to the end of the turn."""
    predictions = 0
    predict = odds._population.predict

    def counting(*given: Any) -> Any:
        nonlocal predictions
        predictions += 1
        return predict(*given)

    odds._population.predict = counting  # type: ignore[method-assign,assignment]
    for one in events:
        odds.apply(one)
    odds.drain()
    odds._population.predict = predict  # type: ignore[method-assign]
    return predictions


def longest(steps: Iterable[None]) -> float:
    found, began = 0.0, time.thread_time()
    for _ in steps:
        found = max(found, time.thread_time() - began)
        began = time.thread_time()
    return max(found, time.thread_time() - began)


def test_many_vacations_cost_one_prediction_a_habit() -> None:
    one, thirty = owner_of(60), owner_of(60)
    covering = event(
        ADA,
        "habit.vacation.created",
        "vac",
        noon(START),
        doc={"first": str(START), "last": str(START + 400 * DAY)},
    )

    assert counted(one, [covering]) == 60
    assert counted(thirty, [covering, *map(vacation, range(30))]) == 60


def test_a_vacation_that_moves_no_next_day_costs_no_prediction() -> None:
    odds = owner_of(60)

    assert counted(odds, map(vacation, range(30))) == 0
    assert odds.drain() == []


def test_a_row_of_vacations_is_leapt_over() -> None:
    far = event(
        ADA,
        "habit.vacation.created",
        "now",
        noon(START),
        doc={"first": str(START), "last": str(START)},
    )
    few, many = owner_of(40), owner_of(40)

    def spent(odds: HabitOdds, vacations: int) -> float:
        for number in range(vacations):
            odds.apply(vacation(number))
        odds.apply(far)
        began = time.thread_time()
        odds.drain()
        return time.thread_time() - began

    spent(owner_of(40), 2)  # whatever is made once
    assert spent(many, 200) < 10 * spent(few, 2) + 0.02
    [forecast] = {one.day for one in (track.next for track in many._habit_states.values()) if one}
    assert forecast == START + DAY + 200 * LONGEST * DAY


def test_vacations_of_hundreds_of_named_habits_are_gone_through_once() -> None:
    odds = owner_of(500)
    names = [f"h{number}" for number in range(100)]
    for number in range(400):
        doc = {"first": str(START), "last": str(START + number * DAY), "habits": names}
        odds.apply(event(ADA, "habit.vacation.created", f"v{number}", noon(START), doc=doc))

    assert longest(odds.refreshing()) < STEP_S


def test_no_step_is_long_whatever_one_event_sets_off() -> None:
    ahead = owner_of(1)
    for number in range(300, 0, -1):
        ahead.apply(entered(ADA, "h0", START + number * DAY, at=noon(START)))
    slept = owner_of(1, at=noon(START - 500 * DAY))
    weekly = owner_of(1, schedule=Weekdays((1,)))
    for number in range(1, 360):
        weekly.apply(entered(ADA, "h0", START + number * DAY, at=noon(START)))

    first = entered(ADA, "h0", START, at=noon(START))
    late = entered(ADA, "h0", START + 90 * DAY, at=noon(START + 91 * DAY))
    rule = Recurring(rule="FREQ=DAILY", anchor=dt.date(1999, 1, 1))
    by_rule = created(ADA, "r", START, schedule=rule)
    other = {"type": "rrule", "rule": "FREQ=DAILY;INTERVAL=2", "anchor": "1999-01-01"}
    ruled = updated(ADA, "h0", noon(START), schedule=other)

    assert longest(ahead.applying(first)) < STEP_S / 5
    assert longest(weekly.applying(first)) < STEP_S / 5
    assert longest(slept.applying(late)) < STEP_S / 5
    assert longest(slept.applying(by_rule)) < STEP_S / 5
    assert longest(slept.applying(ruled)) < STEP_S / 5


def test_the_days_of_hundreds_of_habits_close_in_short_steps() -> None:
    odds = owner_of(300)

    assert longest(odds.ticking(noon(START + 3 * DAY))) < STEP_S / 5
    assert all(track.known.history.labels == 3 for track in odds._habit_states.values())


def test_another_persons_vacation_looks_at_nobodys_habits() -> None:
    odds = owner_of(500)
    doc = {"first": str(START), "last": str(START + 9 * DAY)}
    theirs = event("u:bob", "habit.vacation.created", "vac", noon(START), doc=doc)

    odds.apply(theirs)

    assert sum(1 for _ in odds.refreshing()) == 0
