"""The way through a provider and back, in a browser."""

from typing import Final

import msgspec
from tornado.web import HTTPError

from handlers.account.operations.accounts import asked_or_admitted
from handlers.account.pages.challenge import go_on
from handlers.account.pages.login_continuation import (
    ACCOUNT,
    LoginContinuation,
    continuation_of,
    this_browser,
)
from handlers.http.forms.parameters import form_parameters, query_parameters
from handlers.http.manifest import HandlerRoute
from handlers.http.operations import Call, Operation, Reply
from handlers.pages.base import PageHandler
from models.access.scope import Scope
from models.account.session import SessionTerms
from models.base.validation import checked
from upcoach.services.account import AccountServices
from upcoach.services.account.federation.authorization_flow import (
    ANSWER,
    PATIENCE,
    ProviderRedirect,
    visit_over,
)
from upcoach.services.account.federation.federation import shown_by
from upcoach.services.base.request_parameters import Parameters

HELD: Final = "held"
START: Final = "/v1/auth/{provider}/start"
CALLBACK: Final = "/v1/auth/{provider}/callback"


class ProviderAnswer(msgspec.Struct, frozen=True):
    """What a browser brings back from a provider, with the *secret* that it was sent away with.

    Attributes
    ----------
    browser
        How its session is listed, see `this_browser`.

    """

    form: Parameters
    secret: str
    browser: dict[str, str]


async def come_back(services: AccountServices, call: Call) -> Reply:
    """Let in who comes back from a provider; whoever has linked it by that, is in already."""
    given: ProviderAnswer = call.body
    if not given.secret:
        raise visit_over()
    arrival = await services.federation.take_back(call.names["provider"], given.form, given.secret)
    who = Scope(user=arrival.user.id)
    if arrival.linked is not None:
        return Reply(acted_as=who)
    terms = checked(given.browser | {"app": "web"}, SessionTerms)
    shown = shown_by(terms, strong=arrival.strong)
    found = await services.logins.finish(arrival.user, shown, trusted=call.trusted)
    reply = asked_or_admitted(found)
    body = reply.body | {"continuation": arrival.visit.errand}
    return msgspec.structs.replace(reply, body=body, acted_as=reply.acted_as or who)


COME_BACK = Operation(
    method="GET", path=CALLBACK, run=come_back, public=True, audit="session.started"
)


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
        given = ProviderAnswer(form, self._taken_secret(), this_browser(self))
        reply = await self.submit(COME_BACK, given, names={"provider": provider})
        if reply.body is None:
            self.go(ACCOUNT)
        else:
            await go_on(self, reply, LoginContinuation(**reply.body["continuation"]))

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

    def _taken_secret(self) -> str:
        """What the browser was sent away with, which it shows once; empty if it shows nothing."""
        name = _cookie(self)
        secret = self.get_cookie(name) or ""
        if secret:
            self.clear_cookie(name, path="/", secure=_is_secure(self))
        return secret


def depart(page: PageHandler, sent: ProviderRedirect) -> None:
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


ROUTES: Final = tuple(
    HandlerRoute(path, handler, pattern=path.replace("{provider}", "([a-z0-9-]+)"))
    for path, handler in ((START, AuthorizationStart), (CALLBACK, AuthorizationCallback))
)
