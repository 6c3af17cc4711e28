"""Login through a provider in a browser (OpenID Connect): the redirect, and the callback."""

from typing import Final

import msgspec
from tornado.web import HTTPError

from handlers.account.operations.accounts import login_reply
from handlers.account.pages.challenge import continue_login
from handlers.account.pages.login_continuation import (
    LoginContinuation,
    continuation_of,
    this_browser,
)
from handlers.http.cookies import cookie_of
from handlers.http.forms.parameters import form_parameters, query_parameters
from handlers.http.manifest import HandlerRoute
from handlers.http.operations import Call, Operation, Reply
from handlers.pages import next_steps
from handlers.pages.base import PageHandler
from handlers.pages.next_steps import ACCOUNT
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


async def finish_authorization(services: AccountServices, call: Call) -> Reply:
    """Finish an authorization at a provider: log its user in, or link the identity."""
    answer: ProviderAnswer = call.body
    if not answer.secret:
        raise visit_over()
    arrival = await services.federation.take_back(
        call.names["provider"], answer.form, answer.secret
    )
    scope = Scope(user=arrival.user.id)
    if arrival.linked is not None:
        return Reply(acted_as=scope)
    terms = checked(answer.browser | {"app": "web"}, SessionTerms)
    shown = shown_by(terms, strong=arrival.strong)
    login = await services.logins.finish(arrival.user, shown, trusted=call.trusted)
    reply = login_reply(login)
    body = reply.body | {"continuation": arrival.visit.errand}
    return msgspec.structs.replace(reply, body=body, acted_as=reply.acted_as or scope)


FINISH_AUTHORIZATION = Operation(
    method="GET", path=CALLBACK, run=finish_authorization, public=True, audit="session.started"
)


class AuthorizationStart(PageHandler):
    """`GET /v1/auth/{provider}/start`: redirects to the provider."""

    next_steps = (next_steps.BACK_TO_LOGIN,)

    async def get(self, provider: str) -> None:
        """Redirect the browser to the provider."""
        continuation = continuation_of(query_parameters(self)).fields
        continuation.pop("page", None)  # of which the callback of an older node knows nothing
        start_authorization(
            self, await self.runner.services.account.federation.send(provider, continuation)
        )


class AuthorizationCallback(PageHandler):
    """`/v1/auth/{provider}/callback`: back from the provider."""

    next_steps = (next_steps.BACK_TO_LOGIN,)

    async def get(self, provider: str) -> None:
        """Log in the user who comes back, and go on."""
        federation, form = self.runner.services.account.federation, query_parameters(self)
        if federation.get(provider).response_mode != "query":
            form = Parameters(await federation.held(form[HELD]))
        answer = ProviderAnswer(form, self._taken_secret(), this_browser(self))
        reply = await self.submit(FINISH_AUTHORIZATION, answer, names={"provider": provider})
        if reply.body is None:
            self.see_other(ACCOUNT)
        else:
            continuation = msgspec.convert(reply.body["continuation"], LoginContinuation)
            await continue_login(self, reply, continuation)

    async def post(self, provider: str) -> None:
        """Hold a form that the provider's page posts (Apple), and redirect to where it is taken.

        A browser shows no cookie of ours with such a form, and shows them with what follows.
        """
        federation = self.runner.services.account.federation
        if federation.get(provider).response_mode != "form_post":
            raise HTTPError(405)
        form = form_parameters(self)
        name = await federation.hold({name: form.short(name) for name in ANSWER if name in form})
        self.see_other(f"{self.request.path}?{HELD}={name}")

    def _taken_secret(self) -> str:
        """The secret in the browser's cookie, which is cleared; empty without one."""
        name = _cookie(self)
        secret = cookie_of(self.request, name)
        if secret:
            self.clear_cookie(name, path="/", secure=_is_secure(self))
        return secret


def start_authorization(page: PageHandler, sent: ProviderRedirect) -> None:
    """Redirect a browser to a provider, with the secret that it has to come back with."""
    page.set_cookie(
        _cookie(page),
        sent.secret,
        path="/",
        max_age=int(PATIENCE.total_seconds()),
        secure=_is_secure(page),
        httponly=True,
        samesite="Lax",
    )
    page.see_other(sent.url)


def _cookie(page: PageHandler) -> str:
    return "__Host-visit" if _is_secure(page) else "visit"


def _is_secure(page: PageHandler) -> bool:
    return page.oauth.issuer.startswith("https://")


ROUTES: Final = tuple(
    HandlerRoute(path, handler, pattern=path.replace("{provider}", "([a-z0-9-]+)"))
    for path, handler in ((START, AuthorizationStart), (CALLBACK, AuthorizationCallback))
)
