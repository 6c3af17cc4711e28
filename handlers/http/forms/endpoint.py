"""What paths that take forms have in common: pages, and the endpoints of the OAuth server."""

from collections.abc import Callable
from typing import Any

import msgspec

from handlers.http.operation_runner import OperationRunner
from handlers.http.operations import Call, Operation, Reply, unbound
from handlers.http.rest.handler import Handler
from models.access.rate_limits import SURFACES
from upcoach.services.base.oauth_errors import OAuthError
from upcoach.services.oauth import OAuth


class FormEndpoint(Handler):
    """A path that takes forms."""

    path: str
    limit = ""  # the surface that each request is counted on, by where it came from

    def __init_subclass__(cls) -> None:
        """A path that counts by somebody whom it does not know yet does not let the server start.

        All whom it cannot tell apart would be counted as one, and keep each other out.
        """
        super().__init_subclass__()
        unknown = SURFACES[cls.limit].parties - {"ip"} if cls.limit else ()
        if unknown:
            words = f"{cls.__name__} counts on {cls.limit!r}, and does not know: {sorted(unknown)}"
            raise ValueError(words)

    def initialize(self, runner: OperationRunner, path: str = "", **context: Any) -> None:
        """Take what the routing table gives."""
        super().initialize(runner)
        self.path = path
        self._service: Callable[[OperationRunner], Any] = context.get("service", unbound)

    async def prepare(self) -> None:
        """Count the request."""
        if self.limit and self.request.method in ("GET", "HEAD", "POST"):
            await self.request_limit.take(self.limit)

    @property
    def route(self) -> str:
        """See `Handler.route`."""
        return self.path

    @property
    def oauth(self) -> OAuth:
        """The authorization server."""
        return self.runner.services.oauth

    async def run(self, operation: Operation[Any], call: Call) -> Reply:
        """Run *operation*, of the context of this path unless it has its own, for *call*.

        It is counted on its surface if it was not when it came.
        """
        if operation.service is unbound:
            operation = msgspec.structs.replace(operation, service=self._service)
        if operation.limit != self.limit:
            await self.charge_call(operation, call)
        return await self.carry_out(operation, call)

    def log_exception(self, typ: Any, value: Any, tb: Any) -> None:
        """See `ProblemHandler.log_exception`."""
        if not isinstance(value, OAuthError):
            super().log_exception(typ, value, tb)
