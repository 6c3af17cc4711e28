"""A device whose connections lead nowhere: what it says is kept, what it hears is up to a test."""

import asyncio
from typing import Any, Final

from models.base.merge_patch import Json
from upcoach.client import SyncDevice
from upcoach.client.channel import Channel, ChannelListener
from upcoach.client.machine import ClientEvent, State

NOWHERE: Final = "http://127.0.0.1:1"
SEVERAL = 60_000  # ms; longer than any test

FRAMES: Final[dict[ClientEvent, Json]] = {
    ClientEvent.WELCOME: {"t": "welcome", "hb": 30},
    ClientEvent.SUBD: {"t": "subd", "f": "u:ann", "cur": "epoch.0", "mode": "resume"},
    ClientEvent.SNAP: {"t": "snap", "f": "u:ann", "kind": "goal", "items": [], "last": True},
    ClientEvent.EV: {
        "t": "ev",
        "f": "u:ann",
        "seq": 1,
        "type": "goal.created",
        "id": "gol_1",
        "ver": 1,
        "doc": {"id": "gol_1", "version": 1},
    },
    ClientEvent.SKIP: {"t": "skip", "f": "u:ann", "from": 1, "to": 2},
    ClientEvent.LIVE: {"t": "live", "f": "u:ann", "cur": "epoch.0", "sums": {}},
    ClientEvent.PARTLY: {"t": "live", "f": "u:ann", "cur": "epoch.0", "sums": {}},
    ClientEvent.RES: {"t": "res", "id": "unknown", "status": 200},
    ClientEvent.PING: {"t": "ping", "top": {"u:ann": 0}},
    ClientEvent.AUTH_EXPIRING: {"t": "auth_expiring", "exp": "2026-01-05T12:00:00Z"},
    ClientEvent.GO: {"t": "go", "after": SEVERAL, "reason": "drain"},
    ClientEvent.EPH: {"t": "eph", "ch": "typing:ann", "kind": "typing", "body": {}},
    ClientEvent.RESET: {"t": "reset", "f": "u:ann", "reason": "epoch", "cur": "other.7"},
    ClientEvent.ERR: {"t": "err", "problem": {"code": "frame_invalid"}},
    ClientEvent.UNSUBD: {"t": "unsubd", "f": "u:ann", "problem": {"status": 404}},
    ClientEvent.UNREADY: {"t": "unsubd", "f": "u:ann", "problem": {"status": 503}},
    ClientEvent.LOST: {"t": "unsubd", "f": "u:bob", "problem": {"status": 404}},
    ClientEvent.GAP: {"t": "ev", "f": "u:ann", "seq": 9},
    ClientEvent.BEHIND: {"f": "u:me"},
    ClientEvent.MISMATCH: {"f": "u:me", "kinds": ["goal"]},
    ClientEvent.WRITE: {"t": "mut", "id": "one", "op": "POST", "path": "/v1/goals"},
}

# How to come to each state from the start: events, with the frames above.
WAYS: Final[dict[State, tuple[ClientEvent, ...]]] = {
    State.IDLE: (),
    State.CONNECTING: (ClientEvent.START,),
    State.GREETING: (ClientEvent.START, ClientEvent.OPENED),
    State.SYNCING: (ClientEvent.START, ClientEvent.OPENED, ClientEvent.WELCOME, ClientEvent.SUBD),
    State.LIVE: (
        ClientEvent.START,
        ClientEvent.OPENED,
        ClientEvent.WELCOME,
        ClientEvent.SUBD,
        ClientEvent.LIVE,
    ),
    State.LEAVING: (
        ClientEvent.START,
        ClientEvent.OPENED,
        ClientEvent.WELCOME,
        ClientEvent.SUBD,
        ClientEvent.GO,
    ),
    State.MOVING: (
        ClientEvent.START,
        ClientEvent.OPENED,
        ClientEvent.WELCOME,
        ClientEvent.SUBD,
        ClientEvent.GO,
        ClientEvent.TIMER,
    ),
    State.RENEWING: (ClientEvent.START, ClientEvent.OPENED, ClientEvent.TOKEN),
    State.WAITING: (ClientEvent.START, ClientEvent.OPENED, ClientEvent.INTERNAL),
    State.STOPPED: (ClientEvent.START, ClientEvent.STOP),
}


class Line(Channel):
    """A connection to nobody."""

    def __init__(self, url: str, listener: ChannelListener) -> None:
        self.sent: list[Json] = []
        self.is_closed = False
        super().__init__(url, listener)

    async def run(self) -> None:
        """Wait to be closed."""
        await asyncio.Event().wait()

    def send(self, frame: Json) -> None:
        """Keep what is sent."""
        self.sent.append(frame)

    def cut(self) -> None:
        """End."""
        self._end(None)

    def close(self) -> None:
        """Take note."""
        self.is_closed = True
        super().close()

    def hear(self, *frames: Json) -> None:
        """Tell what a server would."""
        for frame in frames:
            self._hear(frame)

    def open(self) -> None:
        """Say that it is open."""
        self._listener.opened(self)

    def end(self, code: int | None = None) -> None:
        """Be closed by the server."""
        self._end(code)


class Stage:
    """A device, and every connection that it has opened."""

    def __init__(self, **options: Any) -> None:
        self.lines: list[Line] = []
        self.told: list[Json] = []
        self.events: list[Json] = []
        self.device = SyncDevice(
            [NOWHERE],
            "token",
            self.events.append,
            on_told=self.told.append,
            transport="line",
            transports={"line": self._open},
            **options,
        )

    async def close(self) -> None:
        """Stop the device."""
        await self.device.__aexit__()

    def go(self, *events: ClientEvent) -> None:
        """Let events happen, each with the frame that goes with it."""
        for event in events:
            self.device.happen(event, FRAMES.get(event))

    def sent(self) -> list[Json]:
        """Everything that was sent, over all connections."""
        return [frame for line in self.lines for frame in line.sent]

    @property
    def line(self) -> Line:
        """The newest connection."""
        return self.lines[-1]

    def greet(self) -> Line:
        """Open the newest connection, and greet; the device is up to date."""
        self.line.open()
        self.line.hear(FRAMES[ClientEvent.WELCOME])
        return self.line

    def _open(self, url: str, listener: ChannelListener) -> Line:
        self.lines.append(Line(url, listener))
        return self.line
