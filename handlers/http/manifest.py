"""What a context adds to the surface: `handlers.contexts` folds what each of them declares."""

import re
from collections.abc import Callable, Collection, Iterable
from typing import Any, Generic, TypeVar

import msgspec
from tornado.httputil import HTTPServerRequest
from tornado.routing import PathMatches, URLSpec
from tornado.web import RequestHandler

from handlers.http.operation_runner import OperationRunner
from handlers.http.operations import Operation, unbound
from handlers.http.operations.areas import Area
from models.base.declarations import check_unique
from upcoach.services.base.mail import MailFolder
from upcoach.services.base.push.push_folder import PushFolder

S = TypeVar("S")


class ApplicationParts(msgspec.Struct, frozen=True, kw_only=True):
    """What the handlers of the public port are initialized with.

    Attributes
    ----------
    live
        What the connections of a node share (`handlers.live`).
    checks
        What says whether the node can work (`handlers.admin.health`).
    mailbox
        The mails that nobody sends, for anybody to read; None where they are sent.
    pushes
        The pushes that nobody sends, the same.

    """

    runner: OperationRunner
    live: Any
    checks: Any
    mailbox: MailFolder | None = None
    pushes: PushFolder | None = None


class HandlerRoute(msgspec.Struct, frozen=True):
    """A path with a handler of its own.

    Attributes
    ----------
    arguments
        What the handler is initialized with, if not with the runner and its path; None where it
        is not served.
    pattern
        The path as a regular expression, where it has variable parts.
    upgrades
        Whether it is for those alone who ask for a WebSocket on the path; for others, there is
        another row below it.
    service
        What the operations of its context are given.
    for_operations
        Whether its handler carries out the operations of the same path, in place of the handler
        that they have otherwise.

    """

    path: str
    handler: type[RequestHandler]
    arguments: Callable[[ApplicationParts], dict[str, Any] | None] | None = None
    pattern: str = ""
    upgrades: bool = False
    service: Callable[[Any], Any] = unbound
    for_operations: bool = False

    def handler_arguments(self, parts: ApplicationParts) -> dict[str, Any] | None:
        """The arguments of the handler's `initialize`; None where it is not served."""
        if self.arguments is None:
            return {"runner": parts.runner, "path": self.path, "service": self.service}
        return self.arguments(parts)

    def specs(self, parts: ApplicationParts) -> list[URLSpec]:
        """The route for Tornado, if it is served."""
        arguments = self.handler_arguments(parts)
        if arguments is None:
            return []
        pattern = f"{self.pattern or re.escape(self.path)}$"
        spec = URLSpec(pattern, self.handler, arguments)
        if self.upgrades:
            spec.matcher = UpgradeMatches(pattern)
        return [spec]


def check_routes(routes: Iterable[HandlerRoute], paths: Collection[str]) -> None:
    """Raise `ValueError` if one of *routes* hides another one, or operations at one of *paths*."""
    routes = tuple(routes)
    for route in routes:
        if route.for_operations is not (route.path in paths):
            what = "has no operations" if route.for_operations else "hides the operations"
            raise ValueError(f"The handler {route.handler.__name__} {what} of {route.path}.")
    patterns = (route.pattern or re.escape(route.path) for route in routes if not route.upgrades)
    check_unique(patterns, "paths of handlers")


class UpgradeMatches(PathMatches):
    """A path on which a WebSocket is asked for (RFC 6455, 4.1)."""

    def match(self, request: HTTPServerRequest) -> dict[str, Any] | None:
        """See `PathMatches.match`."""
        if request.headers.get("Upgrade", "").lower() != "websocket":
            return None
        return super().match(request)


class Context(msgspec.Struct, Generic[S], frozen=True, kw_only=True):
    """What a context adds to the surface.

    Attributes
    ----------
    service
        What its operations are given.
    areas
        The paths that are described as its own.
    routes
        Its paths that have handlers of their own.

    """

    service: Callable[[OperationRunner], S]
    operations: tuple[Operation[S], ...] = ()
    areas: tuple[Area, ...] = ()
    routes: tuple[HandlerRoute, ...] = ()

    def bound(self) -> tuple[Operation[S], ...]:
        """Its operations, which know what they are given."""
        return tuple(msgspec.structs.replace(row, service=self.service) for row in self.operations)

    def bound_routes(self) -> tuple[HandlerRoute, ...]:
        """Its paths, which know what its operations are given."""
        return tuple(msgspec.structs.replace(row, service=self.service) for row in self.routes)
