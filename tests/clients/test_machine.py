"""The state machine as a table, and as the driver carries it out, cell by cell."""

import asyncio
from collections.abc import Iterator
from typing import Final

import pytest

from models.wire.close_codes import CloseCode
from tests.clients import table
from tests.clients.stage import WAYS, Stage
from upcoach.client.machine import (
    ACTIONS,
    EVENTS,
    GREETED,
    STATES,
    TABLE,
    Action,
    ClientEvent,
    State,
    event_of_close,
)

DOCUMENTED = table.documented_cells()
CELLS = [(state, event) for state in State for event in ClientEvent]
CONNECTED = (State.GREETING, *GREETED)

# What an action does that can be seen from outside; the others have tests of their own.
VISIBLE: Final = {
    Action.OPEN,
    Action.HELLO,
    Action.CLOSE,
    Action.RESEND,
    Action.SEND,
    Action.PONG,
    Action.RESUME,
    Action.REFETCH,
    Action.RESTART,
    Action.RENEW,
    Action.AUTH,
    Action.DEPART,
    Action.BACK_OFF,
    Action.PAUSE,
    Action.TELL,
    Action.COMPLAIN,
    Action.LOG_OUT,
}
TIMED: Final = {Action.DEPART, Action.BACK_OFF, Action.PAUSE}


@pytest.mark.parametrize(("state", "event"), CELLS)
def test_a_cell_is_as_it_is_documented(state: State, event: ClientEvent) -> None:
    assert TABLE[state][event] == DOCUMENTED[state, event]


@pytest.mark.parametrize("part", ["states", "events", "actions", "table"])
def test_the_page_says_what_the_table_says(part: str) -> None:
    assert table.PAGE.section(part) == table.sections()[part]


def test_everything_is_explained_and_used() -> None:
    used = {action for row in TABLE.values() for cell in row.values() for action in cell.actions}
    reached = {
        cell.state for state in State for cell in TABLE[state].values() if cell.state != state
    }

    assert set(STATES) == set(State)
    assert set(EVENTS) == set(ClientEvent)
    assert set(ACTIONS) == set(Action) == used
    assert reached == set(State) - {State.IDLE}


def test_every_close_code_is_an_event_and_any_other_is_a_cut() -> None:
    assert [event_of_close(code) for code in CloseCode] == [
        ClientEvent(str(int(code))) for code in CloseCode
    ]
    assert {event_of_close(code) for code in (None, 1000, 1001, 1006, 4999)} == {ClientEvent.CUT}


@pytest.mark.parametrize("state", CONNECTED)
def test_a_close_code_does_what_the_protocol_says(state: State) -> None:
    nexts = {code: TABLE[state][event_of_close(code)].state for code in CloseCode}
    elsewhere = {State.WAITING} if state is not State.MOVING else {State.CONNECTING}

    stops = (CloseCode.BAD_FRAME, CloseCode.REVOKED, CloseCode.REPLACED, CloseCode.VERSION)
    assert {nexts.pop(code) for code in stops} == {State.STOPPED}
    assert nexts.pop(CloseCode.TOKEN) is State.RENEWING
    assert nexts.pop(CloseCode.TOO_MANY) is State.WAITING
    if state is State.LEAVING:
        assert nexts.pop(CloseCode.DRAINING) is State.CONNECTING
    assert set(nexts.values()) == elsewhere


@pytest.mark.parametrize("state", [state for state in State if state is not State.STOPPED])
def test_whoever_stops_is_stopped_with_nothing_open(state: State) -> None:
    assert TABLE[state][ClientEvent.STOP] == (State.STOPPED, (Action.CLOSE,))


def test_only_a_start_ends_a_stop() -> None:
    left = {event for event, cell in TABLE[State.STOPPED].items() if cell.state != State.STOPPED}

    assert left == {ClientEvent.START}


@pytest.mark.parametrize("state", [State.IDLE, State.WAITING, State.RENEWING, State.CONNECTING])
def test_what_has_no_connection_says_nothing(state: State) -> None:
    saying = {
        Action.SEND,
        Action.RESEND,
        Action.PONG,
        Action.RESUME,
        Action.REFETCH,
        Action.RESTART,
        Action.AUTH,
    }

    assert not saying & {action for cell in TABLE[state].values() for action in cell.actions}


@pytest.mark.parametrize(("state", "event"), CELLS)
async def test_the_driver_does_what_the_cell_says(state: State, event: ClientEvent) -> None:
    stage = Stage(refresh_token="refresh", feeds=["u:bob"], channels=["typing:ann"])
    stage.go(*WAYS[state])
    assert stage.device.state is state
    writing = asyncio.gather(stage.device.mutate("POST", "/v1/goals", {}), return_exceptions=True)
    await asyncio.sleep(0)
    before = Snapshot(stage)

    stage.go(event)

    cell = TABLE[state][event]
    seen = set(before.changes())
    wanted = set(cell.actions) & VISIBLE
    if not before.open_lines:
        wanted.discard(Action.CLOSE)
    assert stage.device.state is cell.state
    assert seen == ({action for action in wanted if action not in TIMED} | timed(cell.actions))
    assert stage.device.stopped_by == stopped_by(state, event)
    await stage.close()
    await writing


def stopped_by(state: State, event: ClientEvent) -> ClientEvent | None:
    """Why a device is stopped after *event* in *state*."""
    if TABLE[state][event].state is not State.STOPPED:
        return None
    return ClientEvent.STOP if state is State.STOPPED else event


def timed(actions: tuple[Action, ...]) -> set[Action]:
    """One word for all that set the timer."""
    return {Action.BACK_OFF} if TIMED & set(actions) else set()


class Snapshot:
    """What could be seen of a stage before something happened."""

    def __init__(self, stage: Stage) -> None:
        device = stage.device
        device._timer.stop()
        device._login.close()
        device._login._task = None
        self._stage = stage
        self._sent = len(stage.sent())
        self._lines = len(stage.lines)
        self._told = len(stage.told)
        self._problems = len(device.problems)
        self._token = device.token
        self.open_lines = [line for line in stage.lines if not line.is_closed]

    def changes(self) -> Iterator[Action]:
        """The actions that must have been carried out."""
        stage, device = self._stage, self._stage.device
        if len(stage.lines) > self._lines:
            yield Action.OPEN
        if self.open_lines and all(line.is_closed for line in self.open_lines):
            yield Action.CLOSE
        for frame in stage.sent()[self._sent :]:
            yield self._said(frame)
        if device._timer.is_set:
            yield Action.BACK_OFF
        if device._login._task is not None:
            yield Action.RENEW
        if len(stage.told) > self._told:
            yield Action.TELL
        if len(device.problems) > self._problems:
            yield Action.COMPLAIN
        if self._token and not device.token:
            yield Action.LOG_OUT

    @staticmethod
    def _said(frame: dict[str, object]) -> Action:
        match frame["t"]:
            case "hello":
                return Action.HELLO
            case "mut":
                return Action.SEND if frame["id"] == "one" else Action.RESEND
            case "pong":
                return Action.PONG
            case "auth":
                return Action.AUTH
        assert frame["t"] == "sub"
        if frame.get("snap") is True:
            return Action.RESTART
        return Action.REFETCH if "snap" in frame else Action.RESUME
