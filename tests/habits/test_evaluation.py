"""The evaluator says what the rules say, schedule by schedule."""

import datetime as dt

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

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
from models.habits.streaks import lengths, streak
from tests.habits import plain
from tests.habits.histories import LAST, START, dense, laid, marks, schedules, units, words
from tests.habits.plain import DAY, Marks

MONDAY = dt.date(2026, 1, 5)


def month(*done: int, skip: tuple[int, ...] = (), freeze: tuple[int, ...] = ()) -> Marks:
    """A January."""
    january = dict.fromkeys((dt.date(2026, 1, day) for day in done), "done")
    january |= dict.fromkeys((dt.date(2026, 1, day) for day in skip), "skip")
    return january | dict.fromkeys((dt.date(2026, 1, day) for day in freeze), "freeze")


@settings(max_examples=150)
@given(schedules, marks, st.dates(START - 25 * DAY, LAST), st.dates(START, LAST))
def test_the_evaluator_agrees_with_the_rules_as_they_are_written(
    schedule: Schedule, found: Marks, starts: dt.date, today: dt.date
) -> None:
    # Vacations before the beginning pause what is not asked for anyway.
    found = {day: mark for day, mark in found.items() if mark != "away" or day >= starts}

    actual = units(schedule, found, starts, today)

    expected = plain.verdicts(schedule, found, starts, today)
    assert words(actual) == expected
    assert lengths(actual) == plain.streaks(expected)


@settings(max_examples=200)
@given(schedules, dense, st.integers(0, 45))
def test_what_is_open_and_what_is_over_agrees_day_by_day(
    schedule: Schedule, found: Marks, number: int
) -> None:
    today = START + number * DAY

    actual = units(schedule, found, START, today)

    assert words(actual) == plain.verdicts(schedule, found, START, today)


@settings(max_examples=200)
@given(schedules, dense, st.integers(0, 3))
def test_a_streak_at_risk_is_one_that_ends_tonight(
    schedule: Schedule, found: Marks, later: int
) -> None:
    today = max(found, default=START) + later * DAY
    days = laid(schedule, found, START, today)
    now = units(schedule, found, START, today)

    tomorrow = units(schedule, found, START, today + DAY)

    actual = streak(schedule, days, now)
    expected = actual.current is not None and lengths(tomorrow)[0] == 0
    assert actual.at_risk == expected


@pytest.mark.parametrize(
    ("schedule", "found", "today", "expected"),
    [
        (Daily(), month(1, 2, 3), 3, (3, 3)),
        (Daily(), month(1, 2, 3), 4, (3, 3)),
        (Daily(), month(1, 2, 3), 5, (0, 3)),
        (Daily(), month(1, 2, 4, skip=(3,)), 4, (3, 3)),
        (Weekdays((1, 3, 5)), month(5, 7, 9), 11, (3, 3)),
        (Weekdays((1, 3, 5)), month(5, 6, 9), 11, (1, 1)),
        (Every(3, dt.date(2026, 1, 1)), month(1, 4, 7), 9, (3, 3)),
        (Every(3, dt.date(2026, 1, 1)), month(1, 3, 7), 9, (1, 1)),
        (Recurring("FREQ=WEEKLY;BYDAY=TH", START), month(1, 8), 14, (2, 2)),
        (PerWeek(2), month(1, 2, 5, 11), 11, (2, 2)),
        (PerWeek(2), month(1, 2, 5), 11, (1, 1)),
        (PerWeek(2), month(1, 2, 5), 12, (0, 1)),
        (PerMonth(3), month(1, 2, 3), 3, (1, 1)),
        # Once a week: Monday of one week and Sunday of the next are 13 days apart.
        (Rate(1, 7), month(5, 18), 18, (14, 14)),
        (Rate(1, 7), month(5, 19), 19, (1, 7)),
        (Rate(3, 7), month(1, 3, 5, 8, 10, 12), 12, (12, 12)),
    ],
)
def test_streaks_by_hand(
    schedule: Schedule, found: Marks, today: int, expected: tuple[int, int]
) -> None:
    actual = lengths(units(schedule, found, START, dt.date(2026, 1, today)))

    assert actual == expected


def test_a_broken_streak_says_where_and_why() -> None:
    found = month(1, 2, 3, 5, 6) | {dt.date(2026, 1, 4): "short"}
    today = dt.date(2026, 1, 6)

    actual = streak(
        Daily(), laid(Daily(), found, START, today), units(Daily(), found, START, today)
    )

    assert actual.broken is not None
    assert (actual.broken.on, actual.broken.reason) == (dt.date(2026, 1, 4), "below_target")
    assert actual.current is not None
    assert (actual.current.length, actual.current.first) == (2, dt.date(2026, 1, 5))


@pytest.mark.parametrize(
    ("schedule", "found", "today", "reason", "window"),
    [
        (Daily(), month(1, 2), 4, "nothing_logged", (3, 3, 1, 0)),
        (Daily(), month(1, 2, freeze=(3,)), 4, "no_freeze_held", (3, 3, 1, 0)),
        (PerWeek(3), month(1, 5, 6), 12, "too_few", (5, 11, 3, 2)),
        (Rate(2, 4), month(1, 2, 7), 9, "too_few", (5, 8, 2, 1)),
    ],
)
def test_the_window_that_broke_a_streak_is_shown(
    schedule: Schedule, found: Marks, today: int, reason: str, window: tuple[int, int, int, int]
) -> None:
    last = dt.date(2026, 1, today)

    actual = streak(
        schedule, laid(schedule, found, START, last), units(schedule, found, START, last)
    )

    assert actual.broken is not None
    shown = actual.broken.window
    assert actual.broken.reason == reason
    assert (shown.first.day, shown.last.day, shown.needed, shown.done) == window


def test_ten_done_days_hold_a_streak_over_one_that_is_missed() -> None:
    found = month(*range(1, 11), 12, freeze=(11,))

    actual = lengths(units(Daily(), found, START, dt.date(2026, 1, 12)))

    assert actual == (11, 11)


def test_no_more_than_two_tokens_are_held() -> None:
    found = month(*range(1, 31))
    found |= dict.fromkeys((START + number * DAY for number in (30, 31, 32)), "freeze")

    actual = units(Daily(), found, START, START + 33 * DAY)

    assert words(actual)[-4:] == ["neutral", "neutral", "missed", "open"]


def test_a_day_that_was_given_up_is_no_chance_any_more() -> None:
    actual = units(Rate(2, 2), {START: "missed"}, START, START)

    assert words(actual) == ["missed"]


@pytest.mark.parametrize(("today", "at_risk"), [(9, False), (10, True)])
def test_a_week_is_at_risk_when_no_day_is_left_to_spare(today: int, *, at_risk: bool) -> None:
    week, last = PerWeek(5), dt.date(2026, 1, today)
    found = month(1, 2, 3, 4, 5, 6, 7)

    actual = streak(week, laid(week, found, START, last), units(week, found, START, last))

    assert (actual.current is not None, actual.at_risk) == (True, at_risk)


def test_a_week_in_which_half_the_days_are_away_asks_for_what_is_left() -> None:
    found = dict.fromkeys((dt.date(2026, 1, day) for day in range(5, 10)), "away")
    found |= month(10, 11)

    actual = units(PerWeek(5), found, MONDAY, dt.date(2026, 1, 11))

    assert (words(actual), actual.needed.tolist()) == (["kept"], [2])


def test_february_has_as_many_days_as_it_has() -> None:
    february = dict.fromkeys((dt.date(2026, 2, day) for day in range(1, 29)), "done")

    actual = units(PerMonth(31), february, dt.date(2026, 2, 1), dt.date(2026, 3, 1))

    assert (words(actual), actual.needed.tolist()) == (["kept", "open"], [28, 31])
