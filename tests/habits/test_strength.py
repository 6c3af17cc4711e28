"""Strengths by Loop's formula, computed by hand and by a loop that is as plain as the formula."""

import calendar
import datetime as dt
import math

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from models.habits.measures import Amount, Count, Duration, Measure, RangeMeasure, YesNo
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
from models.habits.strength import frequency_of, strengths
from tests.habits import plain
from tests.habits.histories import LAST, START, laid, marks, schedules
from tests.habits.plain import DAY, Marks


def half_life(frequency: float) -> float:
    """What a day keeps of a score."""
    return float(0.5 ** (math.sqrt(frequency) / 13))


def by_loop(
    schedule: Schedule, found: Marks, starts: dt.date, today: dt.date, *, doubled: bool = True
) -> list[float]:
    """The score after each step, straight from the formula."""
    found = {day: mark for day, mark in found.items() if day <= today}
    first = min([starts, *found])
    score, scores = 0.0, []
    window: list[float] = []  # what each day was worth that was not skipped
    for day in plain.days(first, today):
        mark = found.get(day)
        asked = (day >= starts or mark is not None) and mark not in ("skip", "away")
        if not asked or (day == today and mark is None):
            continue
        worth = {"done": 1.0, "short": 0.5}.get(mark or "", 0.0)
        window.append(worth)
        if isinstance(schedule, Rate | PerWeek | PerMonth):
            length = _length(schedule, day)
            times = min(schedule.times, length)
            frequency = times / length
            if frequency == 1:
                credit = worth
            else:
                twice = 2 if doubled else 1
                credit = min(1.0, math.fsum(window[-length * twice :]) / (times * twice))
            kept = half_life(frequency)
        elif schedule.is_due(day):
            frequency = frequency_of(schedule)
            credit, kept = worth, half_life(frequency) ** (1 / frequency)
        else:
            continue
        score = kept * score + (1 - kept) * credit
        scores.append(score)
    return scores


def _length(schedule: Rate | PerWeek | PerMonth, day: dt.date) -> int:
    if isinstance(schedule, PerMonth):
        return calendar.monthrange(day.year, day.month)[1]
    return 7 if isinstance(schedule, PerWeek) else schedule.days


@settings(max_examples=150)
@given(schedules, marks, st.dates(START - 25 * DAY, LAST), st.dates(START, LAST))
def test_the_strength_is_what_the_formula_says_step_by_step(
    schedule: Schedule, found: Marks, starts: dt.date, today: dt.date
) -> None:
    found = {day: mark for day, mark in found.items() if mark != "away" or day >= starts}

    actual = strengths(schedule, YesNo(), laid(schedule, found, starts, today))

    expected = by_loop(schedule, found, starts, today)
    assert actual.score.tolist() == pytest.approx(expected, abs=1e-9)


@settings(max_examples=50)
@given(st.builds(PerWeek, st.integers(1, 7)), marks, st.dates(START, LAST))
def test_what_is_measured_is_not_smoothed_over_two_windows(
    schedule: Schedule, found: Marks, today: dt.date
) -> None:
    found = {day: mark for day, mark in found.items() if mark != "away" or day >= START}

    actual = strengths(schedule, Amount(2.0), laid(schedule, found, START, today))

    expected = by_loop(schedule, found, START, today, doubled=False)
    assert actual.score.tolist() == pytest.approx(expected, abs=1e-9)


def done(count: int, every: int = 1) -> Marks:
    return dict.fromkeys((START + number * every * DAY for number in range(count)), "done")


def score(schedule: Schedule, found: Marks, days: int, measure: Measure | None = None) -> float:
    """The strength when *days* days have passed since the start."""
    today = START + (days - 1) * DAY
    found = dict(found)
    if found.get(today) is None:
        found[today] = "missed"
    return float(
        strengths(schedule, measure or YesNo(), laid(schedule, found, START, today)).score[-1]
    )


@pytest.mark.parametrize(
    ("schedule", "found", "days", "expected"),
    [
        # A daily habit: half is gained in 13 days, and half is lost in as many.
        (Daily(), done(13), 13, 0.5),
        (Daily(), done(26), 26, 0.75),
        (Daily(), done(13), 26, 0.25),
        # m = 0.5^(1/13) = 0.948..: one day gives 1 - m.
        (Daily(), done(1), 1, 0.0519221505),
        # Once in seven days, doubled to two in fourteen: 1/2 for a week, then 1.
        # m = 0.5^(sqrt(1/7)/13) = 0.980047..; 0.5 (1 - m^7), then towards 1.
        (Rate(1, 7), done(2, every=7), 7, 0.0658170377),
        (Rate(1, 7), done(2, every=7), 14, 0.1887338949),
        # Two in three days: m = 0.5^(sqrt(2/3)/13); credits 1/4, 2/4, 2/4, 3/4.
        (Rate(2, 3), {START: "done", START + DAY: "done", START + 3 * DAY: "done"}, 4, 0.081214),
        # Mondays, Wednesdays and Fridays from Friday, 2 January: seven of seven due days.
        # A due day keeps 0.5^(1/(13 sqrt(3/7))) = 0.921771..
        (
            Weekdays((1, 3, 5)),
            dict.fromkeys(plain.days(START, START + 15 * DAY), "done"),
            16,
            0.4345,
        ),
        # Every third day keeps 0.5^(sqrt(3)/13) = 0.911785..
        (Every(3, START), done(4, every=3), 10, 1 - 0.5 ** (4 * math.sqrt(3) / 13)),
        (
            Every(3, START),
            done(3, every=3),
            10,
            (1 - 0.5 ** (3 * 3**0.5 / 13)) * 0.5 ** (3**0.5 / 13),
        ),
    ],
)
def test_strengths_by_hand(schedule: Schedule, found: Marks, days: int, expected: float) -> None:
    assert score(schedule, found, days) == pytest.approx(expected, abs=1e-4)


def test_a_month_is_as_long_as_it_is() -> None:
    january = strengths(PerMonth(10), YesNo(), laid(PerMonth(10), done(1), START, START)).score
    february = dt.date(2026, 2, 1)
    days = laid(PerMonth(10), {february: "done"}, february, february)
    short = strengths(PerMonth(10), YesNo(), days).score

    assert january[0] == pytest.approx(0.05 * (1 - 0.5 ** (math.sqrt(10 / 31) / 13)))
    assert short[0] == pytest.approx(0.05 * (1 - 0.5 ** (math.sqrt(10 / 28) / 13)))


def test_skipped_days_leave_the_strength_as_it_is() -> None:
    skipped = done(13) | dict.fromkeys((START + number * DAY for number in range(13, 20)), "skip")
    resumed = skipped | {START + 20 * DAY: "done"}

    assert score(Daily(), skipped, 20) == pytest.approx(0.5)
    assert score(Daily(), resumed, 21) == pytest.approx(score(Daily(), done(14), 14))


def test_a_frozen_day_keeps_the_streak_and_not_the_strength() -> None:
    frozen = done(13) | {START + 13 * DAY: "freeze"}

    assert score(Daily(), frozen, 14) == pytest.approx(0.5 * 0.5 ** (1 / 13))


def test_a_ceiling_starts_from_one_and_nothing_is_the_best() -> None:
    today = START + 3 * DAY
    broken = {START + DAY: "short", today: "done"}

    silent = strengths(Daily(), Amount(2.0, at_most=True), laid(Daily(), {}, START, today))
    actual = strengths(Daily(), Amount(2.0, at_most=True), laid(Daily(), broken, START, today))

    kept = half_life(1.0)
    after = kept + (1 - kept) * 0.5
    assert silent.score.tolist() == [1.0, 1.0, 1.0]
    assert actual.score.tolist() == pytest.approx(
        [1.0, after, kept * after + 1 - kept, kept**2 * after + 1 - kept**2]
    )


@pytest.mark.parametrize(
    ("measure", "value", "met", "share"),
    [
        (Amount(2.0), 0.0, False, 0.0),
        (Amount(2.0), 1.0, False, 0.5),
        (Amount(2.0), 3.0, True, 1.0),
        (Amount(0.0), 0.0, True, 1.0),
        (Amount(2.0, at_most=True), 2.0, True, 1.0),
        (Amount(2.0, at_most=True), 2.5, False, 0.75),
        (Amount(2.0, at_most=True), 4.0, False, 0.0),
        (Amount(2.0, at_most=True), 9.0, False, 0.0),
        (Amount(0.0, at_most=True), 0.1, False, 0.0),
        (Count(8.0), 2.0, False, 0.25),
        (Duration(30.0), 15.0, False, 0.5),
        (Duration(30.0, at_most=True), 45.0, False, 0.5),
        (RangeMeasure(7.0, 8.0), 7.5, True, 1.0),
        (RangeMeasure(7.0, 8.0), 3.5, False, 0.5),
        (RangeMeasure(7.0, 8.0), 10.0, False, 0.75),
    ],
)
def test_what_a_value_is_worth(
    measure: Amount | Count | Duration | RangeMeasure, value: float, *, met: bool, share: float
) -> None:
    assert (measure.is_met(value), measure.share(value)) == (met, share)


def test_another_formula_can_take_its_place() -> None:
    days = laid(Daily(), done(4), START, START + 3 * DAY)

    actual = strengths(
        Daily(), YesNo(), days, lambda start, credit, kept: credit * 0 + start + len(kept)
    )

    assert actual.score.tolist() == [4.0] * 4


def test_a_rule_is_as_frequent_as_its_first_year() -> None:
    weekly = Recurring("FREQ=WEEKLY;BYDAY=MO,TH", START)

    assert frequency_of(weekly) == pytest.approx(2 / 7, abs=0.01)
    assert frequency_of(Recurring("FREQ=DAILY", START)) == 1.0
