import datetime as dt

import pytest

from models.habits.schedules import Daily, Rate, Schedule
from models.learners import Forecast, HabitOdds
from models.learners.features import NAMES
from models.learners.forecast import MINIMUM_LABELS, reasons
from tests.learners.events import ADA, created, entered, noon

DAY = dt.timedelta(days=1)
MONDAY = dt.date(2026, 1, 5)


def keeping(pattern: str, schedule: Schedule = Daily()) -> HabitOdds:  # noqa: B008 - frozen
    """The learner after some days of one habit, each done (x) or missed (-)."""
    odds = HabitOdds()
    odds.apply(created(ADA, "run", MONDAY, schedule=schedule))
    for number, mark in enumerate(pattern):
        odds.tick(noon(MONDAY + number * DAY))
        odds.apply(entered(ADA, "run", MONDAY + number * DAY, achieved=mark == "x"))
    odds.tick(noon(MONDAY + len(pattern) * DAY))
    return odds


def kept(pattern: str) -> Forecast:
    (forecast,) = keeping(pattern).drain()
    return forecast


def spoken(odds: HabitOdds, **weights: float) -> list[tuple[str, float]]:
    """The reasons, where the features that are named add so much to the log-odds."""
    track = odds._habit_states[ADA, "run"]
    assert track.next is not None
    found = reasons(track, track.next, dict.fromkeys(NAMES, 0.0) | weights, [track])
    return [(reason.words, round(reason.value, 3)) for reason in found]


def test_no_label_is_no_number() -> None:
    forecast = kept("")

    assert forecast == Forecast(feed=ADA, habit="run", day=MONDAY, model="habit-odds/9")


def test_too_few_labels_are_no_odds() -> None:
    forecast = kept("x" * (MINIMUM_LABELS - 1))

    assert (forecast.odds, forecast.low, forecast.high, forecast.reasons) == (None, None, None, ())
    assert forecast.labels == MINIMUM_LABELS - 1
    assert forecast.scores is not None
    assert forecast.scores.n == MINIMUM_LABELS - 2  # the last one is not learned yet


def test_enough_labels_are_odds_within_their_interval() -> None:
    forecast = kept("x" * MINIMUM_LABELS)

    assert forecast.odds is not None
    assert forecast.low is not None
    assert forecast.high is not None
    assert 0.0 < forecast.low < forecast.odds < forecast.high < 1.0


def test_who_did_it_more_often_has_better_odds() -> None:
    odds = [
        kept(pattern).odds or 0.0 for pattern in ("-------------", "x-x-x-x-x-x-x", "xxxxxxxxxxxxx")
    ]

    assert odds == sorted(set(odds))


@pytest.mark.parametrize(
    ("pattern", "feature", "words", "value"),
    [
        ("xx-x-xx-xx", "fast", "done on 5 of the last 7 due days", 0.714),
        ("xx-x-xx-xx", "ever", "done on 7 of 10 due days since 5 January 2026", 0.7),
        ("--xxxxxxxxxx", "streak", "done 10 times in a row", 10.0),
        ("xxxxxxx---", "misses", "missed 3 times in a row", 3.0),
        ("xxxxxxx-", "last", "missed the last time", 1.0),
        ("-------x", "last", "done the last time", 1.0),
        ("xxxxxxx---", "away", "last done 4 days before", 4.0),
        ("xxxxxxxxx-", "away", "last done 2 days before", 2.0),
        ("----------", "away", "never done so far", 10.0),
        ("x------x------", "weekday", "done on 2 of the last 2 due Mondays", 1.0),
        ("-xxxxxx-xxxxxx", "weekday", "done on 0 of the last 2 due Mondays", 0.0),
    ],
)
def test_a_reason_has_words_with_numbers(
    pattern: str, feature: str, words: str, value: float
) -> None:
    odds = keeping(pattern)

    said = spoken(odds, **{feature: 10.0}) + spoken(odds, **{feature: -10.0})

    assert (words, value) in said


def test_a_rate_says_how_often_it_was_done() -> None:
    odds = keeping("x-x-----", Rate(times=3, days=7))

    said = spoken(odds, times_left=10.0)

    assert said[0] == ("1 of 3 times done in 7 days", 1.0)


def test_a_person_with_some_habits_hears_of_all_of_them_together() -> None:
    odds = keeping("x" * 20)
    track = odds._habit_states[ADA, "run"]
    assert track.next is not None

    weights = dict.fromkeys(NAMES, 0.0) | {"person_fast": 10.0}
    alone, twice = (reasons(track, track.next, weights, [track] * n) for n in (1, 2))

    days = "from 10 January 2026 to 23 January 2026"
    said = f"all habits together: done on 28 of 28 due days {days}"
    assert "all habits" not in str(alone)
    assert said in [reason.words for reason in twice]


def test_what_cannot_be_said_is_no_reason() -> None:
    before_any_label, after_one_monday = keeping(""), keeping("x------")

    assert spoken(before_any_label, fast=1.0, ever=1.0, last=1.0, times_left=1.0) == []
    assert "Mondays" not in str(spoken(after_one_monday, weekday=10.0))
    assert "before" not in str(spoken(keeping("xxxxxxx"), away=-10.0))  # nothing was missed since


def test_there_are_four_reasons_at_most_and_the_largest_come_first() -> None:
    odds = keeping("x-xx-xxxx-xx-xxxxx")
    track = odds._habit_states[ADA, "run"]
    assert track.next is not None

    weights = {"fast": 1.0, "ever": 2.0, "person_fast": 1.5, "weekday": -3.0, "last": 0.5}
    found = reasons(track, track.next, dict.fromkeys(NAMES, 0.0) | weights, [track] * 2)

    assert [reason.feature for reason in found] == ["weekday", "habit", "person", "recent"]
    assert found[0].contribution == pytest.approx(-3.0, abs=0.5)


def test_the_weights_of_the_habit_itself_add_to_the_reasons() -> None:
    odds = keeping("x------x------")
    track = odds._habit_states[ADA, "run"]
    assert track.next is not None
    track.own.means = (-1.0, 2.0, 4.0, *[0.0] * 6)

    found = reasons(track, track.next, dict.fromkeys(NAMES, 0.0), [track])

    assert {reason.feature: reason.contribution for reason in found} == {
        "habit": -1.0,
        "last": -2.0,  # it was missed
        "weekday": 4.0,
    }


def test_what_adds_next_to_nothing_is_not_worth_saying() -> None:
    odds = keeping("x-xx-xxxx-xx-xxxxx")

    track = odds._habit_states[ADA, "run"]
    assert track.next is not None
    little, enough = (
        reasons(track, track.next, {"person_fast": adds}, [track] * 2) for adds in (0.04, 0.06)
    )

    assert "all habits" not in str(little)
    assert "all habits" in str(enough)


def test_a_habit_speaks_once_however_often_it_changed() -> None:
    odds = HabitOdds()
    odds.apply(created(ADA, "run", MONDAY))
    odds.apply(created(ADA, "read", MONDAY))
    for number in range(3):
        odds.apply(entered(ADA, "run", MONDAY + number * DAY))

    first, second = odds.drain(), odds.drain()
    odds.apply(entered(ADA, "read", MONDAY))

    assert [(forecast.habit, forecast.labels) for forecast in first] == [("run", 3), ("read", 0)]
    assert second == []
    assert [forecast.habit for forecast in odds.drain()] == ["read"]
