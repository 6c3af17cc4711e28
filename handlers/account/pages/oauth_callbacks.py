"""The way through a provider and back, in a browser."""

from typing import Any, Final

from tornado.web import HTTPError

from handlers.account.pages.challenge import ask_or_let_in
from handlers.account.pages.login_continuation import (
    ACCOUNT,
    LoginContinuation,
    continuation_of,
    this_browser,
)
from handlers.http.forms.parameters import form_parameters, query_parameters
from handlers.http.manifest import HandlerRoute
from handlers.pages.base import PageHandler
from models.access.scope import Scope
from models.account.session import Terms
from models.audit import Act
from models.base.validation import checked
from upcoach.services.account.federation.authorization_flow import (
    ANSWER,
    PATIENCE,
    Sent,
    visit_over,
)
from upcoach.services.account.federation.service import Arrival, shown_by
from upcoach.services.account.logins import Challenge, LoggedIn
from upcoach.services.base.request_parameters import Parameters

HELD: Final = "held"


class AuthorizationStart(PageHandler):
    """`GET /v1/auth/{provider}/start`: to the provider, with what goes on afterwards."""

    async def get(self, provider: str) -> None:
        """Send the browser away."""
        continuation = continuation_of(query_parameters(self)).fields
        depart(self, await self.edge.services.account.federation.send(provider, continuation))


class AuthorizationCallback(PageHandler):
    """`/v1/auth/{provider}/callback`: back from the provider."""

    async def get(self, provider: str) -> None:
        """Let whoever comes back in."""
        federation, form = self.edge.services.account.federation, query_parameters(self)
        if federation.get(provider).response_mode != "query":
            form = Parameters(await federation.held(form[HELD]))
        act = Act(action="session.started", kind="anonymous", target=provider)
        arrival, found = await self.noted(act, self._arrive(provider, form), _who)
        if found is None:
            self.go(ACCOUNT)
        else:
            await ask_or_let_in(self, found, LoginContinuation(**arrival.visit.errand))

    async def post(self, provider: str) -> None:
        """Take in a form that the provider's page sends (Apple), and come again without it.

        A browser shows no cookie of ours with such a form, and shows them with what follows.
        """
        federation = self.edge.services.account.federation
        if federation.get(provider).response_mode != "form_post":
            raise HTTPError(405)
        form = form_parameters(self)
        held = await federation.hold({name: form.short(name) for name in ANSWER if name in form})
        self.go(f"{self.request.path}?{HELD}={held}")

    async def _arrive(
        self, provider: str, form: Parameters
    ) -> tuple[Arrival, LoggedIn | Challenge | None]:
        """Who has come back, and what came of it; nothing for whoever has linked the provider."""
        name = _cookie(self)
        secret = self.get_cookie(name) or ""
        if not secret:
            raise visit_over()
        self.clear_cookie(name, path="/", secure=_is_secure(self))
        arrival = await self.edge.services.account.federation.take_back(provider, form, secret)
        if arrival.linked is not None:
            return arrival, None
        terms = checked(this_browser(self) | {"app": "web"}, Terms)
        shown = shown_by(terms, strong=arrival.strong)
        trusted = self.browser.trusted
        found = await self.edge.services.account.logins.finish(arrival.user, shown, trusted=trusted)
        return arrival, found


def depart(page: PageHandler, sent: Sent) -> None:
    """Send a browser to a provider, with what it has to come back with."""
    page.set_cookie(
        _cookie(page),
        sent.secret,
        path="/",
        max_age=int(PATIENCE.total_seconds()),
        secure=_is_secure(page),
        httponly=True,
        samesite="Lax",
    )
    page.go(sent.url)


def _cookie(page: PageHandler) -> str:
    return "__Host-visit" if _is_secure(page) else "visit"


def _is_secure(page: PageHandler) -> bool:
    return page.oauth.issuer.startswith("https://")


def _who(come: tuple[Arrival, Any]) -> Scope | None:
    arrival, found = come
    if found is None or isinstance(found, Challenge):
        return Scope(user=arrival.user.id)
    body = found[1].body
    return None if body is None else Scope(user=body["owner"], session=body["id"])


ROUTES: Final = tuple(
    HandlerRoute(f"/v1/auth/{{provider}}/{step}", handler, pattern=f"/v1/auth/([a-z0-9-]+)/{step}")
    for step, handler in (("start", AuthorizationStart), ("callback", AuthorizationCallback))
)
