"""Drives the state machine: turns frames into events, and carries out actions."""

import asyncio
import collections
import itertools
from collections.abc import Callable, Iterable, Mapping
from typing import Final

from models.base.merge_patch import Json
from upcoach.client.channel import Open
from upcoach.client.connections import DeviceConnections
from upcoach.client.followed_feeds import FollowedFeeds
from upcoach.client.login import DeviceLogin
from upcoach.client.machine import GREETED, TABLE, Action, ClientEvent, State, event_of_close
from upcoach.client.outbox import PendingWrites
from upcoach.client.poll import PollChannel, RestChannel
from upcoach.client.replica import Replica
from upcoach.client.socket import SocketChannel
from upcoach.client.sse import StreamChannel
from upcoach.client.timing import LONGEST_S, BackOff, Timer

TRANSPORTS: Final[dict[str, Open]] = {
    "websocket": SocketChannel,
    "sse": StreamChannel,
    "poll": PollChannel,
    "rest": RestChannel,
}
ACK_EVENTS: Final = 200
ACK_S: Final = 5.0
BEHIND_S: Final = 2.0
PROBLEMS: Final = 100
TOO_LARGE: Final = 1009  # RFC 6455, 7.4.1

OnFrame = Callable[[Json], None]


class Stopped(Exception):
    """The device has stopped; the event that ended it is the argument."""


class Driver:
    """A client in one of the states of `machine.TABLE`.

    Everything here is done at once; what takes time goes on in channels and timers, and comes back
    as an event.

    Attributes
    ----------
    state
        See `machine.STATES`.
    stopped_by
        The event that led to the state `stopped`.
    closed_with
        The last close code.
    problems
        The last problems that the server complained of in `err` frames.
    replicas
        The copies of what is followed; the own one is called `u:me`.

    """

    def __init__(
        self,
        urls: list[str],
        token: str = "",
        on_event: OnFrame | None = None,
        *,
        on_told: OnFrame | None = None,
        on_write: OnFrame | None = None,
        on_refused: OnFrame | None = None,
        on_login: OnFrame | None = None,
        refresh_token: str = "",
        dev: str = "",
        transport: str = "websocket",
        feeds: Iterable[str] = (),
        channels: Iterable[str] = (),
        longest_s: float = LONGEST_S,
        ack_s: float = ACK_S,
        ack_events: int = ACK_EVENTS,
        behind_s: float = BEHIND_S,
        saved: Json | None = None,
        transports: Mapping[str, Open] = TRANSPORTS,
    ) -> None:
        self.state = State.IDLE
        self.stopped_by: ClientEvent | None = None
        self.closed_with: int | None = None
        self.problems: collections.deque[Json] = collections.deque(maxlen=PROBLEMS)
        self.transport = transport
        self._transports = transports
        self._dev = dev
        self._on_event = on_event
        self._on_told = on_told
        self._on_write = on_write
        self._urls = itertools.cycle(url.rstrip("/") for url in urls)
        self._url = ""
        self._following = FollowedFeeds(feeds, channels)
        self.replicas = self._following.replicas
        self._links = DeviceConnections(self)
        self._outbox = PendingWrites(
            lambda frame: self.happen(ClientEvent.WRITE, frame), on_refused
        )
        self._login = DeviceLogin(self.happen, token, refresh_token, longest_s, on_login)
        self._pace = BackOff(longest_s)
        self._timer = Timer(lambda: self.happen(ClientEvent.TIMER))
        self._ack_timer = Timer(self._ack)
        self._acked: dict[str, int] = {}
        self._ack_s = ack_s
        self._ack_events = ack_events
        self._behind_s = behind_s
        self._load(saved or {})
        self._changed = asyncio.Event()

    @property
    def token(self) -> str:
        """The newest token."""
        return self._login.token

    @property
    def live(self) -> bool:
        """Whether every followed feed is current."""
        return self.state in GREETED and self._following.is_live

    def happen(self, event: ClientEvent, frame: Json | None = None) -> None:
        """Make the transition for *event*, and carry out its actions."""
        cell = TABLE[self.state][event]
        has_stopped = cell.state is State.STOPPED and self.state is not State.STOPPED
        self.state = cell.state
        if has_stopped or cell.state is not State.STOPPED:
            self.stopped_by = event if has_stopped else None
        for action in cell.actions:
            _DO[action](self, frame or {})
        if has_stopped:
            self._end(event)
        self._changed.set()
        self._changed.clear()

    def take(self, frame: Json) -> None:
        """Turn a received frame into an event."""
        event = self._following.event_of(frame)
        if event is not None:
            self.happen(event, frame)

    def take_close(self, code: int | None) -> None:
        """Turn the close code of the connection into an event."""
        self.closed_with = code
        if code == TOO_LARGE:  # it is the last word about a write, which would meet it again
            self._outbox.refuse_largest()
        self.happen(event_of_close(code))

    def _load(self, saved: Json) -> None:
        for feed in saved.get("feeds", ()):
            replica = self.replicas.get(feed["feed"])
            if replica is not None:
                replica.load(feed)
        self._outbox.load(saved)
        self._login.load(saved.get("login"))

    def _end(self, event: ClientEvent) -> None:
        self._ack_timer.stop()
        self._login.close()
        self._outbox.close(None if event is ClientEvent.STOP else Stopped(event))

    def _open(self, _: Json) -> None:
        url, self._url = self._url or next(self._urls), ""
        self._links.open(self._transports[self.transport], url)

    def _hello(self, _: Json) -> None:
        hello: Json = {
            "t": "hello",
            "v": 1,
            "token": self.token,
            "subs": self._following.subscriptions(),
        }
        self._links.hello(hello | {"dev": self._dev} if self._dev else hello)

    def _release(self, _: Json) -> None:
        self._links.release()

    def _close(self, _: Json) -> None:
        self._links.close()
        self._timer.stop()

    def _send(self, frame: Json) -> None:
        if not self._outbox.holds(frame):
            self._links.send(frame)

    def _resend(self, _: Json) -> None:
        for frame in self._outbox.pending():
            self._links.send(frame)

    def _begin(self, frame: Json) -> None:
        replica = self._following.replica(frame)
        replica.begin(frame)
        self._acked[replica.feed] = 0

    def _apply(self, frame: Json) -> None:
        replica = self._following.replica(frame)
        if replica.apply(frame) and self._on_event is not None:
            self._on_event(frame)
        unacked = replica.seq - self._acked.get(replica.feed, 0)
        if unacked >= self._ack_events and frame["t"] != "snap":
            self._ack()
        elif not self._ack_timer.is_set:
            self._ack_timer.set(self._ack_s)

    def _settle(self, frame: Json) -> None:
        replica = self._following.replica(frame)
        kinds = replica.settle(frame)
        if not self._ack_timer.is_set:
            self._ack_timer.set(self._ack_s)
        if kinds:
            self.happen(ClientEvent.MISMATCH, {"f": replica.feed, "kinds": kinds})

    def _calm(self, _: Json) -> None:
        self._pace.calm()

    def _answer(self, frame: Json) -> None:
        self._outbox.take(frame)

    def _pong(self, _: Json) -> None:
        self._links.send({"t": "pong"})

    def _watch(self, frame: Json) -> None:
        loop = asyncio.get_running_loop()
        for name, top in frame["top"].items():
            replica = self._following.find({"f": name})
            if replica is not None and top > replica.seq:
                loop.call_later(self._behind_s, self._look, replica, replica.seq)

    def _look(self, replica: Replica, seq: int) -> None:
        if replica.is_live and replica.seq == seq:
            self.happen(ClientEvent.BEHIND, {"f": replica.feed})

    def _resume(self, frame: Json) -> None:
        replica = self._following.replica(frame)
        if "t" in frame:
            replica.gaps += 1
        self._links.send({"t": "sub", **replica.subscription()})

    def _refetch(self, frame: Json) -> None:
        self._links.send(
            {"t": "sub", **self._following.replica(frame).subscription(frame["kinds"])}
        )

    def _restart(self, frame: Json) -> None:
        replica = self._following.replica(frame)
        replica.restart(frame["reason"])
        self._links.send({"t": "sub", **replica.subscription()})

    def _forget(self, frame: Json) -> None:
        self._following.forget(frame)

    def _renew(self, _: Json) -> None:
        self._login.renew(self._links.url or next(self._urls), must=self.state is State.RENEWING)

    def _auth(self, _: Json) -> None:
        self._links.send({"t": "auth", "token": self.token})

    def _depart(self, frame: Json) -> None:
        self._timer.set(frame["after"] / 1000)

    def _back_off(self, _: Json) -> None:
        self._timer.set(self._pace.next_s())

    def _pause(self, _: Json) -> None:
        self._timer.set(self._pace.pause_s())

    def _tell(self, frame: Json) -> None:
        if self._on_told is not None:
            self._on_told(frame)

    def _complain(self, frame: Json) -> None:
        self.problems.append(frame["problem"])

    def _log_out(self, _: Json) -> None:
        self._login.forget()
        for replica in self.replicas.values():
            replica.clear()

    def _ack(self) -> None:
        for replica in self.replicas.values():
            if replica.epoch and replica.seq > self._acked.get(replica.feed, 0):
                self._acked[replica.feed] = replica.seq
                self._links.send({"t": "ack", "cur": replica.cursor, "f": replica.feed})


_DO: Final[dict[Action, Callable[[Driver, Json], None]]] = {
    action: getattr(Driver, f"_{action}") for action in Action
}
