"""The function that decides about each time, for hours and sessions that hypothesis makes up."""

import datetime as dt
import itertools

import pytest
from hypothesis import given
from hypothesis import settings as hypothesis_settings
from hypothesis import strategies as st

from models.base.time import DAY, WEEK, local_date, week_of, zone_of
from models.scheduling import Availability, AvailabilityDraft, BookingRules, SessionType, Taken
from models.scheduling.availability import DayHours, TimeOff, TravelPeriod, WeeklyHours
from models.scheduling.slots import BusyTimes, merged_intervals, openings
from models.scheduling.transitions import SessionTime

ZONES = (
    "America/New_York",
    "Europe/Berlin",
    "Australia/Lord_Howe",
    "Africa/Casablanca",
    "Asia/Kathmandu",
    "Pacific/Apia",
    "Africa/Cairo",
    "Asia/Tehran",
)
MINUTE = dt.timedelta(minutes=1)
# Around these, clocks change somewhere: in autumn and spring, and when Apia had no 30 December.
STARTS = [
    dt.datetime(*moment, tzinfo=dt.UTC)
    for moment in ((2026, 3, 6), (2026, 3, 27), (2026, 10, 23), (2011, 12, 28), (2026, 4, 3))
]


def availability(draft: AvailabilityDraft) -> Availability:
    return Availability.drafted(draft, owner="usr_1", at=STARTS[0])


clock = st.integers(0, 95).map(lambda quarter: f"{quarter // 4:02}:{quarter % 4 * 15:02}")


@st.composite
def hours(draw: st.DrawFn) -> tuple[str, str]:
    first, last = sorted(draw(st.lists(st.integers(0, 96), min_size=2, max_size=2, unique=True)))
    return (f"{first // 4:02}:{first % 4 * 15:02}", f"{last // 4:02}:{last % 4 * 15:02}")


@st.composite
def availabilities(draw: st.DrawFn) -> Availability:
    weekly = [
        WeeklyHours(draw(st.integers(1, 7)), *draw(hours()))
        for _ in range(draw(st.integers(1, 12)))
    ]
    days = draw(st.lists(st.integers(0, 9), unique=True, max_size=3))
    base = draw(st.sampled_from(STARTS)).date()
    overrides = {
        str(base + day * DAY): tuple(
            DayHours(*draw(hours())) for _ in range(draw(st.integers(0, 2)))
        )
        for day in days
    }
    off, away = draw(st.integers(0, 9)), draw(st.integers(0, 9))
    return availability(
        AvailabilityDraft(
            tz=draw(st.sampled_from(ZONES)),
            weekly=tuple(weekly),
            overrides=overrides,
            time_off=(TimeOff(base + off * DAY, base + off * DAY),) * draw(st.integers(0, 1)),
            travel=(
                TravelPeriod(
                    base + away * DAY, base + (away + 2) * DAY, draw(st.sampled_from(ZONES))
                ),
            )
            * draw(st.integers(0, 1)),
            notice_minutes=draw(st.sampled_from([0, 60, 1440])),
            horizon_days=draw(st.sampled_from([2, 7, 60])),
            slot_minutes=draw(st.sampled_from([15, 20, 45, 60])),
            most_per_day=draw(st.sampled_from([None, 1, 3])),
            most_per_week=draw(st.sampled_from([None, 2, 9])),
        )
    )


types = st.builds(
    SessionType,
    name=st.just("A talk"),
    minutes=st.sampled_from([15, 30, 50, 90]),
    buffer_before=st.sampled_from([0, 10]),
    buffer_after=st.sampled_from([0, 5, 30]),
)


@given(availabilities(), types, st.sampled_from(STARTS), st.lists(st.integers(0, 200), max_size=30))
@hypothesis_settings(max_examples=150, deadline=None)
def test_what_is_offered_is_booked_one_by_one_and_nothing_overlaps(
    rules: Availability, session_type: SessionType, now: dt.datetime, chosen: list[int]
) -> None:
    span = now, now + 10 * DAY
    booked: list[SessionTime] = []

    def taken() -> Taken:
        return Taken(
            booked=[session.blocked for session in booked],
            starts=[session.starts_at for session in booked],
        )

    for number in chosen:
        listed = BookingRules(rules, session_type, taken(), span, now)
        offered = listed.offered()
        if not offered:
            break
        start = offered[number % len(offered)]
        asked = BookingRules(rules, session_type, taken(), (start, start + MINUTE), now)
        assert asked.refusals(start) == ()
        booked.append(SessionTime(start, asked.end_of(start), asked.blocked(start)))
        assert start not in BookingRules(rules, session_type, taken(), span, now).offered()

    blocks = sorted(session.blocked for session in booked)
    assert all(end <= start for (_, end), (start, _) in itertools.pairwise(blocks))
    open_times = BusyTimes(openings(rules, span[0], span[1] + DAY))
    assert all(open_times.contains(one.starts_at, one.ends_at) for one in booked)


@given(
    availabilities(),
    types,
    st.sampled_from(STARTS),
    st.lists(st.integers(0, 10 * 24 * 60 - 1), min_size=1, max_size=40),
    st.lists(st.tuples(st.integers(0, 900), st.integers(1, 20)), max_size=20),
)
@hypothesis_settings(max_examples=150, deadline=None)
def test_a_time_that_is_not_offered_is_refused_with_a_reason(
    rules: Availability,
    session_type: SessionType,
    now: dt.datetime,
    minutes: list[int],
    busy: list[tuple[int, int]],
) -> None:
    span = now, now + 10 * DAY
    blocks = [(now + 15 * at * MINUTE, now + 15 * (at + length) * MINUTE) for at, length in busy]
    taken = Taken(booked=blocks[::3], held=blocks[1::3], own=blocks[2::3])
    listed = BookingRules(rules, session_type, taken, span, now)
    offered = set(listed.offered())

    for minute in minutes:
        start = now + minute * MINUTE
        asked = BookingRules(rules, session_type, taken, (start, start + MINUTE), now)
        assert (start in offered) is (asked.refusals(start) == ())
        assert asked.refusals(start) == listed.refusals(start)


@pytest.mark.parametrize("tz", ZONES)
@pytest.mark.parametrize("first", STARTS)
def test_hours_are_those_that_a_clock_on_the_wall_shows(tz: str, first: dt.datetime) -> None:
    weekly = tuple(WeeklyHours(weekday, "09:00", "17:00") for weekday in range(1, 8))
    rules = availability(AvailabilityDraft(tz=tz, weekly=weekly))

    for start, end in openings(rules, first, first + WEEK):
        walls = [moment.astimezone(zone_of(tz)) for moment in (start, end)]
        assert [f"{wall:%H:%M}" for wall in walls] == ["09:00", "17:00"]
    dates = {local_date(start, tz) for start, _ in openings(rules, first, first + WEEK)}
    assert (dt.date(2011, 12, 30) in dates) is (first.year == 2011 and tz != "Pacific/Apia")


# Of a night in which clocks change: the hours, and how long they really are, in minutes.
NIGHTS = [
    ("Europe/Berlin", "2026-03-29", "01:00", "04:00", 120),
    ("Europe/Berlin", "2026-03-29", "02:00", "03:00", 0),  # is left out
    ("Europe/Berlin", "2026-10-25", "01:00", "04:00", 240),
    ("Europe/Berlin", "2026-10-25", "02:30", "03:00", 90),  # from the first half past two
    ("Australia/Lord_Howe", "2026-04-05", "01:00", "03:00", 150),
    ("Australia/Lord_Howe", "2026-10-04", "01:00", "03:00", 90),
    ("America/New_York", "2026-11-01", "00:00", "24:00", 25 * 60),
    ("Pacific/Apia", "2011-12-30", "09:00", "17:00", 0),  # there was no such day
]


@pytest.mark.parametrize(("tz", "day", "start", "end", "minutes"), NIGHTS)
def test_a_change_of_clocks_makes_hours_longer_or_shorter(
    tz: str, day: str, start: str, end: str, minutes: int
) -> None:
    rules = availability(AvailabilityDraft(tz=tz, overrides={day: (DayHours(start, end),)}))
    around = dt.datetime.fromisoformat(f"{day}T00:00:00Z")

    found = openings(rules, around - 2 * DAY, around + 2 * DAY)

    assert sum(((last - first) // MINUTE for first, last in found)) == minutes


def test_who_travels_is_there_at_the_hours_of_the_place() -> None:
    weekly = tuple(WeeklyHours(weekday, "09:00", "10:00") for weekday in range(1, 8))
    stay = TravelPeriod(dt.date(2026, 6, 2), dt.date(2026, 6, 3), "Asia/Kathmandu")
    rules = availability(AvailabilityDraft(tz="America/New_York", weekly=weekly, travel=(stay,)))
    first = dt.datetime(2026, 6, 1, tzinfo=dt.UTC)

    found = openings(rules, first, first + 4 * DAY)

    assert [f"{start:%d %H:%M}" for start, _ in found] == [
        "01 13:00",
        "02 03:15",
        "03 03:15",
        "04 13:00",
    ]


def test_limits_count_the_coachs_own_days_and_weeks() -> None:
    weekly = tuple(WeeklyHours(weekday, "00:00", "24:00") for weekday in range(1, 8))
    draft = AvailabilityDraft(
        tz="Pacific/Apia", weekly=weekly, most_per_day=1, most_per_week=2, notice_minutes=0
    )
    rules, talk = availability(draft), SessionType(name="A talk", minutes=60)
    now = dt.datetime(2026, 6, 1, tzinfo=dt.UTC)  # a Monday: 13:00 in Apia
    late = now + 10 * 60 * MINUTE  # 23:00 on that Monday there
    tuesday, wednesday = late + 60 * MINUTE, late + 25 * 60 * MINUTE
    span = now, now + 2 * WEEK

    one = BookingRules(rules, talk, Taken(starts=[late]), span, now)
    two = BookingRules(rules, talk, Taken(starts=[late, tuesday]), span, now)

    assert one.refusals(late) == ("day_full",)
    assert one.refusals(tuesday) == ()
    assert two.refusals(wednesday) == ("week_full",)
    next_week = dt.datetime.combine(week_of(now.date())[1], dt.time(11), dt.UTC)
    assert two.refusals(next_week) == ()
    assert two.refusals(next_week - 60 * MINUTE) == ("week_full",)


def test_intervals_that_adjoin_are_one() -> None:
    noon = STARTS[0]
    hour = 60 * MINUTE
    merged = merged_intervals(
        [(noon + hour, noon + 2 * hour), (noon, noon + hour), (noon + 3 * hour, noon + 3 * hour)]
    )

    assert merged == [(noon, noon + 2 * hour)]
