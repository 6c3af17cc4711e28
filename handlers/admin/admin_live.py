"""`GET /v1/admin/live`: for operators, over an event stream or a WebSocket.

Each transport has a handler, and the routing table chooses by what is asked for.  For everybody
else the path is not there.  A browser shows who asks by a ticket, on both transports: it is
answered before a WebSocket is open, and may set no header there either.
"""

import time
from collections.abc import Awaitable
from typing import Any, Final
from urllib.parse import urlencode

import msgspec
from tornado.web import HTTPError

from handlers.http import token_auth
from handlers.http.client_ip import address_of
from handlers.http.operation_runner import OperationRunner
from handlers.http.policy import require_panel_token
from handlers.http.rate_limiting import count_refusal
from handlers.http.rest.handler import log_request
from handlers.http.rest.request_reader import query_of
from handlers.live import (
    AdminSubscriptions,
    LiveNode,
    LiveSocket,
    StreamingHandler,
    check_since,
    event_of,
    filter_of,
)
from models.access.caller import Caller
from models.access.request_origin import RequestOrigin
from models.base.errors import Invalid, Unauthenticated
from streams.admin import kpis, timeline

PATH: Final = "/v1/admin/live"


class TimelineFrame(msgspec.Struct, frozen=True):
    """The fields of a frame that become the name and the id of its event."""

    t: str
    cur: str | None = None


_frames = msgspec.json.Decoder(TimelineFrame)


def as_events(lines: bytes, /) -> bytes:
    """*lines* as events; those of the timeline have its cursor as their id."""
    return b"".join(map(_event, lines.splitlines()))


def _event(line: bytes) -> bytes:
    frame = _frames.decode(line)
    return event_of(line, frame.t, frame.cur)


async def operator_of(node: LiveNode, caller: Awaitable[Caller]) -> Caller:
    """The caller, if they are an operator with two factors; 404 for everybody else."""
    try:
        operator = await caller
    except Unauthenticated:
        raise HTTPError(404) from None
    if not await node.admin_feeds.is_operator(operator.scope):
        raise HTTPError(404)
    require_panel_token(operator)
    return operator


class AdminSocket(LiveSocket):
    """The operators' live feeds over a WebSocket."""

    def initialize(self, node: LiveNode) -> None:
        """Take what the routing table gives."""
        super().initialize(node)
        self._began = time.perf_counter()
        node.runner.in_flight.begin()

    def prepare(self) -> None:
        """Answer 404 to any method but GET."""
        if self.request.method != "GET":
            raise HTTPError(404)

    async def get(self, *args: Any, **kwargs: Any) -> None:
        """Open a WebSocket for an operator."""
        self.authenticated = await operator_of(self._node, self._identify())
        await super().get(*args, **kwargs)

    async def _identify(self) -> Caller:
        ticket = query_of(self.request).get("ticket")
        if ticket is not None:
            return await self._node.tickets.require(ticket)
        services = self._node.runner.services
        return await token_auth.caller_of(services.account, services.oauth, self.request)

    def on_finish(self) -> None:
        """See `Handler.on_finish`: what comes to this path is logged, let in or not."""
        super().on_finish()
        self._node.runner.in_flight.end()
        log_request(self, self._node.runner, PATH, self._began)

    def write_error(self, status_code: int, **kwargs: Any) -> None:
        """See `Handler.write_error`."""
        origin = RequestOrigin(address=address_of(self.request, self._node.runner.proxies))
        refusal = count_refusal(self, self._node.runner, origin.household)
        if refusal is not None:
            kwargs["exc_info"] = (type(refusal), refusal, None)
        super().write_error(status_code, **kwargs)


class AdminStream(StreamingHandler):
    """The operators' live feeds as an event stream."""

    page_type = ""  # there is nothing else

    def initialize(self, runner: OperationRunner, **live: Any) -> None:
        """Take what the routing table gives."""
        super().initialize(runner)
        self.node = live["node"]

    def prepare(self) -> None:
        """Answer 404 to any method but GET."""
        if self.request.method != "GET":
            raise HTTPError(404)

    @property
    def route(self) -> str:
        """See `Handler.route`."""
        return PATH

    async def get(self) -> None:
        """Answer an operator with events."""
        caller = await operator_of(self.node, self.identify())
        if not self.wants_stream:
            raise HTTPError(406, "Ask for text/event-stream, or for a WebSocket.")
        query = self.query()
        feeds = query.get("feed", f"{kpis.FEED},{timeline.FEED}").split(",")
        if not set(feeds) <= {kpis.FEED, timeline.FEED}:
            raise Invalid("parameter_invalid", f"feed is {kpis.FEED}, {timeline.FEED} or both.")
        stream_parameters = ("feed", "since", "ticket")
        filters = {name: text for name, text in query.items() if name not in stream_parameters}
        filter_of(filters)
        since = self.request.headers.get("Last-Event-ID") or query.get("since")
        check_since(since)
        self.node.admin_feeds.require_room()
        stream = self.open_stream(caller, as_events)
        subscriptions = AdminSubscriptions(self.node.admin_feeds, stream.transport)
        if stream.add_source(subscriptions):
            for feed in dict.fromkeys(feeds):
                name = f"{feed}?{urlencode(filters)}" if filters and feed == timeline.FEED else feed
                subscriptions.open(caller.scope, name, since)
