"""The state machine of a client, without input and output.

`TABLE` holds a cell for every state and every event: the next state, and what to do on the way.  A
cell that no row names ignores its event.  The driver (`device.py`, and `upcoach.mjs` for browsers
and Node, which holds the same table) turns what comes over a transport into events, and carries
the actions out in the order in which they stand.
"""

import enum
from collections.abc import Iterable, Iterator
from typing import Final, NamedTuple

from models.wire.close_codes import CloseCode


class State(enum.StrEnum):
    """The states of a client."""

    IDLE = "idle"
    CONNECTING = "connecting"
    GREETING = "greeting"
    SYNCING = "syncing"
    LIVE = "live"
    LEAVING = "leaving"
    MOVING = "moving"
    RENEWING = "renewing"
    WAITING = "waiting"
    STOPPED = "stopped"


class ClientEvent(enum.StrEnum):
    """The events of a client; each close code is one."""

    START = "start"
    STOP = "stop"
    HOP = "hop"
    WRITE = "write"
    TIMER = "timer"
    OPENED = "opened"
    FAILED = "failed"
    CUT = "cut"
    SILENT = "silent"
    BAD_FRAME = "4400"
    TOKEN = "4401"  # noqa: S105 - a close code
    REVOKED = "4403"
    NO_HELLO = "4408"
    REPLACED = "4409"
    VERSION = "4426"
    TOO_MANY = "4429"
    INTERNAL = "4500"
    DRAINING = "4503"
    SLOW = "4508"
    RESYNC = "4510"
    NO_PONG = "4511"
    FULL = "4512"
    WELCOME = "welcome"
    SUBD = "subd"
    SNAP = "snap"
    EV = "ev"
    SKIP = "skip"
    LIVE = "live"
    PARTLY = "partly"
    RES = "res"
    PING = "ping"
    AUTH_EXPIRING = "auth_expiring"
    GO = "go"
    EPH = "eph"
    RESET = "reset"
    ERR = "err"
    UNSUBD = "unsubd"
    UNREADY = "unready"
    LOST = "lost"
    GAP = "gap"
    BEHIND = "behind"
    MISMATCH = "mismatch"
    RENEWED = "renewed"
    REFUSED = "refused"
    UNHEARD = "unheard"


class Action(enum.StrEnum):
    """The actions of a client."""

    OPEN = "open"
    HELLO = "hello"
    RELEASE = "release"
    CLOSE = "close"
    RESEND = "resend"
    SEND = "send"
    BEGIN = "begin"
    APPLY = "apply"
    SETTLE = "settle"
    CALM = "calm"
    ANSWER = "answer"
    PONG = "pong"
    WATCH = "watch"
    RESUME = "resume"
    REFETCH = "refetch"
    RESTART = "restart"
    FORGET = "forget"
    RENEW = "renew"
    AUTH = "auth"
    DEPART = "depart"
    BACK_OFF = "back_off"
    PAUSE = "pause"
    TELL = "tell"
    COMPLAIN = "complain"
    LOG_OUT = "log_out"


STATES: Final[dict[State, str]] = {
    State.IDLE: "nothing has begun",
    State.CONNECTING: "a connection is being opened, there is no other",
    State.GREETING: "`hello` was sent, `welcome` has not come",
    State.SYNCING: "greeted; what was missed is on its way",
    State.LIVE: "current, and told of every change",
    State.LEAVING: "as live or syncing, but the node goes away and the time to leave is set",
    State.MOVING: "the same, while the next connection is being opened",
    State.RENEWING: "without a connection until there is a new token",
    State.WAITING: "without a connection until a timer ends",
    State.STOPPED: "over; the event that led here is the reason",
}

EVENTS: Final[dict[ClientEvent, str]] = {
    ClientEvent.START: "the application begins, or the system says that there is a network",
    ClientEvent.STOP: "the application ends",
    ClientEvent.HOP: "the application wants another node or transport",
    ClientEvent.WRITE: "the application writes; the write is kept until it has its answer",
    ClientEvent.TIMER: "the timer of `depart`, `back_off` or `pause` ends",
    ClientEvent.OPENED: "a connection is open",
    ClientEvent.FAILED: "a connection could not be opened",
    ClientEvent.CUT: "the connection ended with no close code of ours",
    ClientEvent.SILENT: "nothing came for two heartbeats and a second",
    ClientEvent.BAD_FRAME: "closed: we sent what is no frame",
    ClientEvent.TOKEN: "closed: the token is missing, or does not hold any more",
    ClientEvent.REVOKED: "closed: the session was ended",
    ClientEvent.NO_HELLO: "closed: `hello` came too late",
    ClientEvent.REPLACED: "closed: the same device has connected elsewhere",
    ClientEvent.VERSION: "closed: this version of the protocol is not served",
    ClientEvent.TOO_MANY: "closed: too many frames",
    ClientEvent.INTERNAL: "closed: something broke at the server",
    ClientEvent.DRAINING: "closed: the node goes away",
    ClientEvent.SLOW: "closed: no bytes were taken for a minute",
    ClientEvent.RESYNC: "closed: the position is not one of this log",
    ClientEvent.NO_PONG: "closed: two heartbeats without a frame from us",
    ClientEvent.FULL: "closed: the node has no room",
    ClientEvent.WELCOME: "frame",
    ClientEvent.SUBD: "frame",
    ClientEvent.SNAP: "frame",
    ClientEvent.EV: "frame, of the next number or of one that is known already",
    ClientEvent.SKIP: "frame, in the same way",
    ClientEvent.LIVE: "frame, after which everything that is followed is current",
    ClientEvent.PARTLY: "`live` frame of one feed, while another is still behind",
    ClientEvent.RES: "frame",
    ClientEvent.PING: "frame",
    ClientEvent.AUTH_EXPIRING: "frame",
    ClientEvent.GO: "frame",
    ClientEvent.EPH: "frame",
    ClientEvent.RESET: "frame",
    ClientEvent.ERR: "frame",
    ClientEvent.UNSUBD: "frame with a problem that does not pass, about the own feed",
    ClientEvent.UNREADY: "`unsubd` frame with a problem that passes (503), or `reset` with reason "
    "`snapshot`",
    ClientEvent.LOST: "`unsubd` frame about somebody else's feed or a channel",
    ClientEvent.GAP: "`ev` or `skip` frame that does not begin at the next number",
    ClientEvent.BEHIND: "`ping.top` is above the own number, which has not moved for two seconds",
    ClientEvent.MISMATCH: "`live.sums` are not those of the documents",
    ClientEvent.RENEWED: "there is a new token or ticket",
    ClientEvent.REFUSED: "there will be no new token: the session is over",
    ClientEvent.UNHEARD: "nobody answered when a new token was asked for",
}

ACTIONS: Final[dict[Action, str]] = {
    Action.OPEN: "open a connection to the next node; a standing one stays, one being opened ends",
    Action.HELLO: "say `hello` with every position; whatever the former connection says about "
    "feeds is ignored from here on, its answers to writes are not",
    Action.RELEASE: "close the former connection",
    Action.CLOSE: "close every connection, and stop the timer",
    Action.RESEND: "send all writes that have no answer, in order, under their ids",
    Action.SEND: "send the write, unless an earlier one was told to wait: then behind it",
    Action.BEGIN: "note that the feed is followed; in mode `snapshot`, collect pages from here on",
    Action.APPLY: "apply the frame to the copy of its feed, and `ack` now and then",
    Action.SETTLE: "compare `sums`; if they differ, that is the event `mismatch`",
    Action.CALM: "begin the next back-off at its shortest",
    Action.ANSWER: "hand the answer to whoever waits for it, and keep a refusal that nobody waits "
    "for; 408, 429, 503 and 409 `mutation_running` mean: send the write again a little later, and "
    "what comes after it behind it",
    Action.PONG: "send `pong`",
    Action.WATCH: "look in two seconds whether the position has come up to `top`",
    Action.RESUME: "send `sub` with `since`",
    Action.REFETCH: "send `sub` with `since` and `snap`: the kinds that differ",
    Action.RESTART: "forget the position, and send `sub` with `snap`: true",
    Action.FORGET: "drop the copy of the feed",
    Action.RENEW: "ask for a new token, after a back-off if nobody answered the last time",
    Action.AUTH: "send `auth` with the new token",
    Action.DEPART: "set the timer to `after`",
    Action.BACK_OFF: "set the timer to a random part of 0.25 s, twice as much each time, 30 s at "
    "most",
    Action.PAUSE: "set the timer to 15 to 30 s",
    Action.TELL: "hand the message to the application",
    Action.COMPLAIN: "hand the problem to the application",
    Action.LOG_OUT: "forget the token and the documents",
}


class Cell(NamedTuple):
    """A transition: the next state, and the actions."""

    state: State
    actions: tuple[Action, ...] = ()


class TransitionRow(NamedTuple):
    """Equal transitions of several states and events; without a next state it stays the same."""

    states: tuple[State, ...]
    events: tuple[ClientEvent, ...]
    next: State | None
    actions: tuple[Action, ...]


_OPENING: Final = (State.CONNECTING, State.GREETING)
_CURRENT: Final = (State.SYNCING, State.LIVE)
_GOING: Final = (State.LEAVING, State.MOVING)
GREETED: Final = (*_CURRENT, *_GOING)
_HEARING: Final = (State.GREETING, *GREETED)
_ACTIVE: Final = (*_OPENING, *GREETED, State.RENEWING, State.WAITING)
_BROKEN: Final = (
    ClientEvent.CUT,
    ClientEvent.SILENT,
    ClientEvent.NO_HELLO,
    ClientEvent.INTERNAL,
    ClientEvent.SLOW,
    ClientEvent.RESYNC,
    ClientEvent.NO_PONG,
    ClientEvent.FULL,
)
_FINAL: Final = (ClientEvent.BAD_FRAME, ClientEvent.REPLACED, ClientEvent.VERSION)


def _row(
    states: Iterable[State],
    events: Iterable[ClientEvent],
    following: State | None,
    *actions: Action,
) -> TransitionRow:
    return TransitionRow(tuple(states), tuple(events), following, actions)


def _rows() -> Iterator[TransitionRow]:
    """Every row of the table, in the order of a client's life."""
    to, on, do = State, ClientEvent, Action
    yield _row((to.IDLE, to.WAITING, to.STOPPED), (on.START,), to.CONNECTING, do.CLOSE, do.OPEN)
    yield _row((to.IDLE, *_ACTIVE), (on.STOP,), to.STOPPED, do.CLOSE)
    # Opening, and moving from one connection to the next.
    yield _row((*_OPENING, to.WAITING), (on.HOP,), to.CONNECTING, do.CLOSE, do.OPEN)
    yield _row(GREETED, (on.HOP,), to.MOVING, do.OPEN)
    yield _row((to.WAITING,), (on.TIMER,), to.CONNECTING, do.OPEN)
    yield _row((to.LEAVING,), (on.TIMER,), to.MOVING, do.OPEN)
    yield _row((to.CONNECTING, to.MOVING), (on.OPENED,), to.GREETING, do.HELLO)
    yield _row((to.CONNECTING,), (on.FAILED,), to.WAITING, do.BACK_OFF)
    yield _row((to.MOVING,), (on.FAILED,), to.LEAVING, do.BACK_OFF)
    yield _row((to.GREETING,), (on.WELCOME,), to.SYNCING, do.RELEASE, do.RESEND)
    yield _row((*_CURRENT, to.LEAVING), (on.GO,), to.LEAVING, do.DEPART)
    # The feeds.
    yield _row(_CURRENT, (on.SUBD,), to.SYNCING, do.BEGIN)
    yield _row(_GOING, (on.SUBD,), None, do.BEGIN)
    yield _row(GREETED, (on.SNAP, on.EV, on.SKIP), None, do.APPLY)
    yield _row(_CURRENT, (on.LIVE,), to.LIVE, do.CALM, do.SETTLE)
    yield _row(_GOING, (on.LIVE,), None, do.SETTLE)
    yield _row(GREETED, (on.PARTLY,), None, do.SETTLE)
    yield _row(_CURRENT, (on.GAP, on.BEHIND), to.SYNCING, do.RESUME)
    yield _row(_GOING, (on.GAP, on.BEHIND), None, do.RESUME)
    yield _row(_CURRENT, (on.MISMATCH,), to.SYNCING, do.REFETCH)
    yield _row(_GOING, (on.MISMATCH,), None, do.REFETCH)
    yield _row(_CURRENT, (on.RESET,), to.SYNCING, do.RESTART)
    yield _row(_GOING, (on.RESET,), None, do.RESTART)
    yield _row(GREETED, (on.LOST,), None, do.FORGET)
    yield _row(GREETED, (on.UNREADY,), to.WAITING, do.CLOSE, do.BACK_OFF)
    yield _row(GREETED, (on.UNSUBD,), to.STOPPED, do.CLOSE)
    # Everything else that is said.
    yield _row(GREETED, (on.WRITE,), None, do.SEND)
    yield _row(_HEARING, (on.RES,), None, do.ANSWER)
    yield _row(_HEARING, (on.PING,), None, do.PONG, do.WATCH)
    yield _row(GREETED, (on.EPH,), None, do.TELL)
    yield _row(_HEARING, (on.ERR,), None, do.COMPLAIN)
    # The token.
    yield _row(GREETED, (on.AUTH_EXPIRING, on.UNHEARD), None, do.RENEW)
    yield _row(GREETED, (on.RENEWED,), None, do.AUTH)
    yield _row(_ACTIVE, (on.REFUSED,), to.STOPPED, do.CLOSE, do.LOG_OUT)
    yield _row((to.RENEWING,), (on.RENEWED,), to.CONNECTING, do.OPEN)
    yield _row((to.RENEWING,), (on.UNHEARD,), None, do.RENEW)
    # Ends.
    ended = (*_OPENING, *GREETED)
    yield _row(ended, _FINAL, to.STOPPED, do.CLOSE)
    yield _row(ended, (on.REVOKED,), to.STOPPED, do.CLOSE, do.LOG_OUT)
    yield _row(ended, (on.TOKEN,), to.RENEWING, do.CLOSE, do.RENEW)
    yield _row(ended, (on.TOO_MANY,), to.WAITING, do.CLOSE, do.PAUSE)
    still = (*_OPENING, *_CURRENT, to.LEAVING)
    yield _row(still, _BROKEN, to.WAITING, do.CLOSE, do.BACK_OFF)
    yield _row((*_OPENING, *_CURRENT), (on.DRAINING,), to.WAITING, do.CLOSE, do.BACK_OFF)
    yield _row((to.LEAVING,), (on.DRAINING,), to.CONNECTING, do.CLOSE, do.OPEN)
    # The next connection is on its way already.
    yield _row((to.MOVING,), (*_BROKEN, on.DRAINING), to.CONNECTING)


def _table() -> dict[State, dict[ClientEvent, Cell]]:
    table = {state: {event: Cell(state) for event in ClientEvent} for state in State}
    named: set[tuple[State, ClientEvent]] = set()
    for row in _rows():
        for state in row.states:
            for event in row.events:
                if (state, event) in named:
                    words = f"two cells for {event} in {state}"
                    raise ValueError(words)
                named.add((state, event))
                table[state][event] = Cell(row.next or state, row.actions)
    return table


TABLE: Final = _table()


def event_of_close(code: int | None) -> ClientEvent:
    """The event that a close code stands for."""
    return ClientEvent(str(code)) if code in set(CloseCode) else ClientEvent.CUT
