"""Cursors, feeds and events, as they are written, read and applied."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from models.base.errors import Invalid
from models.base.merge_patch import Json
from models.wire.cursor import Cursor
from models.wire.events import PARTITIONS, feed_owner, partition, read_line, user_feed
from models.wire.frames import Author, Ev, Skip, decode, encode
from tests.base.moments import NOON
from tests.support.wire.json_values import unhurried
from upcoach.client import apply_event


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
