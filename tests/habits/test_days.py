"""Which date it is: at clock changes, on journeys, across the date line."""

import datetime as dt
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from models.base.errors import Invalid
from models.base.time import DAY, end_of_day, local_date, skipped_days, zone_of
from models.habits import Entry, EntryDraft, Habit, HabitDraft, NewHabit
from models.habits.entry import check_day, entry_id
from models.habits.history import UNKNOWN, code_of
from upcoach.services.habits.habit_history import AsOf, evaluated_habit

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
zones = st.sampled_from(ZONES)
EPOCH = dt.datetime(2010, 1, 1, tzinfo=dt.UTC)
moments = st.integers(0, 20 * 365 * 1440).map(lambda minute: EPOCH + dt.timedelta(minutes=minute))
day_starts = st.integers(0, 1439)
NOON = dt.datetime(2026, 6, 1, 12, tzinfo=dt.UTC)


def habit(**more: object) -> Habit:
    draft = NewHabit(**{"name": "Run", "starts_on": dt.date(2011, 12, 28)} | more)  # type: ignore[arg-type]
    return Habit.drafted(draft, owner="usr_1", at=NOON)


@given(moments, zones, day_starts)
def test_a_moment_lies_between_the_beginning_and_the_end_of_its_day(
    at: dt.datetime, tz: str, day_start: int
) -> None:
    day = local_date(at, tz, day_start)

    # Clocks that are put back show the last hour of a day again, after its first end.
    assert at < end_of_day(day, tz, day_start) + dt.timedelta(hours=1)
    assert at >= end_of_day(day - DAY, tz, day_start) - dt.timedelta(hours=1)


@given(moments, zones, day_starts, st.integers(1, 72))
def test_days_never_go_back_while_time_goes_on_where_clocks_do_not(
    at: dt.datetime, tz: str, day_start: int, hours: int
) -> None:
    later = at + dt.timedelta(hours=hours)

    days = (local_date(later, tz, day_start) - local_date(at, tz, day_start)).days

    leapt = len([day for day in skipped_days(tz) if at.date() - 2 * DAY <= day <= later.date()])
    assert 0 <= days <= hours // 24 + 2 + leapt


@pytest.mark.parametrize(
    ("tz", "day_start", "at", "expected"),
    [
        ("America/New_York", 0, "2026-03-08T04:59:59Z", "2026-03-07"),
        ("America/New_York", 0, "2026-03-08T05:00:00Z", "2026-03-08"),
        ("America/New_York", 180, "2026-03-08T06:59:59Z", "2026-03-07"),  # 01:59, then 03:00
        ("America/New_York", 180, "2026-03-08T07:00:00Z", "2026-03-08"),
        ("Europe/Berlin", 240, "2026-10-25T02:59:59Z", "2026-10-24"),
        ("Europe/Berlin", 240, "2026-10-25T03:00:00Z", "2026-10-25"),
        ("Australia/Lord_Howe", 120, "2026-10-03T15:29:59Z", "2026-10-03"),  # 01:59, then 02:30
        ("Australia/Lord_Howe", 120, "2026-10-03T15:30:00Z", "2026-10-04"),
        ("Africa/Casablanca", 0, "2026-02-15T01:30:00Z", "2026-02-15"),
        ("Asia/Kathmandu", 0, "2026-01-05T18:14:59Z", "2026-01-05"),
        ("Asia/Kathmandu", 0, "2026-01-05T18:15:00Z", "2026-01-06"),
        ("Pacific/Apia", 0, "2011-12-30T09:59:59Z", "2011-12-29"),
        ("Pacific/Apia", 0, "2011-12-30T10:00:00Z", "2011-12-31"),
        ("Africa/Cairo", 0, "2026-04-23T21:59:59Z", "2026-04-23"),  # midnight does not strike
        ("Africa/Cairo", 0, "2026-04-23T22:00:00Z", "2026-04-24"),
        ("Asia/Tehran", 60, "2026-01-05T21:29:59Z", "2026-01-05"),
        ("Asia/Tehran", 60, "2026-01-05T21:30:00Z", "2026-01-06"),
    ],
)
def test_the_date_that_people_call_it(tz: str, day_start: int, at: str, expected: str) -> None:
    day = local_date(dt.datetime.fromisoformat(at), tz, day_start)

    assert day.isoformat() == expected


def columns(entries: list[Entry]) -> dict[str, list[Any]]:
    """What the database makes of entries."""
    entries = sorted(entries, key=lambda entry: entry.local_date)
    return {
        "days": [entry.local_date.isoformat() for entry in entries],
        "codes": [
            code_of(
                entry.state,
                achieved=entry.achieved is True,
                shared=entry.share is not None,
                minute=UNKNOWN if entry.minute is None else entry.minute,
            )
            for entry in entries
        ],
        "shares": [entry.share for entry in entries if entry.share is not None],
        "zones": sorted({entry.tz for entry in entries}),
    }


@given(
    st.lists(st.tuples(moments, zones), min_size=1, max_size=30),
    zones,
    day_starts,
    zones,
    day_starts,
)
def test_nothing_in_the_past_changes_when_a_habit_moves(
    logged: list[tuple[dt.datetime, str]], tz: str, day_start: int, other: str, later_start: int
) -> None:
    run = habit(tz=tz, day_start=day_start)
    entries = {}
    for at, place in logged:
        day = local_date(at, place, day_start)
        entries[day] = Entry.drafted(EntryDraft(at=at), habit=run, day=day, at=NOON, tz=place)
    as_of = AsOf(now=NOON, date=dt.date(2026, 5, 31))

    moved = run.revised(HabitDraft(name="Run", tz=other, day_start=later_start), NOON)

    before = evaluated_habit(run, columns(list(entries.values())), (), as_of)
    after = evaluated_habit(moved, columns(list(entries.values())), (), as_of)
    assert after.units.first.tolist() == before.units.first.tolist()
    assert after.units.verdict.tolist() == before.units.verdict.tolist()
    assert [entry.tz for entry in entries.values()] == [
        entry.revised(EntryDraft(note="!"), habit=moved, at=NOON).tz for entry in entries.values()
    ]


@given(moments, zones, day_starts, st.none() | zones)
def test_today_ends_by_the_clocks_that_tell_it(
    now: dt.datetime, tz: str, day_start: int, asked: str | None
) -> None:
    run = habit(tz=tz, day_start=day_start)

    evaluated = evaluated_habit(run, None, (), AsOf(now=now, tz=asked))

    assert evaluated.today == local_date(now, asked or tz, day_start)
    assert evaluated.ends_at > now
    last = evaluated.ends_at - dt.timedelta(microseconds=1)
    assert local_date(last, asked or tz, day_start) == evaluated.today


@pytest.mark.parametrize("eastward", [True, False])
def test_a_journey_around_the_world_breaks_no_streak(*, eastward: bool) -> None:
    places = ("Europe/Berlin", "Asia/Tehran", "Asia/Kathmandu", "Pacific/Apia", "America/New_York")
    run, entries, day = habit(tz="Europe/Berlin", starts_on=dt.date(2026, 3, 1)), {}, None
    for number, tz in enumerate(places if eastward else places[::-1]):
        day = dt.date(2026, 3, 1) + number * DAY
        evening = dt.datetime.combine(day, dt.time(20), zone_of(tz))
        date = local_date(evening, tz)
        draft = EntryDraft(at=evening)
        entries[date] = Entry.drafted(draft, habit=run, day=date, at=evening, tz=tz)

    one = evaluated_habit(run, columns(list(entries.values())), (), AsOf(now=NOON, date=day))

    assert [entry.minute for entry in entries.values()] == [20 * 60] * 5
    assert not any(entry.backfilled for entry in entries.values())
    assert one.units.done.tolist() == [1] * 5


def test_a_day_that_samoa_leapt_over_breaks_no_streak() -> None:
    run = habit(tz="Pacific/Apia")
    days = [dt.date(2011, 12, number) for number in (28, 29, 31)]
    entries = [Entry.drafted(EntryDraft(), habit=run, day=day, at=NOON) for day in days]

    there = evaluated_habit(run, columns(entries), (), AsOf(now=NOON, date=days[-1]))
    berlin = habit(tz="Europe/Berlin")
    others = [Entry.drafted(EntryDraft(), habit=berlin, day=day, at=NOON) for day in days]
    elsewhere = evaluated_habit(berlin, columns(others), (), AsOf(now=NOON, date=days[-1]))

    assert there.units.verdict.tolist() == [2, 2, 0, 2]
    assert elsewhere.units.verdict.tolist() == [2, 2, 3, 2]


@pytest.mark.parametrize(
    ("state", "day", "code"),
    [
        ("done", "2026-06-02", None),  # it is the second already, fourteen hours ahead of UTC
        ("done", "2026-06-03", "day_ahead"),
        ("missed", "2026-06-03", "day_ahead"),
        ("skip", "2026-06-03", None),
        ("freeze", "2027-06-03", None),
        ("skip", "2027-06-04", "day_ahead"),
        ("done", "2016-06-01", None),
        ("done", "2016-05-31", "day_too_old"),
    ],
)
def test_a_day_can_be_logged_within_a_window(state: str, day: str, code: str | None) -> None:
    draft = EntryDraft(state=state)  # type: ignore[arg-type]
    refused = None
    try:
        check_day(dt.date.fromisoformat(day), draft, NOON)
    except Invalid as refusal:
        [flaw] = refusal.flaws
        refused = flaw.code

    assert refused == code


def test_an_entry_knows_when_it_was_done_and_what_was_written_down_later() -> None:
    run = habit(tz="Asia/Kathmandu", day_start=240)
    at = dt.datetime(2026, 6, 1, 19, 0, tzinfo=dt.UTC)  # 00:45 on the second, still the first

    now = Entry.drafted(EntryDraft(), habit=run, day=dt.date(2026, 6, 1), at=at)
    later = Entry.drafted(EntryDraft(), habit=run, day=dt.date(2026, 5, 31), at=at)
    told = Entry.drafted(
        EntryDraft(at=dt.datetime(2026, 5, 31, 2, tzinfo=dt.UTC)),
        habit=run,
        day=dt.date(2026, 5, 31),
        at=at,
    )

    assert now.id == entry_id(run.id, dt.date(2026, 6, 1))
    assert (now.minute, now.backfilled, now.day_start) == (45, False, 240)
    assert (later.minute, later.backfilled) == (None, True)
    assert (told.minute, told.backfilled) == (7 * 60 + 45, True)
