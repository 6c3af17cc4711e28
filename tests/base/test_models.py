"""The vocabulary's rules, with plain values."""

import contextlib
import datetime as dt
import json
import math
import zoneinfo
from typing import Any

import msgspec
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from handlers.http import strict_json
from models.account import User
from models.account.session import Session
from models.account.user import Registration, normalised_email
from models.base.document import Document, Mark, fields_marked, public
from models.base.errors import Invalid
from models.base.ids import GoalId, HabitId, MutationId, derived_id, new_id, new_mutation_id
from models.base.merge_patch import Json, difference, merged
from models.base.validation import checked
from models.contexts import DOCUMENTS, KINDS
from models.goals import Goal, GoalDraft, NewGoal
from models.habits import Entry, EntryDraft, Habit, HabitDraft, NewHabit
from models.habits.entry import entry_id, judged
from models.habits.habit import check_zone
from models.habits.measures import Amount, YesNo
from models.habits.schedules import Daily, Rate, Weekdays
from models.wire.cursor import Cursor
from models.wire.events import PARTITIONS, feed_owner, partition, read_line, user_feed
from models.wire.frames import Author, Ev, Skip, decode, encode
from upcoach.client import apply_event

NOON = dt.datetime(2026, 1, 5, 12, tzinfo=dt.UTC)
LATER = NOON + dt.timedelta(days=1)
OWNER = "usr_1"

unhurried = settings(deadline=None)  # other programs may hold the processor meanwhile

texts = st.text(st.characters(exclude_categories=["Cs"], exclude_characters="\0"), max_size=8)
scalars = (
    st.booleans()
    | st.integers(-(2**53), 2**53)
    | st.floats(allow_nan=False, allow_infinity=False)
    | texts
)


def containers(values: st.SearchStrategy[Any]) -> st.SearchStrategy[Any]:
    """Lists and objects of *values*."""
    return st.lists(values, max_size=3) | st.dictionaries(names, values, max_size=3)


names = st.sampled_from("abc") | texts
values = st.recursive(scalars, containers, max_leaves=12)
objects = st.dictionaries(names, values, max_size=5)
patches = st.dictionaries(
    names, st.recursive(st.none() | scalars, containers, max_leaves=12), max_size=5
)


@unhurried
@given(objects, objects)
def test_an_object_and_the_difference_to_another_give_the_other(old: Json, new: Json) -> None:
    before = json.dumps([old, new])

    patched = merged(old, difference(old, new))

    assert patched == new
    assert json.dumps([old, new]) == before


@unhurried
@given(objects)
def test_there_is_no_difference_between_an_object_and_itself(value: Json) -> None:
    assert difference(value, json.loads(json.dumps(value))) == {}


@unhurried
@given(objects, patches)
def test_a_patch_is_merged_as_the_standard_says(target: Json, patch: Json) -> None:
    result = merged(target, patch)

    assert result == merged_by_the_book(target, patch)
    assert merged(result, patch) == result
    assert {name for name, value in patch.items() if value is None}.isdisjoint(result)


def merged_by_the_book(target: Any, patch: Any) -> Any:
    """The pseudocode of RFC 7396, section 2, word for word."""
    if isinstance(patch, dict):
        if not isinstance(target, dict):
            target = {}
        target = dict(target)
        for name, value in patch.items():
            if value is None:
                if name in target:
                    del target[name]
            else:
                target[name] = merged_by_the_book(target.get(name), value)
        return target
    return patch


@pytest.mark.parametrize(
    ("target", "patch", "result"),
    [
        ({"a": "b"}, {"a": "c"}, {"a": "c"}),
        ({"a": "b"}, {"b": "c"}, {"a": "b", "b": "c"}),
        ({"a": "b"}, {"a": None}, {}),
        ({"a": "b", "b": "c"}, {"a": None}, {"b": "c"}),
        ({"a": ["b"]}, {"a": "c"}, {"a": "c"}),
        ({"a": "c"}, {"a": ["b"]}, {"a": ["b"]}),
        ({"a": {"b": "c"}}, {"a": {"b": "d", "c": None}}, {"a": {"b": "d"}}),
        ({"a": [{"b": "c"}]}, {"a": [1]}, {"a": [1]}),
        (["a", "b"], ["c", "d"], ["c", "d"]),
        ({"a": "b"}, ["c"], ["c"]),
        ({"a": "foo"}, None, None),
        ({"a": "foo"}, "bar", "bar"),
        ({"e": None}, {"a": 1}, {"e": None, "a": 1}),
        ([1, 2], {"a": "b", "c": None}, {"a": "b"}),
        ({}, {"a": {"bb": {"ccc": None}}}, {"a": {"bb": {}}}),
    ],
)
def test_the_examples_of_rfc_7396(target: Any, patch: Any, result: Any) -> None:
    assert merged(target, patch) == result


@unhurried
@given(objects)
def test_strict_json_reads_what_json_writes(value: Json) -> None:
    assert strict_json.parse(json.dumps(value).encode()) == value
    assert strict_json.parse(json.dumps(value, ensure_ascii=False).encode()) == value


@unhurried
@given(
    st.binary(max_size=64) | st.text('{}[]",:0123456789.eE+-tfn\\u ', max_size=40).map(str.encode)
)
def test_strict_json_refuses_and_never_crashes(raw: bytes) -> None:
    with contextlib.suppress(Invalid):
        assert strict_json.parse(raw) == json.loads(raw)


@pytest.mark.parametrize("levels", [1, 32])
def test_strict_json_takes_levels_up_to_its_bound(levels: int) -> None:
    assert strict_json.parse(b"[" * levels + b"]" * levels) is not None


@pytest.mark.parametrize(
    "raw",
    [
        b"[" * 33 + b"]" * 33,
        b'{"a":' * 33 + b"1" + b"}" * 33,
        b"[" * 100_000,
        b"9007199254740993",
        b"-9007199254740993",
        b"1e400",
        b"-1e400",
        b"NaN",
        b"[Infinity]",
        b'{"a":1,"a":1}',
        b'[{"b":{"a":1,"a":2}}]',
        b'"\\ud800"',
        b'{"\\udc00":1}',
        b'"\\u0000"',
        b'"\xc0\x80"',
        b"\xef\xbb\xbf1",
        b"01",
        b"1.",
        b"",
        b"1 2",
    ],
)
def test_strict_json_refuses(raw: bytes) -> None:
    with pytest.raises(Invalid) as refusal:
        strict_json.parse(raw)

    assert refusal.value.code == "json_malformed"


@pytest.mark.parametrize(
    ("raw", "value"),
    [
        (b"9007199254740992", 2**53),
        (b"-9007199254740992", -(2**53)),
        (b"1e10", 1e10),
        (b'"\\ud83d\\ude00"', "\N{GRINNING FACE}"),
        (b' {"a": [null, true]} ', {"a": [None, True]}),
        (b"1e-400", 0.0),
    ],
)
def test_strict_json_reads(raw: bytes, value: Any) -> None:
    assert strict_json.parse(raw) == value


@unhurried
@given(st.from_regex(r"[a-z0-9]{4,16}", fullmatch=True), st.integers(0, 10**16 - 1))
def test_a_cursor_reads_what_it_writes(epoch: str, seq: int) -> None:
    cursor = Cursor(epoch, seq)

    assert Cursor.parse(str(cursor)) == cursor


@pytest.mark.parametrize(
    "text",
    [
        *("", ".", "abc.1", "abcd", "abcd.", "abcd.01", "abcd.-1", "abcd.+1", "abcd.1.1", "ABCD.1"),
        *("abcd.1\n", " abcd.1", "abcd.1 ", "abcd.\u0663", "abcd.1e3"),
        *(f"abcd.{10**16}", f"{'a' * 17}.1"),
    ],
)
def test_what_is_no_cursor_is_refused(text: str) -> None:
    with pytest.raises(Invalid) as refusal:
        Cursor.parse(text)

    assert refusal.value.code == "cursor_malformed"


class Inner(msgspec.Struct, forbid_unknown_fields=True):
    """Something inside."""

    numbers: list[int]


class Outer(msgspec.Struct, forbid_unknown_fields=True):
    """Something with something inside."""

    inner: Inner
    names: dict[str, int] = {}


@pytest.mark.parametrize(
    ("value", "pointer", "code"),
    [
        ({}, "/inner", "field_missing"),
        ({"inner": {}}, "/inner/numbers", "field_missing"),
        ({"inner": {"numbers": 1}}, "/inner/numbers", "field_invalid"),
        ({"inner": {"numbers": [1, "2"]}}, "/inner/numbers/1", "field_invalid"),
        ({"inner": {"numbers": [], "more": 1}}, "/inner/more", "field_unknown"),
        ({"inner": {"numbers": []}, "more": 1}, "/more", "field_unknown"),
        ({"inner": {"numbers": []}, "names": {"a": "b"}}, "/names/*", "field_invalid"),
        ([], "", "field_invalid"),
        (None, "", "field_invalid"),
    ],
)
def test_a_flaw_says_where_it_is(value: Any, pointer: str, code: str) -> None:
    with pytest.raises(Invalid) as refusal:
        checked(value, Outer)

    (flaw,) = refusal.value.flaws
    assert refusal.value.code == "body_invalid"
    assert (flaw.pointer, flaw.code) == (pointer, code)
    assert refusal.value.detail == flaw.detail


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


@pytest.mark.parametrize("tz", sorted(zoneinfo.available_timezones())[::40])
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
    assert drafted.isdisjoint(kept | fields_marked(document, Mark.HIDDEN))
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


def test_a_feed_always_falls_into_the_same_partition() -> None:
    # Streams that exist already would be read in vain if these numbers changed.
    feeds = [user_feed(f"usr_{number}") for number in range(4)]

    assert [partition(feed) for feed in feeds] == [61, 43, 17, 7]
    assert [feed_owner(feed) for feed in feeds] == ["usr_0", "usr_1", "usr_2", "usr_3"]
    assert {partition(f"u:{number}") for number in range(5_000)} == set(range(PARTITIONS))


def test_an_event_is_read_as_it_was_written() -> None:
    event = Ev(
        f="u:usr_1",
        seq=7,
        type="goal.updated",
        id="gol_1",
        ver=2,
        patch={"title": "Walk", "due": None},
        by=Author(user="usr_1", dev="phone"),
        at=NOON,
    )

    line = encode(event)

    assert read_line(line) == event
    assert line == (
        b'{"t":"ev","f":"u:usr_1","seq":7,"type":"goal.updated","id":"gol_1","ver":2,'
        b'"patch":{"title":"Walk","due":null},"by":{"user":"usr_1","dev":"phone"},'
        b'"at":"2026-01-05T12:00:00Z"}\n'
    )
    assert encode(Skip(f="u:usr_1", first=1, to=3)) == (
        b'{"t":"skip","f":"u:usr_1","from":1,"to":3}\n'
    )


def test_a_field_from_the_future_is_ignored() -> None:
    frame = decode(b'{"t":"unsub","f":"u:me","why":{"a":[1]}}')

    assert encode(frame) == b'{"t":"unsub","f":"u:me"}\n'


def test_an_event_is_applied_once_and_in_order() -> None:
    documents: dict[str, dict[str, Json]] = {}
    created = {"type": "goal.created", "id": "g", "ver": 1, "doc": {"id": "g", "version": 1}}
    changed = {"type": "goal.updated", "id": "g", "ver": 2, "patch": {"version": 2, "a": 1}}

    for event in (created, changed, changed, created):
        apply_event(documents, event)

    assert documents == {"goal": {"g": {"id": "g", "version": 2, "a": 1}}}


def test_a_deletion_takes_along_what_stands_below() -> None:
    documents: dict[str, dict[str, Json]] = {
        "habit": {"h": {"version": 1}, "h2": {"version": 1}},
        "habit.entry": {"h/2026-01-05": {"version": 1}, "h2/2026-01-05": {"version": 1}},
    }

    apply_event(documents, {"type": "habit.deleted", "id": "h", "ver": 2})

    assert documents == {
        "habit": {"h2": {"version": 1}},
        "habit.entry": {"h2/2026-01-05": {"version": 1}},
    }
