"""The deadlines of connections: the first row whose time has come acts, and the next is known."""

import math
from typing import Any

import pytest

from handlers.live.base import deadlines, limits
from handlers.live.base.deadlines import NEVER, Deadline, run_deadlines, run_sender_deadlines
from models.wire.close_codes import CloseCode


class Times:
    """All that deadlines follow from, and what was done."""

    def __init__(self, **times: Any) -> None:
        self.transport = self
        self.began_at = self.heard_at = self.pinged_at = self.checked_at = 0.0
        self.commented_at = 0.0
        self.heartbeat_s = 30
        self.hears_others = False
        self.is_warned = False
        self.stuck_since: float | None = None
        self.ends_at = math.inf
        self.done: list[Any] = []
        for name, value in times.items():
            setattr(self, name, value)

    def token_end(self) -> float:
        return self.ends_at

    def close(self, code: int, _: str) -> None:
        self.done.append(code)

    def __getattr__(self, name: str) -> Any:
        return lambda _: self.done.append(name)


@pytest.mark.parametrize(
    ("rows", "times", "at", "what"),
    [
        (deadlines.HELLO, {}, limits.HELLO_S, CloseCode.NO_HELLO),
        (deadlines.SOCKET, {}, 30, "ping"),
        (deadlines.SOCKET, {"pinged_at": 50}, 61, CloseCode.NO_PONG),
        (deadlines.SOCKET, {"pinged_at": 20, "heartbeat_s": 15}, 31, CloseCode.NO_PONG),
        (deadlines.SOCKET, {"pinged_at": 9, "hears_others": True}, 30, "check_access"),
        (deadlines.SOCKET, {"pinged_at": 9}, 39, "ping"),
        (deadlines.SOCKET, {"stuck_since": -40.0}, 20, CloseCode.SLOW),
        (deadlines.SOCKET, {"ends_at": 80.0}, 20, "warn"),
        (deadlines.SOCKET, {"ends_at": 80.0, "is_warned": True}, 30, "ping"),
        (deadlines.SOCKET, {"ends_at": -10.0, "is_warned": True}, 20, CloseCode.TOKEN),
        (deadlines.STREAM, {}, limits.COMMENT_S, "comment"),
        (deadlines.STREAM, {"commented_at": 9, "ends_at": 80.0}, 20, "warn"),
        (deadlines.STREAM, {"ends_at": -20.0, "is_warned": True}, 10, CloseCode.TOKEN),
        (deadlines.STREAM, {"stuck_since": -50.0}, 10, CloseCode.SLOW),
        (deadlines.POLL, {"ends_at": 24.0}, 24, CloseCode.TOKEN),
    ],
)
def test_each_row_acts_when_its_time_has_come_and_not_before(
    rows: Any, times: dict[str, Any], at: float, what: Any
) -> None:
    early, due = Times(**times), Times(**times)

    following = run_deadlines(early, rows, at - 0.001)
    run_deadlines(due, rows, at)

    assert (early.done, following) == ([], at)
    assert due.done == [what]


def test_what_closes_a_connection_comes_before_what_is_said_on_it() -> None:
    late: Any = Times(stuck_since=0.0, ends_at=0.0)
    dead: Any = Times(ends_at=0.0)

    run_deadlines(late, deadlines.SOCKET, 1_000)
    run_deadlines(dead, deadlines.STREAM, 1_000)

    assert (late.done, dead.done) == ([CloseCode.SLOW], [CloseCode.TOKEN])


def test_what_is_past_and_was_not_done_is_looked_at_again_at_once() -> None:
    done: list[str] = []
    rows = [
        Deadline[Times](
            lambda times: NEVER if done else times.began_at, lambda *_: done.append("one")
        ),
        Deadline[Times](lambda times: times.began_at + 1, lambda *_: done.append("two")),
    ]
    times = Times(began_at=10.0)

    assert run_deadlines(times, rows, 20) == 11
    assert done == ["one"]
    run_deadlines(times, rows, 20)
    assert done == ["one", "two"]


def test_whoever_is_sent_to_is_looked_at_before_their_deadlines_and_often() -> None:
    quiet: Any = Times()
    busy: Any = Times(stuck_since=0.0)
    busy.check_progress = lambda now: setattr(busy, "stuck_since", now)

    following = [
        run_sender_deadlines(sender, deadlines.STREAM, at) for sender, at in ((quiet, 1), (busy, 9))
    ]

    assert (quiet.done, following[0]) == (["check_progress"], limits.COMMENT_S)
    assert following[1] == limits.COMMENT_S
    run_sender_deadlines(busy, deadlines.STREAM, limits.TAKEN_S + 1)
    assert CloseCode.SLOW not in busy.done
    assert run_sender_deadlines(quiet, deadlines.SOCKET, 2) == 2 + limits.LOOK_S
