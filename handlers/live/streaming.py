"""Requests that stay open: who may have how many, and how one becomes an event stream."""

import asyncio
import contextlib
import re
from collections.abc import Callable, Iterator
from typing import Final

from tornado.iostream import StreamClosedError
from tornado.web import HTTPError

from handlers.http import cors
from handlers.http.limits.rate_limit_headers import concurrency_limit
from handlers.http.rest.handler import Handler
from handlers.live.base.connections import LiveConnection
from handlers.live.base.live_node import LiveNode
from handlers.live.base.send_buffer import SocketTransport
from handlers.live.poll import PollEvent
from handlers.live.sse import EventStream
from models.access.caller import Caller
from models.base.errors import Forbidden
from models.base.text.counting import counted
from upcoach.store.write.errors import session_ended

MEDIA_TYPE: Final = "text/event-stream"
_WEIGHT: Final = re.compile(r"q=(0(\.[0-9]{0,3})?|1(\.0{0,3})?)")


def quality(accepted: str, media_type: str) -> float:
    """How much an `Accept` header wants *media_type*, by its name (RFC 9110, 12.4.2 and 12.5.1).

    Examples
    --------
    >>> accepted = "text/event-stream; q=0.9, application/json, */*"
    >>> quality(accepted, "text/event-stream"), quality(accepted, "text/html")
    (0.9, 0.0)

    """
    for media_range in accepted.lower().split(","):
        name, *parameters = (part.strip() for part in media_range.split(";"))
        if name == media_type:
            weights = [part[2:] for part in parameters if _WEIGHT.fullmatch(part)]
            return float(weights[0]) if weights else 1.0
    return 0.0


class StreamingHandler(Handler):
    """Base of what answers with a stream of events, or waits."""

    node: LiveNode
    page_type = "application/json"  # of what it answers with otherwise
    has_gone = False  # the client, before there was an answer

    def on_connection_close(self) -> None:
        """Take note that the client has gone."""
        self.has_gone = True

    @property
    def wants_stream(self) -> bool:
        """Whether the client asks for events as they come, rather than for a page of them.

        Clients that are made from the description name both kinds of answer, and read JSON.
        """
        accepted = self.request.headers.get("Accept", "")
        stream, page = (quality(accepted, kind) for kind in (MEDIA_TYPE, self.page_type))
        return stream > page and self.request.method == "GET"

    async def identify(self) -> Caller:
        """See `Handler.identify`; a stream may be asked for with a ticket in the place of a token.

        A browser's EventSource can set no header: here alone a login may stand in a URL.
        """
        ticket = self.query().get("ticket") if self.wants_stream else None
        if ticket is None:
            return await super().identify()
        caller = await self.node.tickets.require(ticket)
        if not await cors.may_connect(self.request, self.web_origins):
            raise Forbidden("site_other", "Another site's page may not connect.")
        return caller

    @contextlib.contextmanager
    def counted_open(self, connection: LiveConnection) -> Iterator[None]:
        """Count the request as one that the caller has open, or refuse it."""
        release = self._register(connection)
        try:
            yield
        finally:
            release()

    def open_stream(self, caller: Caller, wrap: Callable[[bytes], bytes]) -> EventStream:
        """Begin to answer with events; what is to be followed must be opened in this turn."""
        events = EventStream(self.node.connections.name(), caller, self.node.clock)
        if self.has_gone:
            raise HTTPError(503, "Nobody waits for this stream any more.")
        release = self._register(events)
        stream = self.detach()
        stream.set_nodelay(True)

        def ended(_: object = None) -> None:
            stream.close()
            release()

        try:
            # A reader has nothing more to say: whatever comes, its end or more bytes, is the end.
            asyncio.ensure_future(stream.read_bytes(1, partial=True)).add_done_callback(ended)
        except StreamClosedError:
            ended()
        events.begin(SocketTransport(stream, wrap), stream.close, self._head())
        self.on_finish()  # the answer has begun, and Tornado hears no more of it
        return events

    async def require_session(self, caller: Caller, event: PollEvent) -> None:
        """Refuse whom *event* has shut out: the end of the session comes behind it, if late."""
        sessions = self.runner.services.account.sessions
        asks = event.batch.may_end_sessions and bool(caller.scope.session)
        if sessions.has_ended(caller) or (asks and not await sessions.is_open(caller.scope)):
            raise session_ended()

    def _register(self, connection: LiveConnection) -> Callable[[], None]:
        """Register *connection* at the node, or refuse; what is returned takes it off again."""
        assert connection.caller is not None
        user = connection.caller.scope.user
        open_requests, connections = self.node.open_requests, self.node.connections
        if not open_requests.acquire(user):
            raise HTTPError(
                429, f"You have {counted(open_requests.count, 'request')} open already."
            )
        for name, value in concurrency_limit(
            "open", open_requests.count, open_requests.left(user)
        ).items():
            self.set_header(name, value)

        def release() -> None:
            open_requests.release(user)
            connections.remove(connection)

        connections.add(connection)
        if not connections.register(connection):
            release()
            raise HTTPError(503, "This node is full.")
        if self.runner.services.account.sessions.has_ended(connection.caller):
            # Before it could be found by its session.
            release()
            raise session_ended()
        return release

    def _head(self) -> bytes:
        self.set_header("Content-Type", MEDIA_TYPE)
        self.set_header("Connection", "close")
        self.set_header("X-Accel-Buffering", "no")
        lines = "".join(f"{name}: {value}\r\n" for name, value in self._headers.get_all())
        return f"HTTP/1.1 200 OK\r\n{lines}\r\n".encode()
