"""No rule takes many more steps than another, and none is expanded where a habit is read."""

import contextlib
import datetime as dt

import msgspec
import pytest
from hypothesis import given, settings

from models.base.errors import Invalid
from models.habits import Habit, NewHabit, Recurring
from models.habits.rrule import Rule
from tests.costs.steps import steps
from tests.habits import rules
from tests.habits.histories import START

MOST = 100_000  # steps: about a millisecond
FORM = 2_500  # steps: of what is checked in a stored one


def some(first: int, step: int = 1, count: int = 31) -> str:
    """A list of numbers, as long as one may be."""
    return rules.joined(list(range(first, first + step * count, step)))


COSTLY = (
    "FREQ=DAILY",
    "FREQ=DAILY;COUNT=10000",
    "FREQ=DAILY;BYMONTH=2;BYMONTHDAY=30",
    f"FREQ=DAILY;BYSETPOS={some(335)}",
    f"FREQ=DAILY;BYMONTH=2;BYMONTHDAY=29;BYDAY=SA;BYSETPOS=1,{some(300, count=30)}",
    f"FREQ=WEEKLY;BYDAY=MO,TU,WE,TH,FR,SA,SU;BYSETPOS={some(-7, count=7)},{some(1, count=7)}",
    f"FREQ=MONTHLY;BYDAY=MO,TU,WE,TH,FR,SA,SU;BYSETPOS={some(1)}",
    f"FREQ=MONTHLY;BYMONTHDAY={some(1)};BYSETPOS={some(-31)}",
    f"FREQ=YEARLY;BYWEEKNO={some(1, count=30)};BYYEARDAY={some(1)}",
    f"FREQ=YEARLY;BYDAY=MO,TU,WE,TH,FR,SA,SU;BYSETPOS={some(-366)}",
    "FREQ=YEARLY;BYDAY=" + ",".join(f"{n}{day}" for n in range(1, 5) for day in rules.WEEKDAYS),
)


@pytest.fixture(scope="module", autouse=True)
def _calendar() -> None:
    """Make what the first rule of a process makes for all, whichever test is the first."""
    Rule("FREQ=DAILY;INTERVAL=2", START)


@pytest.mark.parametrize("text", COSTLY)
def test_no_rule_takes_many_steps(text: str) -> None:
    assert steps(lambda: Rule(text, START)) <= MOST


@settings(max_examples=60)
@given(rules.extreme)
def test_no_rule_that_somebody_makes_up_takes_many_steps(text: str) -> None:
    assert steps(lambda: _tried(text)) <= MOST


@pytest.mark.parametrize("text", COSTLY)
def test_a_stored_habit_is_read_without_its_days(text: str) -> None:
    draft = NewHabit(name="Run", schedule=Recurring("FREQ=DAILY", START))
    habit = Habit.drafted(draft, owner="usr_1", at=dt.datetime(2026, 1, 1, tzinfo=dt.UTC))
    stored = msgspec.to_builtins(habit) | {
        "schedule": {"type": "rrule", "rule": text, "anchor": f"{START}"}
    }

    msgspec.convert(stored, Habit)  # its zone and its patterns are remembered
    assert steps(lambda: msgspec.convert(stored, Habit)) <= FORM


def _tried(text: str) -> None:
    with contextlib.suppress(Invalid):
        Rule(text, START)
