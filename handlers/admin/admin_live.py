"""`GET /v1/admin/live`: for operators, over an event stream or a WebSocket.

For everybody else the path is not there.  A browser shows who asks by a ticket, on both transports:
it is answered before a WebSocket is open, and may set no header there either.
"""

from typing import Any
from urllib.parse import urlencode

import msgspec
from tornado.web import HTTPError

from handlers.http.policy import require_desk
from handlers.http.rest import Edge
from handlers.live import LiveSocket, StreamingHandler, Watching, check_since, event_of, filter_of
from models.access.caller import Caller
from models.base.errors import Invalid, Unauthenticated
from streams.admin import kpis, timeline

PATH = "/v1/admin/live"


class _Place(msgspec.Struct, frozen=True):
    t: str
    cur: str | None = None


_places = msgspec.json.Decoder(_Place)


def as_events(lines: bytes, /) -> bytes:
    """*lines* as events; those of the timeline have its cursor as their id."""
    return b"".join(map(_event, lines.splitlines()))


def _event(line: bytes) -> bytes:
    place = _places.decode(line)
    return event_of(line, place.t, place.cur)


class AdminLive(StreamingHandler, LiveSocket):
    """The path of the operators' live feeds."""

    def initialize(self, edge: Edge, **live: Any) -> None:  # type: ignore[override] # one for both
        """Take what the routing table gives."""
        StreamingHandler.initialize(self, edge)
        LiveSocket.initialize(self, live["node"])
        self.node = live["node"]

    def prepare(self) -> None:
        """Be nowhere for whoever does not read."""
        if self.request.method != "GET":
            raise HTTPError(404)

    @property
    def route(self) -> str:
        """See `Handler.route`."""
        return PATH

    @property
    def wants_socket(self) -> bool:
        """Whether the client asks for a WebSocket."""
        return self.request.headers.get("Upgrade", "").lower() == "websocket"

    async def get(self, *args: Any, **kwargs: Any) -> None:
        """Open the one or the other."""
        caller = await self._operator()
        if self.wants_socket:
            self.known = caller
            await LiveSocket.get(self, *args, **kwargs)
        elif self.wants_stream:
            self._stream(caller)
        else:
            raise HTTPError(406, "Ask for text/event-stream, or for a WebSocket.")

    async def identify(self) -> Caller:
        """See `StreamingHandler.identify`."""
        ticket = self.query().get("ticket") if self.wants_socket else None
        if ticket is None:
            return await super().identify()
        return await self.node.tickets.require(ticket)

    def log_exception(self, typ: Any, value: Any, tb: Any) -> None:
        """See `Handler.log_exception` and `LiveSocket.log_exception`."""
        if self.ws_connection is None:
            StreamingHandler.log_exception(self, typ, value, tb)
        else:
            LiveSocket.log_exception(self, typ, value, tb)

    async def _operator(self) -> Caller:
        """Who asks, if it is an operator with two factors; for others there is nothing here."""
        try:
            caller = await self.identify()
        except Unauthenticated:
            raise HTTPError(404) from None
        if not await self.node.desk.admits(caller.scope):
            raise HTTPError(404)
        require_desk(caller)
        return caller

    def _stream(self, caller: Caller) -> None:
        query = self.query()
        feeds = query.get("feed", f"{kpis.FEED},{timeline.FEED}").split(",")
        if not set(feeds) <= {kpis.FEED, timeline.FEED}:
            raise Invalid("parameter_invalid", f"feed is {kpis.FEED}, {timeline.FEED} or both.")
        known = ("feed", "since", "ticket")
        only = {name: text for name, text in query.items() if name not in known}
        filter_of(only)
        since = self.request.headers.get("Last-Event-ID") or query.get("since")
        check_since(since)
        self.node.desk.require_room()
        stream = self.open_stream(caller, as_events)
        watching = Watching(self.node.desk, stream.outlet)
        if stream.hold(watching):
            for feed in dict.fromkeys(feeds):
                name = f"{feed}?{urlencode(only)}" if only and feed == timeline.FEED else feed
                watching.open(caller.scope, name, since)
