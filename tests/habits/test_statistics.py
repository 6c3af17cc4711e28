"""Statistics, achievements, correlation and reminders."""

import datetime as dt

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from models.base.reminders import Reminder, occurrences
from models.base.time import skipped_days
from models.habits.achievements import CONSISTENT, achievements
from models.habits.correlation import correlation
from models.habits.evaluation import evaluate
from models.habits.schedules import Daily, PerWeek, Schedule
from models.habits.statistics import DoneTimes, JudgedUnits, best_time, formation, heatmap, weekdays
from tests.habits import plain
from tests.habits.histories import LAST, START, history, laid, marks, schedules, units
from tests.habits.plain import DAY, Marks


def kept(schedule: Schedule, found: Marks, today: dt.date) -> list[tuple[dt.date, str]]:
    """Each unit's verdict by the day on which it was clear."""
    shown = units(schedule, found, START, today)
    days = [min(dt.date.fromordinal(int(last)), today) for last in shown.last]
    verdicts = plain.verdicts(schedule, found, START, today)
    return list(zip(days, verdicts, strict=True))


@settings(max_examples=60)
@given(schedules, marks, st.dates(START, LAST), st.dates(START, LAST))
def test_rates_count_what_was_judged(
    schedule: Schedule, found: Marks, first: dt.date, today: dt.date
) -> None:
    found = {day: mark for day, mark in found.items() if mark != "away" or day >= START}
    judged = JudgedUnits.of(units(schedule, found, START, today), today.toordinal())

    actual = judged.between(first.toordinal(), today.toordinal())
    moving = judged.moving(first.toordinal(), today.toordinal())

    inside = [verdict for day, verdict in kept(schedule, found, today) if first <= day <= today]
    expected = (inside.count("kept"), inside.count("kept") + inside.count("missed"))
    assert (actual.kept, actual.judged) == expected
    assert (actual.rate is None) == (actual.judged == 0)
    for point in moving:
        window = [
            verdict
            for day, verdict in kept(schedule, found, today)
            if point.date - 27 * DAY <= day <= point.date
        ]
        assert point.kept == window.count("kept")
        assert point.judged == window.count("kept") + window.count("missed")


@settings(max_examples=60)
@given(marks, st.dates(START, LAST))
def test_a_heatmap_and_its_tables_show_every_day_once(found: Marks, today: dt.date) -> None:
    days = laid(Daily(), found, START, today)
    past = history({day: mark for day, mark in found.items() if day <= today})
    first = today - 90 * DAY
    span = (first.toordinal(), today.toordinal())

    values = heatmap(days, *span)
    table = DoneTimes.of(past, *span).hours()
    rates = weekdays(evaluate(Daily(), days), past, *span)

    shown = plain.with_freezes({day: mark for day, mark in found.items() if day <= today})
    worth = {"done": 1.0, "short": 0.5, "missed": 0.0}
    unheld = {day for day, mark in found.items() if mark == "freeze" and shown.get(day) == "missed"}
    expected = [
        None if day in unheld else worth.get(shown.get(day, "")) for day in plain.days(first, today)
    ]
    done = [day for day, mark in shown.items() if mark == "done" and first <= day <= today]
    assert values == expected
    assert table[:, 8].tolist() == [sum(day.weekday() == row for day in done) for row in range(7)]
    assert int(table.sum()) == len(done)
    assert [rate.done for rate in rates] == table[:, 8].tolist()


@settings(max_examples=60)
@given(schedules, marks, st.dates(START, LAST))
def test_an_achievement_is_unlocked_on_the_day_on_which_it_is_reached(
    schedule: Schedule, found: Marks, today: dt.date
) -> None:
    found = {day: mark for day, mark in found.items() if mark != "away" and START <= day <= today}
    past, shown = history(found), units(schedule, found, START, today)

    listed = list(achievements(past, shown, today.toordinal()))

    assert {one.type for one in listed} == {"completion", "streak", "consistency"}
    for one in listed:
        done = sorted(day for day, mark in found.items() if mark == "done")
        if one.type == "completion":
            reached = done[one.threshold - 1] if len(done) >= one.threshold else None
            assert (one.unlocked_on, one.reached) == (reached, len(done))
        elif one.type == "streak":
            best = plain.streaks(plain.verdicts(schedule, found, START, today))[1]
            assert (one.reached, one.unlocked_on is not None) == (best, best >= one.threshold)
        else:
            assert (one.unlocked_on is not None) == ((one.reached or 0) >= CONSISTENT)


def test_a_month_of_ninety_percent_is_consistent_and_not_before() -> None:
    found: Marks = {START + number * DAY: "done" for number in range(31) if number % 10 != 9}
    today = START + 30 * DAY
    shown = units(Daily(), found, START, today)

    first, *others = (
        one
        for one in achievements(history(found), shown, today.toordinal())
        if one.type == "consistency"
    )

    assert (first.threshold, first.unlocked_on, first.reached) == (30, START + 29 * DAY, 0.9)
    assert [(one.unlocked_on, one.reached) for one in others] == [(None, None)] * 3


def test_a_habit_is_formed_by_adherence_streak_and_evenness() -> None:
    found: Marks = {START + number * DAY: "done" for number in range(33)}
    today = START + 32 * DAY
    shown = units(Daily(), found, START, today)

    actual = formation(
        JudgedUnits.of(shown, today.toordinal()), history(found), 33, today.toordinal()
    )
    young = formation(
        JudgedUnits.of(shown, today.toordinal()), history({START: "done"}), 1, 1_000_000
    )

    assert actual == pytest.approx(0.5 + 0.3 * 33 / 66 + 0.2)
    assert young is None


def test_nothing_logged_is_no_number() -> None:
    judged = JudgedUnits.of(units(Daily(), {}, START, START), START.toordinal())

    assert judged.between(0, START.toordinal()).rate is None
    assert best_time(np.array([480] * 9)) is None


@given(
    st.dictionaries(st.dates(START, START + 60 * DAY), st.booleans()),
    st.dictionaries(st.dates(START, START + 60 * DAY), st.integers(1, 5)),
)
def test_a_correlation_is_pearsons_or_nothing(
    done: dict[dt.date, bool], level: dict[dt.date, int]
) -> None:
    actual = correlation(done, level)

    days = sorted(done.keys() & level.keys())
    xs, ys = [done[day] for day in days], [level[day] for day in days]
    assert (actual.n, actual.done) == (len(days), sum(xs))
    if actual.r is None:
        assert actual.low is actual.high is None
        assert len(days) < 10 or len(set(ys)) == 1 or min(sum(xs), len(xs) - sum(xs)) < 3
    else:
        assert actual.r == pytest.approx(float(np.corrcoef(xs, ys)[0, 1]))
        assert actual.low is not None
        assert actual.high is not None
        assert -1 <= actual.low <= actual.r <= actual.high <= 1


def reminded(tz: str, day: dt.date, *reminders: Reminder, day_start: int = 0) -> list[str]:
    """What comes from one UTC midnight to the next, when every day is asked for."""
    begin = dt.datetime.combine(day, dt.time(), dt.UTC)
    found = occurrences(reminders, tz, day_start, begin, begin + DAY, is_asked=Daily().is_due)
    return [f"{one.at:%H:%M} {one.local_date:%d}" for one in found]


def test_reminders_follow_the_clock_on_the_wall() -> None:
    half_past_two = Reminder("02:30")

    assert reminded("Europe/Berlin", dt.date(2026, 1, 5), half_past_two) == ["01:30 05"]
    assert reminded("Europe/Berlin", dt.date(2026, 7, 6), half_past_two) == ["00:30 06"]
    assert reminded("Europe/Berlin", dt.date(2026, 3, 29), half_past_two) == ["01:30 29"]
    assert reminded("Europe/Berlin", dt.date(2026, 10, 25), half_past_two) == ["00:30 25"]
    assert reminded("Asia/Kathmandu", dt.date(2026, 1, 5), Reminder("05:45")) == ["00:00 06"]
    assert reminded("Asia/Kathmandu", dt.date(2026, 1, 5), Reminder("05:46")) == ["00:01 05"]
    assert reminded("UTC", dt.date(2026, 1, 5), Reminder("07:00", (2,))) == []
    assert reminded("UTC", dt.date(2026, 1, 5), half_past_two, day_start=240) == ["02:30 04"]


def test_most_zones_leap_over_nothing() -> None:
    assert skipped_days("America/New_York") == ()
    assert skipped_days("Pacific/Kwajalein") == (dt.date(1993, 8, 21),)


def test_a_week_counts_on_the_day_on_which_it_is_clear() -> None:
    monday = dt.date(2026, 1, 5)
    found: Marks = {monday: "done", monday + DAY: "done"}

    judged = JudgedUnits.of(
        units(PerWeek(2), found, monday, monday + DAY), (monday + DAY).toordinal()
    )

    assert judged.between(monday.toordinal(), (monday + DAY).toordinal()).kept == 1
