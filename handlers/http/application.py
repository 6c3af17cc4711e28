"""The public application: Tornado's, which takes no more of a body than its sender may send."""

from typing import Any

from tornado.httputil import HTTPServerRequest
from tornado.web import Application, _HandlerDelegate

from handlers.http.client_ip import is_among
from handlers.http.limits.concurrency_limits import ConcurrencyLimit
from handlers.http.operation_runner import Edge
from handlers.http.request_bodies import Bodies, Measured
from models.access.limits import CONNECTIONS_OF_NETWORK
from models.access.request_origin import RequestOrigin


class BoundedApplication(Application):
    """An application whose handlers get no body that nobody would look at."""

    def __init__(self, handlers: Any, *, edge: Edge, bodies: Bodies, **settings: Any) -> None:
        super().__init__(handlers, **settings)
        self._edge = edge
        self._bodies = bodies
        self.doors = ConcurrencyLimit(CONNECTIONS_OF_NETWORK)

    def enter(self, address: str) -> str | None:
        """The network that a connection from *address* counts for; None if it has too many.

        Each may hold a head that does not end, or an answer that nobody takes.
        """
        if not self._edge.limits.is_on or is_among(address, self._edge.proxies):
            return ""
        network = RequestOrigin(address=address).household
        return network if self.doors.take(network) else None

    def leave(self, network: str) -> None:
        """Let a connection go that has entered."""
        if network:
            self.doors.leave(network)

    def find_handler(self, request: HTTPServerRequest, **kwargs: Any) -> Any:
        """See `Application.find_handler`: the headers have come, and no body yet."""
        found = super().find_handler(request, **kwargs)
        assert isinstance(found, _HandlerDelegate)
        return Measured(found, self._edge, self._bodies)
