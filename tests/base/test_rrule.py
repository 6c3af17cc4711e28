"""The days of a rule in a window are those of the whole rule, and python-dateutil's."""

import datetime as dt
import random

import pytest
from dateutil import rrule as dateutil

from models.base.errors import Invalid
from models.base.rrule import days_between, last_day, parse_rule
from models.base.time import DAY

WEEKDAYS = ("MO", "TU", "WE", "TH", "FR", "SA", "SU")
ANCHORS = (dt.date(1997, 9, 2), dt.date(2024, 2, 29), dt.date(2025, 12, 29))


def some(chance: random.Random, values: range, most: int) -> str:
    numbers = chance.sample([number for number in values if number], chance.randint(1, most))
    return ",".join(map(str, sorted(numbers)))


def rule(chance: random.Random) -> str:
    """A rule of some parts that mean something together."""
    frequency = chance.choice(("DAILY", "WEEKLY", "MONTHLY", "YEARLY"))
    parts = [f"FREQ={frequency}", f"INTERVAL={chance.choice((1, 1, 2, 3, 7, 13))}"]
    if chance.random() < 0.3:
        parts.append(f"BYMONTH={some(chance, range(1, 13), 4)}")
    if frequency != "WEEKLY" and chance.random() < 0.3:
        parts.append(f"BYMONTHDAY={some(chance, range(-31, 32), 5)}")
    if chance.random() < 0.4:
        days = chance.sample(WEEKDAYS, chance.randint(1, 3))
        numbered = frequency == "MONTHLY" and chance.random() < 0.5
        parts.append(
            "BYDAY="
            + ",".join(f"{chance.choice((1, 2, -1)) if numbered else ''}{day}" for day in days)
        )
    elif frequency == "YEARLY" and chance.random() < 0.5:
        parts.append(f"BYYEARDAY={some(chance, range(-366, 367), 5)}")
    if chance.random() < 0.2:
        parts.append(f"WKST={chance.choice(WEEKDAYS)}")
    if frequency != "DAILY" and chance.random() < 0.2:
        parts.append(f"BYSETPOS={some(chance, range(-3, 4), 2)}")
    return ";".join(parts)


def dateutils(text: str, anchor: dt.date, first: dt.date, last: dt.date) -> list[dt.date]:
    begin = dt.datetime.combine(anchor, dt.time())
    found = dateutil.rrulestr(text, dtstart=begin)
    assert isinstance(found, dateutil.rrule)
    least, most = (dt.datetime.combine(day, dt.time()) for day in (first, last))
    return [moment.date() for moment in found.between(least, most, inc=True)]


@pytest.mark.parametrize("seed", range(150))
def test_a_window_of_a_rule_has_the_days_that_dateutil_finds(seed: int) -> None:
    chance = random.Random(seed)
    text, anchor = rule(chance), chance.choice(ANCHORS)
    first = anchor + chance.randint(-40, 365 * 30) * DAY
    last = first + chance.randint(0, 400) * DAY

    found = days_between(parse_rule(text), anchor, first, last)

    assert found == dateutils(text, anchor, first, last), text


@pytest.mark.parametrize("seed", range(60))
def test_a_count_ends_where_dateutil_ends(seed: int) -> None:
    chance = random.Random(seed)
    text, anchor = rule(chance), chance.choice(ANCHORS)
    count = chance.choice((1, 2, 10, 500))
    begin = dt.datetime.combine(anchor, dt.time())
    days = [
        moment.date()
        for moment in dateutil.rrulestr(f"{text};COUNT={count}", dtstart=begin)
        if moment.date() <= anchor + 100 * 365 * DAY
    ]

    found = last_day(parse_rule(f"{text};COUNT={count}"), anchor)

    assert found == (days[-1] if len(days) == count else anchor + 100 * 365 * DAY), text


def test_an_until_with_a_time_has_the_day_after_it() -> None:
    anchor = dt.date(2026, 1, 1)
    parts = parse_rule("FREQ=DAILY;UNTIL=20260103T230000Z")

    days = days_between(parts, anchor, anchor, anchor + 30 * DAY)

    assert [day.day for day in days] == [1, 2, 3, 4]
    assert last_day(parts, anchor) == dt.date(2026, 1, 4)
    assert last_day(parse_rule("FREQ=DAILY"), anchor) is None


@pytest.mark.parametrize(
    "text",
    [
        "FREQ=HOURLY",
        "FREQ=DAILY;BYHOUR=9",
        "FREQ=DAILY;UNTIL=20260103T990000Z",
        "FREQ=DAILY;UNTIL=20260230",
        "UNTIL=20260103",
        "",
    ],
)
def test_a_refusal_names_the_place_of_the_rule(text: str) -> None:
    with pytest.raises(Invalid) as refused:
        parse_rule(text, "/rule")

    assert [flaw.pointer for flaw in refused.value.flaws] == ["/rule"]
