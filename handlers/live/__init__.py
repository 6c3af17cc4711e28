"""The live protocol: over WebSocket, and the same feeds over plain HTTP.

A WebSocket (`websocket`): `websocket_handler` is the transport (bytes, Tornado), `connection` the
meaning (frames).  Plain HTTP: `events` is the path, `sse` a stream of events, `poll` a request that
waits, `streaming` what both need.

What they share (`base`): `admin_feeds`, what operators follow (`handlers.admin`), `deadlines`,
what happens to a connection at a time, `send_buffer`, the way out (one write for what is ready, one
bounded window), and `connections`, all that is open on a node and the one timer of all.
"""

from typing import Final

from handlers.http.manifest import Context, HandlerRoute
from handlers.live import tickets
from handlers.live.base.admin_feeds import AdminSubscriptions, check_since, filter_of
from handlers.live.base.live_node import LiveNode
from handlers.live.events import Events, events_of
from handlers.live.poll import Poll
from handlers.live.sse import event_of
from handlers.live.streaming import StreamingHandler
from handlers.live.websocket.websocket_handler import LiveSocket
from handlers.sync import EVENTS

__all__ = [
    "CONTEXT",
    "AdminSubscriptions",
    "LiveNode",
    "LiveSocket",
    "Poll",
    "StreamingHandler",
    "check_since",
    "event_of",
    "filter_of",
]

CONTEXT: Final = Context(
    service=lambda runner: runner.tickets,
    operations=tickets.OPERATIONS,
    routes=(
        HandlerRoute("/v1/live", LiveSocket, lambda parts: {"node": parts.live}),
        HandlerRoute(EVENTS, Events, events_of, for_operations=True),
    ),
)
