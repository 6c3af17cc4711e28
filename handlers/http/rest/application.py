"""The Tornado application of the public port, with limits on connections and on bodies."""

from collections.abc import Awaitable
from typing import Any, Final

from tornado.httputil import (
    HTTPConnection,
    HTTPHeaders,
    HTTPInputError,
    HTTPMessageDelegate,
    HTTPServerRequest,
    RequestStartLine,
    ResponseStartLine,
)
from tornado.routing import _RoutingDelegate
from tornado.web import Application, _HandlerDelegate

from handlers.http.client_ip import is_among
from handlers.http.limits.concurrency_limits import ConcurrencyLimit
from handlers.http.operation_runner import OperationRunner
from handlers.http.rest.request_bodies import BodyLimits, LimitedBodyDelegate
from models.access.limits import CONNECTIONS_OF_NETWORK
from models.access.request_origin import RequestOrigin

LONGEST_HOST: Final = 300  # characters of a name, of which DNS takes 253, and of a port


class HeadDelegate(_RoutingDelegate):
    """Refuses a head that Tornado would fail on."""

    def headers_received(
        self, start_line: RequestStartLine | ResponseStartLine, headers: HTTPHeaders
    ) -> Awaitable[None] | None:
        """Refuse a port of thousands of digits, which Python reads as no number."""
        if len(headers.get("Host", "")) > LONGEST_HOST:
            raise HTTPInputError("Host too long")  # answered with 400
        return super().headers_received(start_line, headers)


class BoundedApplication(Application):
    """An application that limits connections by network, and bodies before they are read."""

    def __init__(
        self, handlers: Any, *, runner: OperationRunner, bodies: BodyLimits, **settings: Any
    ) -> None:
        super().__init__(handlers, **settings)
        self._runner = runner
        self._bodies = bodies
        self.connections_by_network = ConcurrencyLimit(CONNECTIONS_OF_NETWORK)

    def admit_connection(self, address: str) -> str | None:
        """The network that a connection from *address* counts for; None if it has too many.

        Each may hold a head that does not end, or an answer that nobody takes.
        """
        if not self._runner.limits.is_on or is_among(address, self._runner.proxies):
            return ""
        network = RequestOrigin(address=address).household
        return network if self.connections_by_network.acquire(network) else None

    def release_connection(self, network: str) -> None:
        """Count a connection that has closed no longer for its *network*."""
        if network:
            self.connections_by_network.release(network)

    def start_request(
        self, server_conn: object, request_conn: HTTPConnection
    ) -> HTTPMessageDelegate:
        """See `Application.start_request`."""
        return HeadDelegate(self, server_conn, request_conn)

    def find_handler(self, request: HTTPServerRequest, **kwargs: Any) -> Any:
        """See `Application.find_handler`: the headers have come, and no body yet."""
        delegate = super().find_handler(request, **kwargs)
        assert isinstance(delegate, _HandlerDelegate)
        return LimitedBodyDelegate(delegate, self._runner, self._bodies)
