"""What paths that take forms have in common: pages, and the endpoints of the OAuth server."""

from collections.abc import Awaitable, Callable
from typing import Any, Final, TypeVar

import msgspec

from handlers.http.rest import Edge, Handler
from models.access.scope import Scope
from models.audit import Act
from models.base.errors import Forbidden, Unauthenticated
from upcoach.services.base.oauth_errors import OAuthError
from upcoach.services.oauth import OAuth

# Refusals that the audit log need not know: a device that waits, and what is no request at all.
QUIET: Final = frozenset({"authorization_pending", "slow_down", "invalid_request"})

# Acts of which only the refusals matter: every app does them every ten minutes.
UNSAID: Final = frozenset({"token.refreshed"})

T = TypeVar("T")


class FormEndpoint(Handler):
    """A path that takes forms."""

    path: str
    limit = ""  # the surface that each request is counted on, by where it came from

    def initialize(self, edge: Edge, path: str = "", **_: Any) -> None:
        """Take what the routing table gives."""
        super().initialize(edge)
        self.path = path

    async def prepare(self) -> None:
        """Count the request."""
        if self.limit and self.request.method in ("GET", "POST"):
            await self.turnstile.take(self.limit)

    @property
    def route(self) -> str:
        """See `Handler.route`."""
        return self.path

    @property
    def oauth(self) -> OAuth:
        """The authorization server."""
        return self.edge.services.oauth

    async def noted(
        self, act: Act, work: Awaitable[T], who: Callable[[T], Scope | None] = lambda _: None
    ) -> T:
        """What *work* gives, once the audit log knows; it also knows of a refusal.

        *who* tells from what was given whose act it was.
        """
        note = self.edge.services.audit.log.note
        try:
            done = await work
        except (OAuthError, Unauthenticated, Forbidden) as refusal:
            reason = refusal.error if isinstance(refusal, OAuthError) else refusal.code
            if reason not in QUIET:
                target = getattr(refusal, "concerns", "") or act.target
                refused = msgspec.structs.replace(
                    act, outcome="refused", reason=reason, target=target
                )
                await note(refused, self.origin)
            raise
        if act.action in UNSAID:
            return done
        scope = who(done)
        if scope is not None:
            act = msgspec.structs.replace(act, kind="user", user=scope.user, session=scope.session)
        await note(act, self.origin)
        return done

    def log_exception(self, typ: Any, value: Any, tb: Any) -> None:
        """See `ProblemHandler.log_exception`."""
        if not isinstance(value, OAuthError):
            super().log_exception(typ, value, tb)
