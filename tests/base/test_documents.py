"""The rules of documents, with plain values."""

import datetime as dt
import math
import zoneinfo
from typing import Any

import msgspec
import pytest

from models.account import User
from models.account.email_addresses import normalised_email
from models.account.session import Session
from models.account.user import Registration
from models.base.document import Document, Privacy, fields_marked, public
from models.base.errors import Invalid
from models.base.ids import MutationId, derived_id, new_id, new_mutation_id
from models.base.time import check_zone
from models.contexts import DOCUMENTS, KINDS
from models.goals import Goal, GoalDraft, GoalId, NewGoal
from models.habits import Entry, EntryDraft, Habit, HabitDraft, HabitId, NewHabit
from models.habits.entry import entry_id, judged
from models.habits.measures import Amount, YesNo
from models.habits.schedules import Daily, Rate, Weekdays
from tests.base.moments import LATER, NOON

OWNER = "usr_1"


def goal(**fields: Any) -> Goal:
    """A goal."""
    return Goal.drafted(NewGoal(**{"title": "Run"} | fields), owner=OWNER, at=NOON)


def habit(**fields: Any) -> Habit:
    """A habit."""
    return Habit.drafted(NewHabit(**{"name": "Read"} | fields), owner=OWNER, at=NOON)


def test_a_goal_is_completed_when_its_status_becomes_so() -> None:
    active = goal()
    completed = active.revised(GoalDraft(title="Run", status="completed"), LATER)
    renamed = completed.revised(
        GoalDraft(title="Ran", status="completed"), LATER + dt.timedelta(days=1)
    )

    assert active.completed_at is None
    assert (completed.completed_at, completed.version) == (LATER, 2)
    assert (renamed.completed_at, renamed.version) == (LATER, 3)
    assert renamed.revised(GoalDraft(title="Ran"), LATER).completed_at is None
    assert goal(status="completed").completed_at == NOON


def test_a_goal_that_is_completed_again_is_completed_then() -> None:
    reopened = goal(status="completed").revised(GoalDraft(title="Run"), NOON)

    again = reopened.revised(GoalDraft(title="Run", status="completed"), LATER)

    assert again.completed_at == LATER


def test_a_change_keeps_what_is_not_a_persons_to_write() -> None:
    before = goal()

    after = before.revised(GoalDraft(title="Walk", description="far"), LATER)

    assert (after.id, after.owner, after.created_at) == (before.id, OWNER, NOON)
    assert (after.updated_at, after.version) == (LATER, 2)
    assert before == goal(id=before.id)


@pytest.mark.parametrize(
    ("tz", "at", "day"),
    [
        ("UTC", "2026-01-05T23:59:59Z", "2026-01-05"),
        ("Pacific/Kiritimati", "2026-01-05T09:59:59Z", "2026-01-05"),
        ("Pacific/Kiritimati", "2026-01-05T10:00:00Z", "2026-01-06"),
        ("Pacific/Pago_Pago", "2026-01-05T10:59:59Z", "2026-01-04"),
        ("Pacific/Pago_Pago", "2026-01-05T11:00:00Z", "2026-01-05"),
        ("Asia/Kathmandu", "2026-01-05T18:14:59Z", "2026-01-05"),
        ("Asia/Kathmandu", "2026-01-05T18:15:00Z", "2026-01-06"),
        ("Europe/Berlin", "2026-07-05T21:59:59Z", "2026-07-05"),
        ("Europe/Berlin", "2026-07-05T22:00:00Z", "2026-07-06"),
        ("Europe/Berlin", "2026-01-05T22:00:00Z", "2026-01-05"),
    ],
)
def test_a_habit_starts_today_where_its_owner_lives(tz: str, at: str, day: str) -> None:
    started = Habit.drafted(
        NewHabit(name="Read", tz=tz), owner=OWNER, at=dt.datetime.fromisoformat(at)
    )

    assert started.starts_on == dt.date.fromisoformat(day)


def test_a_habit_starts_when_its_owner_says() -> None:
    day = dt.date(2020, 2, 29)

    started = habit(starts_on=day)

    assert started.starts_on == day
    assert started.revised(HabitDraft(name="Read"), LATER).starts_on == day
    assert started.revised(HabitDraft(name="Read", starts_on=NOON.date()), LATER).starts_on == (
        NOON.date()
    )


@pytest.mark.parametrize("tz", sorted(zoneinfo.available_timezones() - {"localtime"})[::40])
def test_every_zone_is_a_zone(tz: str) -> None:
    check_zone(tz)


@pytest.mark.parametrize(
    "tz",
    ["", ".", "..", "/", "Europe", "Mars/X", "../UTC", "/etc/passwd", "UTC\0", "\ud800", "x" * 999],
)
def test_what_is_no_zone_is_refused(tz: str) -> None:
    with pytest.raises(Invalid) as refusal:
        check_zone(tz)

    assert [(flaw.pointer, flaw.code) for flaw in refusal.value.flaws] == [("/tz", "zone_unknown")]


def test_somebody_who_registers_lives_somewhere() -> None:
    with pytest.raises(Invalid):
        Registration(email="a@b.org", password="password", name="A", tz="Mars")


@pytest.mark.parametrize(
    ("schedule", "due"),
    [
        (Daily(), "MTWTFSS"),
        (Weekdays((1, 7)), "M.....S"),
        (Weekdays((6, 2, 2)), ".T...S."),
        (Rate(3, 7), "MTWTFSS"),
    ],
)
def test_a_schedule_says_which_days_are_due(schedule: Daily | Weekdays | Rate, due: str) -> None:
    monday = dt.date(2026, 1, 5)
    week = [monday + dt.timedelta(days=offset) for offset in range(7)]

    days = "".join(
        letter if schedule.is_due(day) else "." for letter, day in zip("MTWTFSS", week, strict=True)
    )

    assert days == due


def test_a_habit_is_done_at_most_once_a_day() -> None:
    with pytest.raises(Invalid) as refusal:
        HabitDraft(name="Read", schedule=Rate(8, 7))

    assert [(flaw.pointer, flaw.code) for flaw in refusal.value.flaws] == [
        ("/schedule/times", "rate_impossible")
    ]
    assert HabitDraft(name="Read", schedule=Rate(7, 7)).schedule == Rate(7, 7)


FLOOR, CEILING = Amount(2.0), Amount(2.0, at_most=True)


@pytest.mark.parametrize(
    ("measure", "draft", "counts"),
    [
        (YesNo(), EntryDraft(), True),
        (YesNo(), EntryDraft(state="missed"), False),
        (YesNo(), EntryDraft(state="skip"), None),
        (FLOOR, EntryDraft(value=2), True),
        (FLOOR, EntryDraft(value=math.nextafter(2, 0)), False),
        (FLOOR, EntryDraft(value=0), False),
        (FLOOR, EntryDraft(state="missed"), False),
        (FLOOR, EntryDraft(state="missed", value=3), False),
        (FLOOR, EntryDraft(state="skip"), None),
        (FLOOR, EntryDraft(state="skip", value=3), None),
        (CEILING, EntryDraft(value=2), True),
        (CEILING, EntryDraft(value=0), True),
        (CEILING, EntryDraft(value=math.nextafter(2, 3)), False),
        (Amount(0), EntryDraft(value=0), True),
        (Amount(0, at_most=True), EntryDraft(value=0), True),
    ],
)
def test_a_day_counts_as_the_measure_says(
    measure: YesNo | Amount,
    draft: EntryDraft,
    counts: bool | None,  # noqa: FBT001 - a column of the table
) -> None:
    assert judged(draft, habit(measure=measure))["achieved"] is counts


@pytest.mark.parametrize(
    ("measure", "draft", "code"),
    [
        (YesNo(), EntryDraft(value=1), "value_unexpected"),
        (YesNo(), EntryDraft(state="skip", value=1), "value_unexpected"),
        (YesNo(), EntryDraft(state="missed", value=0), "value_unexpected"),
        (FLOOR, EntryDraft(), "value_missing"),
        (CEILING, EntryDraft(note="none"), "value_missing"),
    ],
)
def test_a_value_has_to_fit_the_measure(
    measure: YesNo | Amount, draft: EntryDraft, code: str
) -> None:
    with pytest.raises(Invalid) as refusal:
        judged(draft, habit(measure=measure))

    assert refusal.value.code == "body_invalid"
    assert [(flaw.pointer, flaw.code) for flaw in refusal.value.flaws] == [("/value", code)]


def test_an_entry_remembers_how_its_day_was_judged() -> None:
    drink, day = habit(measure=FLOOR, tz="Asia/Tokyo"), dt.date(2026, 1, 5)
    stricter = drink.revised(HabitDraft(name="Drink", measure=Amount(3.0), tz="UTC"), LATER)

    entry = Entry.drafted(EntryDraft(value=2), habit=drink, day=day, at=NOON, source="loop")
    again = entry.revised(EntryDraft(value=2, note="tea"), habit=stricter, at=LATER)

    assert entry.id == entry_id(drink.id, day) == f"{drink.id}/2026-01-05"
    assert (entry.achieved, entry.tz, entry.source, entry.version) == (
        True,
        "Asia/Tokyo",
        "loop",
        1,
    )
    assert (again.achieved, again.tz, again.source, again.version) == (False, "Asia/Tokyo", None, 2)
    assert again.created_at == NOON


def test_the_public_form_holds_nothing_hidden_and_no_null() -> None:
    user = User(
        id=OWNER,
        owner=OWNER,
        created_at=NOON,
        updated_at=NOON,
        email="a@b.org",
        email_index="x",
        name="A",
        password_hash="x",
    )
    session = Session(
        id="ses_1",
        owner=OWNER,
        created_at=NOON,
        updated_at=NOON,
        device="phone",
        authenticated_at=NOON,
        expires_at=LATER,
    )

    assert set(public(user)) == {
        *("id", "owner", "version", "created_at", "updated_at", "email", "name", "roles", "tz"),
    }
    assert set(public(session)) == {
        *("id", "owner", "version", "created_at", "updated_at", "device", "expires_at", "app"),
        *("client", "audiences", "acr", "amr", "authenticated_at"),
    }


@pytest.mark.parametrize("document", DOCUMENTS, ids=lambda document: document.kind)
def test_a_draft_holds_fields_of_its_document(document: type[Document]) -> None:
    drafted = set(document.draft.__struct_fields__) if document.draft else set()
    kept = {"id", "owner", "version", "created_at", "updated_at"}

    assert drafted <= set(document.__struct_fields__)
    assert drafted.isdisjoint(kept | fields_marked(document, Privacy.HIDDEN))
    assert KINDS[document.kind] is document
    assert len({one.collection for one in DOCUMENTS}) == len(DOCUMENTS)


def test_a_session_is_open_until_it_ends() -> None:
    session = Session(
        id="ses_1",
        owner=OWNER,
        created_at=NOON,
        updated_at=NOON,
        device="phone",
        authenticated_at=NOON,
        expires_at=LATER,
    )

    assert session.is_open(NOON)
    assert session.is_open(LATER - dt.timedelta(milliseconds=1))
    assert not session.is_open(LATER)
    assert not session.ended(NOON).is_open(NOON)


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ("ann@example.org", "ANN@Example.ORG"),
        ("stra\N{LATIN SMALL LETTER SHARP S}e@x.org", "STRASSE@x.org"),
        ("\N{LATIN SMALL LIGATURE FI}x@x.org", "fix@x.org"),
        ("\N{LATIN SMALL LETTER U WITH DIAERESIS}@x.org", "u\N{COMBINING DIAERESIS}@x.org"),
    ],
)
def test_spellings_of_one_address_are_one(one: str, other: str) -> None:
    assert normalised_email(one) == normalised_email(other)


def test_ids_are_of_their_kind() -> None:
    goals = [new_id("gol") for _ in range(100)]
    derived = derived_id("hab", "usr_1", "loop", "Read")

    assert goals == sorted(goals)
    assert len(set(goals)) == 100
    assert [msgspec.convert(one, GoalId) for one in goals] == goals
    assert msgspec.convert(derived, HabitId) == derived
    assert msgspec.convert(new_mutation_id(), MutationId)
    assert derived_id("hab", "a", "bc") != derived_id("hab", "ab", "c")
    for wrong in (goals[0].upper(), f"{goals[0]}\n", derived, goals[0][4:], ""):
        with pytest.raises(msgspec.ValidationError):
            msgspec.convert(wrong, GoalId)
