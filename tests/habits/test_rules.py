"""The days of RRULEs, compared with those of python-dateutil; and that no rule is a fault."""

import contextlib
import datetime as dt
import itertools

import msgspec
import pytest
from dateutil.rrule import rrule, rrulestr
from hypothesis import assume, given, settings
from hypothesis import strategies as st

from models.base.errors import Invalid
from models.base.rrule import parse_rule
from models.base.time import DAY, EPOCH
from models.habits import Habit, NewHabit, Recurring, due_from
from models.habits.evaluation import due_days
from models.habits.rrule import LAST_ANCHOR, Rule, check_rule, rule_of
from models.habits.schedules import check_new_schedule
from models.habits.strength import frequency_of
from tests.habits import rules
from tests.habits.histories import START, laid

DAYS = 28 * 365 + 7
NEVER = "FREQ=DAILY;BYMONTH=2;BYMONTHDAY=30"
anchors = st.dates(EPOCH, LAST_ANCHOR)


def by_dateutil(text: str, anchor: dt.date) -> list[int]:
    """The days that python-dateutil finds.

    It takes the first week for a shorter one, if it begins before the anchor: its positions are
    other ones then, so it begins with the week here.
    """
    parts = dict(part.split("=") for part in text.split(";"))
    count = int(parts.pop("COUNT", DAYS + 1))
    last = anchor + DAYS * DAY
    if until := parts.pop("UNTIL", ""):
        last = min(last, dt.datetime.strptime(until, "%Y%m%d").date())  # noqa: DTZ007 - a date
    begin = anchor
    if parts["FREQ"] == "WEEKLY":
        parts.setdefault("BYDAY", rules.WEEKDAYS[anchor.weekday()])
        week_start = rules.WEEKDAYS.index(parts.get("WKST", "MO"))
        begin -= (anchor.weekday() - week_start) % 7 * DAY
    # It looks for days until its calendar ends: all weekdays come again at the end of that.
    shift = anchor.replace(year=9944 + (anchor.year - 1944) % 28) - anchor
    plain = ";".join(f"{name}={value}" for name, value in parts.items())
    rule = rrulestr(plain, dtstart=dt.datetime.combine(begin + shift, dt.time()))
    assert isinstance(rule, rrule)
    found = rule.replace(until=dt.datetime.combine(last + shift, dt.time()))
    days = (at.toordinal() - shift.days for at in found)
    return list(itertools.islice((day for day in days if day >= anchor.toordinal()), count))


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("FREQ=DAILY;INTERVAL=10;COUNT=3", ["2026-01-01", "2026-01-11", "2026-01-21"]),
        ("FREQ=WEEKLY;BYDAY=MO;UNTIL=20260113", ["2026-01-05", "2026-01-12"]),
        ("FREQ=MONTHLY;BYMONTHDAY=31;COUNT=3", ["2026-01-31", "2026-03-31", "2026-05-31"]),
        ("FREQ=MONTHLY;BYDAY=-1FR;COUNT=2", ["2026-01-30", "2026-02-27"]),
        ("FREQ=YEARLY;BYMONTH=2;BYMONTHDAY=29;COUNT=2", ["2028-02-29", "2032-02-29"]),
        ("FREQ=MONTHLY;BYDAY=MO,TU,WE,TH,FR;BYSETPOS=-1;COUNT=2", ["2026-01-30", "2026-02-27"]),
    ],
)
def test_a_rule_gives_its_days(text: str, expected: list[str]) -> None:
    days = rule_of(text, START).days()

    assert [dt.date.fromordinal(day).isoformat() for day in days] == expected


@pytest.mark.parametrize("year", [1970, 2000, 2028, 2071])
def test_a_rule_begins_in_any_year(year: int) -> None:
    first = dt.date(year, 1, 1)

    assert Rule("FREQ=YEARLY", first).days()[:2] == [
        first.toordinal(),
        first.replace(year=year + 1).toordinal(),
    ]


def test_a_rule_ends_after_twenty_eight_years() -> None:
    assert dt.date.fromordinal(Rule("FREQ=DAILY", START).days()[-1]) == dt.date(2054, 1, 1)


@pytest.mark.parametrize(
    "text",
    [
        NEVER,
        "FREQ=SECONDLY",
        "",
        "FREQ=DAILY;BYSETPOS=2",
        "FREQ=MONTHLY;BYDAY=53MO",
        "FREQ=YEARLY;BYMONTH=1;BYDAY=-53MO",
        "FREQ=YEARLY;BYSETPOS=367",
        "FREQ=DAILY;UNTIL=20260230",
    ],
)
def test_a_rule_that_cannot_be_followed_is_refused(text: str) -> None:
    with pytest.raises(Invalid) as refusal:
        check_new_schedule(Recurring(text, START))

    assert [flaw.pointer for flaw in refusal.value.flaws] == ["/schedule/rule"]


@given(rules.ordinary, anchors)
def test_the_days_of_a_rule_are_those_of_dateutil(text: str, anchor: dt.date) -> None:
    try:
        parts = parse_rule(text)
    except Invalid:
        assume(False)
    assume(not (parts.weekdays and parts.weekdays_in_period))  # of which dateutil wants both
    assume(parts.frequency == "YEARLY" or all(abs(n) <= 5 for n, _ in parts.weekdays_in_period))
    assume(not parts.months or all(abs(n) <= 5 for n, _ in parts.weekdays_in_period))

    assert Rule(text, anchor).days() == by_dateutil(text, anchor)


@given(rules.numbers(-53, 53), anchors)
def test_weeks_are_numbered_as_iso_does(numbers: str, anchor: dt.date) -> None:
    wanted = {int(number) for number in numbers.split(",")}

    days = Rule(f"FREQ=YEARLY;BYWEEKNO={numbers}", anchor).days()

    first = anchor.toordinal()
    expected = [
        day
        for day in range(first, first + DAYS + 1)
        if wanted & set(iso_numbers(dt.date.fromordinal(day)))
    ]
    assert days == expected


def iso_numbers(day: dt.date) -> tuple[int, int]:
    """The number of a day's week, from the first and from the last of its year."""
    year, number, _ = day.isocalendar()
    return number, number - dt.date(year, 12, 28).isocalendar().week - 1


@given(rules.numbers(-53, 53), st.sampled_from(rules.WEEKDAYS), anchors)
def test_weeks_begin_on_any_day(numbers: str, week_start: str, anchor: dt.date) -> None:
    text = f"FREQ=YEARLY;BYWEEKNO={numbers};WKST={week_start}"

    days = Rule(text, anchor).days()

    # In a week that two years share, it takes the one for as long as the other.
    assert within_years(days) == within_years(by_dateutil(text, anchor))


def within_years(days: list[int]) -> list[int]:
    """Those of *days* that are in no week with days of two years."""
    dates = map(dt.date.fromordinal, days)
    shared = {(1, number) for number in range(1, 7)} | {(12, number) for number in range(26, 32)}
    return [date.toordinal() for date in dates if (date.month, date.day) not in shared]


def test_weekdays_with_and_without_a_number_are_taken_together() -> None:
    both = Rule("FREQ=MONTHLY;BYDAY=MO,1TU,53WE", START)
    mondays, tuesdays = Rule("FREQ=MONTHLY;BYDAY=MO", START), Rule("FREQ=MONTHLY;BYDAY=1TU", START)

    assert both.days() == sorted((*mondays.days(), *tuesdays.days()))


@settings(max_examples=200)
@given(rules.extreme, anchors | st.dates())
def test_a_rule_is_followed_or_refused(text: str, anchor: dt.date) -> None:
    with contextlib.suppress(Invalid):
        check_new_schedule(Recurring(text, anchor))

    with contextlib.suppress(Invalid):
        check_rule(text, anchor)
        answers(Recurring(text, anchor))


def answers(schedule: Recurring) -> None:
    """Ask all that is asked of a rule that is stored."""
    rule = rule_of(schedule.rule, schedule.anchor)
    days = rule.days()
    anchor = schedule.anchor.toordinal()
    assert days == sorted(set(days))
    assert all(map(rule.has, days))
    assert not rule.has(anchor - 1)
    assert rule.flags(anchor - 3, 3 + DAYS + 9).count(1) == len(days)
    assert (due_from(schedule, schedule.anchor) is None) == (not days)
    assert 0 < frequency_of(schedule) <= 1
    around = laid(schedule, {START: "done"}, START, START + 30 * DAY)
    due = [
        day for day, is_due in zip(around.day, due_days(schedule, around), strict=True) if is_due
    ]
    assert due == [day for day in days if around.first <= day <= around.first + 30]


def test_a_stored_rule_without_a_day_is_read_and_answers() -> None:
    draft = NewHabit(name="Leap", schedule=Recurring("FREQ=DAILY", START))
    habit = Habit.drafted(draft, owner="usr_1", at=dt.datetime(2026, 1, 1, tzinfo=dt.UTC))

    stored = msgspec.structs.replace(habit, schedule=Recurring(NEVER, START))

    assert isinstance(stored.schedule, Recurring)
    answers(stored.schedule)
    with pytest.raises(Invalid):
        msgspec.structs.replace(draft, schedule=stored.schedule)


def test_refused_rules_push_no_other_out_of_memory() -> None:
    rule_of.cache_clear()
    kept = rule_of("FREQ=DAILY", START)

    for interval in range(1, 999):
        with pytest.raises(Invalid):
            check_new_schedule(Recurring(f"{NEVER};INTERVAL={interval}", START))
        check_new_schedule(Recurring(f"FREQ=DAILY;INTERVAL={interval}", START))

    assert rule_of.cache_info().currsize == 1
    assert rule_of("FREQ=DAILY", START) is kept
