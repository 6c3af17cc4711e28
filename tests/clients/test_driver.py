"""What the driver does beyond the table: timers, writes, and two connections at once."""

import asyncio
from typing import Any

import pytest

from models.base.merge_patch import Json
from tests.clients.stage import FRAMES, Line, Stage
from upcoach.client import Stopped
from upcoach.client.machine import ClientEvent, State
from upcoach.client.outbox import again_s
from upcoach.client.timing import BackOff

RESUMED = FRAMES[ClientEvent.SUBD]


def ev(seq: int) -> Json:
    return FRAMES[ClientEvent.EV] | {"seq": seq, "id": f"gol_{seq}"}


def kinds(line: Line) -> list[str]:
    return [frame["t"] for frame in line.sent]


async def staged(*, to: ClientEvent = ClientEvent.LIVE, **options: Any) -> Stage:
    """A stage whose device is greeted, and current if *to* is `live`."""
    stage = Stage(**options)
    stage.device.own.load({"epoch": "epoch", "seq": 0})
    stage.go(ClientEvent.START)
    stage.greet().hear(RESUMED, *([FRAMES[to]] if to is ClientEvent.LIVE else []))
    return stage


async def test_the_connection_in_use_goes_on_until_the_next_is_open() -> None:
    stage = await staged()
    writing = asyncio.ensure_future(stage.device.mutate("POST", "/v1/goals", {}))
    await asyncio.sleep(0)
    former = stage.line

    stage.device.hop()
    former.hear(ev(1))
    stage.line.open()
    former.hear(ev(2), FRAMES[ClientEvent.PING])
    assert stage.device.seq == 1
    assert stage.line.sent[0]["subs"] == [{"f": "u:me", "since": "epoch.1"}]

    former.hear({"t": "res", "id": former.sent[-1]["id"], "status": 201})
    closed = [former.is_closed]
    stage.line.hear(FRAMES[ClientEvent.WELCOME])
    closed.append(former.is_closed)

    assert closed == [False, True]
    assert kinds(stage.line) == ["hello"]
    assert (await writing)["status"] == 201
    await stage.close()


async def test_a_move_that_fails_leaves_everything_as_it_was() -> None:
    stage = await staged()
    line = stage.line

    stage.device.hop()
    stage.line.end()
    line.hear(ev(1))

    assert stage.device.state is State.LEAVING
    assert (stage.device.seq, stage.device.live) == (1, True)
    await stage.device.until(lambda device: device.state is State.MOVING)
    await stage.close()


async def test_whoever_loses_the_connection_while_moving_goes_on_with_the_next() -> None:
    stage = await staged()
    line = stage.line
    stage.device.hop()

    line.end(4503)
    assert stage.device.state is State.CONNECTING
    stage.greet().hear(RESUMED, FRAMES[ClientEvent.LIVE])

    assert (stage.device.state, len(stage.lines)) == (State.LIVE, 2)
    await stage.close()


async def test_a_node_that_goes_away_is_left_when_it_says() -> None:
    stage = await staged()

    stage.line.hear({"t": "go", "after": 20, "reason": "drain"})
    assert len(stage.lines) == 1
    await stage.device.until(lambda device: device.state is State.MOVING, 5)

    assert len(stage.lines) == 2
    await stage.close()


async def test_unanswered_writes_go_out_again_in_order_under_their_ids() -> None:
    stage = await staged()
    writing = [
        asyncio.ensure_future(stage.device.mutate("POST", "/v1/goals", {"title": str(number)}))
        for number in range(3)
    ]
    await asyncio.sleep(0)
    sent = [frame for frame in stage.line.sent if frame["t"] == "mut"]
    stage.line.hear({"t": "res", "id": sent[1]["id"], "status": 201})
    stage.line.end()
    late = asyncio.ensure_future(stage.device.mutate("POST", "/v1/goals", {"title": "late"}))
    await stage.device.until(lambda device: device.state is State.CONNECTING)

    stage.greet()

    again = [frame for frame in stage.line.sent if frame["t"] == "mut"]
    assert again[:2] == [sent[0], sent[2]]
    assert again[2]["body"] == {"title": "late"}
    for frame in again:
        stage.line.hear({"t": "res", "id": frame["id"], "status": 200})
    assert [answer["status"] for answer in await asyncio.gather(*writing, late)] == [
        200,
        201,
        200,
        200,
    ]
    await stage.close()


@pytest.mark.parametrize(
    "answer",
    [
        {"status": 429, "problem": {"after": 20}},
        {"status": 503, "problem": {"code": "engine_unavailable"}},
        {"status": 409, "problem": {"code": "mutation_running"}},
        {"status": 408, "problem": {"code": "request_timeout"}},
    ],
    ids=lambda answer: str(answer["status"]),
)
async def test_a_write_that_may_succeed_later_is_sent_again(
    answer: Json, caplog: pytest.LogCaptureFixture
) -> None:
    stage = await staged()
    writing = asyncio.ensure_future(stage.device.mutate("DELETE", "/v1/goals/gol_1"))
    await asyncio.sleep(0)
    [first] = [frame for frame in stage.line.sent if frame["t"] == "mut"]

    stage.line.hear({"t": "res", "id": first["id"], **answer})
    stage.line.hear({"t": "res", "id": first["id"], **answer})
    async with asyncio.timeout(5):
        while stage.line.sent[-1] != first or stage.line.sent.count(first) != 2:
            await asyncio.sleep(0.01)
    await asyncio.sleep(0.05)  # for a second timer, if there were one
    stage.line.hear({"t": "res", "id": first["id"], "status": 204})

    assert (await writing)["status"] == 204
    assert stage.line.sent.count(first) == 2
    assert caplog.records == []
    await stage.close()


async def test_an_answer_may_come_without_its_document() -> None:
    stage = await staged()
    writing = asyncio.ensure_future(stage.device.mutate("PATCH", "/v1/goals/gol_1", {}, 1))
    await asyncio.sleep(0)
    [frame] = [frame for frame in stage.line.sent if frame["t"] == "mut"]
    answer: Json = {"t": "res", "id": frame["id"], "status": 200, "ver": 2}

    stage.line.hear(answer)

    assert await writing == answer
    await stage.close()


def test_any_other_refusal_is_the_answer() -> None:
    answers: list[Json] = [
        {"status": 409, "problem": {"code": "edited"}},
        {"status": 500},
        {"status": 422},
    ]

    assert [again_s(answer) for answer in answers] == [None, None, None]


async def test_who_waits_for_an_answer_hears_that_there_will_be_none() -> None:
    stage = await staged()
    writing = asyncio.ensure_future(stage.device.mutate("POST", "/v1/goals", {}))
    await asyncio.sleep(0)

    stage.line.end(4403)

    with pytest.raises(Stopped, match="4403"):
        await writing
    with pytest.raises(Stopped, match="4403"):
        await stage.device.mutate("POST", "/v1/goals", {})
    assert (stage.device.token, stage.device.documents) == ("", {})
    await stage.close()


async def test_writes_and_places_outlive_the_application() -> None:
    stage = await staged()
    stage.line.hear(ev(1))
    writing = asyncio.ensure_future(stage.device.mutate("POST", "/v1/goals", {"title": "Run"}))
    await asyncio.sleep(0)
    saved = stage.device.saved()
    await stage.close()
    with pytest.raises(asyncio.CancelledError):
        await writing

    again = Stage(saved=saved)
    again.go(ClientEvent.START)
    again.greet()

    hello, write = again.line.sent
    assert hello["subs"] == [{"f": "u:me", "since": "epoch.1"}]
    assert write["body"] == {"title": "Run"}
    again.line.hear({"t": "res", "id": write["id"], "status": 201})
    assert again.device.saved()["writes"] == []
    await again.close()


async def test_a_silent_connection_is_given_up(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(Line, "patience_s", 0.05)
    stage = await staged()

    await stage.device.until(lambda device: device.state is State.WAITING, 5)

    assert stage.lines[0].is_closed
    await stage.close()


async def test_a_position_that_stays_below_the_top_is_reported() -> None:
    stage = await staged()
    stage.line.hear({"t": "ping", "top": {"u:ann": 5}})
    assert kinds(stage.line) == ["hello", "pong"]

    await stage.device.until(lambda device: device.state is State.SYNCING, 5)

    assert stage.line.sent[-1] == {"t": "sub", "f": "u:me", "since": "epoch.0"}
    assert stage.device.gaps == 0
    await stage.close()


async def test_a_position_that_moves_is_not_reported() -> None:
    stage = await staged(behind_s=0.05)
    stage.line.hear({"t": "ping", "top": {"u:ann": 5}}, ev(1))

    await asyncio.sleep(0.1)

    assert "sub" not in kinds(stage.line)
    await stage.close()


async def test_a_gap_is_asked_for_once() -> None:
    stage = await staged()

    stage.line.hear(ev(3), ev(4), ev(1))
    assert kinds(stage.line) == ["hello", "sub"]
    stage.line.hear(RESUMED, ev(1), ev(2), ev(3), ev(4), FRAMES[ClientEvent.LIVE] | {"sums": None})

    assert (stage.device.seq, stage.device.gaps, stage.device.repeats) == (4, 1, 0)
    await stage.close()


async def test_a_device_says_how_far_it_has_come() -> None:
    stage = await staged(ack_s=0.05, ack_events=3)

    stage.line.hear(ev(1), ev(2), ev(3), ev(4))
    acks = [frame for frame in stage.line.sent if frame["t"] == "ack"]
    assert acks == [{"t": "ack", "cur": "epoch.3", "f": "u:me"}]
    async with asyncio.timeout(5):
        while stage.line.sent[-1] != {"t": "ack", "cur": "epoch.4", "f": "u:me"}:
            await asyncio.sleep(0.01)
    await stage.close()


async def test_a_device_is_live_when_all_that_it_follows_is() -> None:
    stage = Stage(feeds=["u:bob"])
    stage.go(ClientEvent.START)
    line = stage.greet()
    bob = {"f": "u:bob"}

    line.hear(RESUMED, RESUMED | bob, FRAMES[ClientEvent.LIVE])
    assert (stage.device.state, stage.device.live) == (State.SYNCING, False)
    line.hear(FRAMES[ClientEvent.LIVE] | bob)
    assert (stage.device.state, stage.device.live) == (State.LIVE, True)

    line.hear(FRAMES[ClientEvent.LOST])
    assert set(stage.device.replicas) == {"u:me"}
    await stage.close()


async def test_a_device_without_a_refresh_token_ends_with_its_token() -> None:
    stage = await staged()

    stage.line.hear(FRAMES[ClientEvent.AUTH_EXPIRING])
    assert stage.device.state is State.LIVE
    stage.line.end(4401)

    assert (stage.device.state, stage.device.stopped_by) == (State.STOPPED, ClientEvent.REFUSED)
    await stage.close()


async def test_whoever_was_current_begins_at_the_shortest_back_off_again() -> None:
    stage = await staged()
    for _ in range(5):
        stage.line.end()
        stage.go(ClientEvent.TIMER)
    stage.greet().hear(RESUMED)
    failed = stage.device._pace._attempts

    stage.line.hear(FRAMES[ClientEvent.LIVE])

    assert (failed, stage.device._pace._attempts) == (5, 0)
    await stage.close()


def test_a_back_off_doubles_up_to_its_longest_and_begins_anew() -> None:
    back_off = BackOff(longest_s=4)
    caps = (0.25, 0.5, 1, 2, 4, 4, 4)

    for _ in range(20):
        waits = [back_off.next_s() for _ in caps]
        back_off.calm()
        assert all(0 <= wait <= cap for wait, cap in zip(waits, caps, strict=True))
        assert 2 <= back_off.pause_s() <= 4
