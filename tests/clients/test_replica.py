"""The copy of a feed: applied once, in order, and checked."""

import hashlib
from typing import Any

from hypothesis import given
from hypothesis import strategies as st

from models.base.merge_patch import Json
from upcoach.client import Replica, apply_event, sums_of
from upcoach.client.followed_feeds import FollowedFeeds
from upcoach.client.machine import ClientEvent

FEED = "u:ann"


def subd(seq: int, mode: str = "resume", epoch: str = "epoch") -> Json:
    return {"t": "subd", "f": FEED, "cur": f"{epoch}.{seq}", "mode": mode}


def snap(kind: str, *items: Json, last: bool = True) -> Json:
    return {"t": "snap", "f": FEED, "kind": kind, "items": list(items), "last": last}


def goal(version: int, name: str = "g", **more: Any) -> Json:
    return {"id": name, "version": version} | more


def created(seq: int, name: str = "g") -> Json:
    event = {"t": "ev", "f": FEED, "seq": seq, "type": "goal.created"}
    return event | {"id": name, "ver": 1, "doc": goal(1, name)}


def skip(first: int, last: int) -> Json:
    return {"t": "skip", "f": FEED, "from": first, "to": last}


def live(seq: int, **sums: str) -> Json:
    return {"t": "live", "f": FEED, "cur": f"epoch.{seq}", "sums": sums}


def following(seq: int = 0) -> Replica:
    """A copy that goes on from a number."""
    replica = Replica("u:me")
    replica.load({"epoch": "epoch", "seq": seq})
    return replica


def test_a_copy_without_a_position_asks_for_everything_and_then_for_what_follows() -> None:
    replica = Replica("u:me")
    assert replica.subscription() == {"f": "u:me", "snap": True}

    replica.begin(subd(7, "snapshot"))
    replica.apply(snap("goal", goal(2)))
    replica.apply(created(8, "h"))

    assert replica.subscription() == {"f": "u:me", "since": "epoch.8"}
    assert replica.documents == {"goal": {"g": goal(2), "h": goal(1, "h")}}


def test_half_a_snapshot_is_asked_for_again_and_never_shown() -> None:
    replica = following()
    replica.apply(created(1))
    replica.restart("retention")
    replica.begin(subd(7, "snapshot"))
    replica.apply(snap("goal", goal(2, "h"), last=False))

    assert replica.documents == {"goal": {"g": goal(1)}}
    assert replica.subscription() == {"f": "u:me", "snap": True}
    assert replica.saved() == {"feed": "u:me"}

    replica.begin(subd(9, "snapshot"))
    replica.apply(snap("goal", goal(3, "i")))
    replica.settle(live(9))
    assert replica.documents == {"goal": {"i": goal(3, "i")}}
    assert replica.resets == ["retention"]


def test_what_may_not_be_seen_any_more_goes_at_once() -> None:
    replica = following()
    replica.apply(created(1))

    replica.restart("access")

    assert replica.documents == {}
    assert replica.subscription() == {"f": "u:me", "snap": True}


def test_between_a_question_and_its_answer_nothing_is_heard() -> None:
    replica = following()
    replica.subscription()

    assert [replica.hears(frame) for frame in (created(1), live(1), subd(0), created(1))] == [
        False,
        False,
        True,
        True,
    ]


def test_what_was_saved_goes_on() -> None:
    replica = following(4)
    replica.apply(created(5))
    again = Replica("u:me")

    again.load(replica.saved())

    assert again.subscription() == {"f": "u:me", "since": "epoch.5"}
    assert again.documents == {"goal": {"g": goal(1)}}


def test_a_skip_moves_the_position_and_a_known_one_does_not() -> None:
    replica = following()

    replica.apply(skip(1, 5))
    replica.apply(skip(4, 7))
    replica.apply(skip(2, 3))

    assert (replica.seq, replica.repeats, replica.applied) == (7, 1, {})


def test_a_kind_with_a_wrong_sum_is_asked_for_once_for_each_sum() -> None:
    replica = following()
    replica.apply(created(1))
    right = sums_of(replica.documents)

    assert replica.settle(live(1, **right)) == []
    assert replica.settle(live(1, goal="00", habit="11")) == ["goal", "habit"]
    assert replica.settle(live(1, goal="00", habit="22")) == ["habit"]
    assert replica.settle(live(1)) == ["goal"]
    assert replica.settle({"t": "live", "f": FEED, "cur": "epoch.1"}) == []
    assert replica.mismatches == 3
    assert replica.subscription(["goal"]) == {"f": "u:me", "since": "epoch.1", "snap": ["goal"]}


def test_kinds_that_are_read_again_are_replaced_page_by_page() -> None:
    replica = following()
    replica.apply(created(1))
    replica.begin(subd(1))

    replica.apply(snap("goal", goal(4, "h"), last=False))
    before = dict(replica.documents["goal"])
    replica.apply(snap("goal", goal(5, "i")))

    assert before == {"g": goal(1)}
    assert replica.documents == {"goal": {"h": goal(4, "h"), "i": goal(5, "i")}}
    assert replica.seq == 1


def test_the_sum_is_that_of_the_protocol() -> None:
    hashes = [hashlib.sha256(f"{name}\n3".encode()).digest()[:8] for name in ("a", "b")]
    expected = int.from_bytes(hashes[0]) ^ int.from_bytes(hashes[1])

    sums = sums_of({"goal": {"a": goal(3, "a"), "b": goal(3, "b")}, "habit": {}})

    assert sums == {"goal": f"{expected:016x}"}


def test_a_patch_of_what_is_not_there_changes_nothing() -> None:
    documents: dict[str, dict[str, Json]] = {}

    apply_event(documents, {"type": "goal.updated", "id": "g", "ver": 2, "patch": {"a": 1}})

    assert documents == {"goal": {}}


def test_frames_are_what_they_are_to_this_client() -> None:
    two = FollowedFeeds(["u:bob"], ["typing:ann"])
    for replica in two.replicas.values():
        replica.load({"epoch": "epoch", "seq": 3})
    bob = {"f": "u:bob"}

    frames = [
        created(4),
        created(5),
        skip(6, 9),
        created(6) | bob,
        live(3),
        {"t": "subd", "f": "typing:ann", "mode": "state"},
        {"t": "unsubd", "f": FEED},
        {"t": "unsubd", "f": FEED, "problem": {"status": 404}},
        {"t": "unsubd", "f": "u:bob", "problem": {"status": 404}},
        {"t": "unsubd", "f": "typing:ann", "problem": {"status": 404}},
        {"t": "unsubd", "f": "u:bob", "problem": {"status": 503}},
        {"t": "reset", "f": FEED, "reason": "snapshot"},
        {"t": "reset", "f": FEED, "reason": "epoch"},
        {"t": "of the future", "f": FEED},
    ]

    assert [two.event_of(frame) for frame in frames] == [
        ClientEvent.EV,
        ClientEvent.GAP,
        ClientEvent.GAP,
        ClientEvent.GAP,
        ClientEvent.PARTLY,
        None,
        None,
        ClientEvent.UNSUBD,
        ClientEvent.LOST,
        ClientEvent.LOST,
        ClientEvent.UNREADY,
        ClientEvent.UNREADY,
        ClientEvent.RESET,
        None,
    ]


SEQS = st.integers(min_value=1, max_value=12)
FRAMES = st.one_of(
    SEQS.map(created),
    st.tuples(SEQS, SEQS).map(lambda ends: skip(min(ends), max(ends))),
    SEQS.map(subd),
    SEQS.map(live),
    st.just(snap("goal", goal(1))),
    SEQS.map(lambda seq: subd(seq, "snapshot")),
    st.just({"t": "reset", "f": FEED, "reason": "epoch"}),
)


@given(st.lists(FRAMES, max_size=60))
def test_nothing_is_applied_twice_and_only_a_new_snapshot_goes_back(frames: list[Json]) -> None:
    known = FollowedFeeds([], [])
    replica = known.replicas["u:me"]
    replica.load({"epoch": "epoch"})
    applied: list[int] = []
    for frame in frames:
        event, before = known.event_of(frame), replica.seq
        if event in (ClientEvent.EV, ClientEvent.SKIP):
            if replica.apply(frame):
                applied.append(replica.seq)
            assert before <= replica.seq <= before + 12
        elif event is ClientEvent.SUBD:
            replica.begin(frame)
        elif event is ClientEvent.RESET:
            replica.restart("epoch")
            replica.subscription()
        elif event is ClientEvent.GAP:
            replica.subscription()
        if (frame["t"] == "subd" and frame["mode"] == "snapshot") or event is ClientEvent.RESET:
            applied.clear()
        else:
            assert replica.seq >= before

        assert applied == sorted(set(applied))


@given(st.permutations([created(seq) for seq in range(1, 7)] * 2))
def test_whatever_order_events_come_in_the_copy_is_that_of_the_log(frames: list[Json]) -> None:
    """Every frame that is not the next is asked for again, as a server would answer it."""
    replica = following()
    log = {seq: created(seq, f"g{seq}") for seq in range(1, 7)}

    for frame in frames:
        if replica.misses(frame):
            replica.subscription()
            assert not replica.hears(frame)
            replica.hears(subd(replica.seq))
            for seq in range(replica.seq + 1, 7):
                replica.apply(log[seq])
        else:
            replica.apply(log[frame["seq"]])

    assert replica.applied == dict.fromkeys(range(1, 7), 1)
    assert replica.documents == {"goal": {f"g{seq}": goal(1, f"g{seq}") for seq in range(1, 7)}}
