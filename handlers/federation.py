"""Logging in through a provider: in apps, in browsers, and which of them an account knows."""

from typing import Any, Final

import msgspec
from tornado.routing import URLSpec
from tornado.web import HTTPError

from handlers.accounts import LoggedIn, logged_in
from handlers.oauth.base import asked, posted
from handlers.operations import Call, Items, Operation, PageQuery, Reply, listed, written
from handlers.pages.base import Page
from handlers.pages.challenge import ask_or_let_in
from handlers.pages.errands import ACCOUNT, Errand, errand_of, this_browser
from handlers.rest import Edge, Handler
from models.documents import Identity
from models.documents.linked import IdentityProof, NewIdentity
from models.documents.session import Terms
from models.validation import checked
from upcoach.services import Services
from upcoach.services.federation.providers import Provider
from upcoach.services.federation.service import Arrival, Nonce, shown_by
from upcoach.services.federation.visits import PATIENCE, Sent

IDENTITIES: Final = "/v1/auth/identities"
START, CALLBACK = "/v1/auth/{provider}/start", "/v1/auth/{provider}/callback"
BROWSER: Final = "browser"  # the part of an errand that says which browser is on it


async def make_nonce(services: Services, _call: Call) -> Reply:
    """Get what a provider has to put into an ID token, once, within five minutes."""
    return Reply(status=201, body=msgspec.to_builtins(await services.federation.nonce()))


async def log_in(services: Services, call: Call) -> Reply:
    """Get a token for this device by the ID token of a provider."""
    proof = call.read(IdentityProof)
    found = await services.federation.log_in(call.names["provider"], proof)
    return await logged_in(services, found)


async def identities(services: Services, call: Call) -> Reply:
    """The providers through which the caller can log in, and as whom."""
    page = call.asked(PageQuery)
    found = await services.federation.identities(call.scope, after=page.after, limit=page.limit + 1)
    return listed(IDENTITIES, found, page.limit)


async def link(services: Services, call: Call) -> Reply:
    """Log in through a provider, too, from now on.

    Either with what the refusal `sign_in_first` gave, or with an ID token for our nonce.
    """
    return written(await services.federation.link(call.scope, call.read(NewIdentity)))


async def unlink(services: Services, call: Call) -> Reply:
    """Log in through a provider no more; the last way in stays."""
    return written(await services.federation.unlink(call.scope, call.names["id"]))


class Start(Page):
    """`GET /v1/auth/{provider}/start`: to the provider, on an errand that goes on afterwards."""

    async def get(self, provider: str) -> None:
        """Send the browser away."""
        errand = errand_of(asked(self))
        kept = errand.fields | ({BROWSER: self.browser.secret} if errand.request else {})
        federation = self.edge.services.federation
        sent = await federation.send(provider, kept)
        depart(self, federation.get(provider), sent)


class Callback(Page):
    """`/v1/auth/{provider}/callback`: back from the provider."""

    async def get(self, provider: str) -> None:
        """Let whoever comes back in."""
        found = self._provider(provider, "query")
        await self._arrive(found, asked(self))

    async def post(self, provider: str) -> None:
        """The same from a form, which the page of another site has sent: the state vouches."""
        found = self._provider(provider, "form_post")
        await self._arrive(found, posted(self))

    def _provider(self, name: str, mode: str) -> Provider:
        found = self.edge.services.federation.get(name)
        if found.response_mode != mode:
            raise HTTPError(405)
        return found

    async def _arrive(self, provider: Provider, form: Any) -> None:
        name, _ = _cookie(self, provider)
        secret = self.get_cookie(name) or ""
        self.clear_cookie(name)
        arrival = await self.edge.services.federation.take_back(provider.name, form, secret)
        if arrival.linked is not None:
            self.go(ACCOUNT)
            return
        await _let_in(self, arrival)


def depart(page: Page, provider: Provider, sent: Sent) -> None:
    """Send a browser to *provider*, with what it has to come back with."""
    name, attributes = _cookie(page, provider)
    page.set_cookie(name, sent.secret, **attributes)
    page.go(sent.url)


async def _let_in(page: Page, arrival: Arrival) -> None:
    """Log the browser in, and go on with what it came for."""
    services, kept = page.edge.services, dict(arrival.visit.errand)
    before = kept.pop(BROWSER, "")
    errand = Errand(**kept)
    if errand.request:  # a form that was posted across sites came without the browser's cookie
        await services.oauth.authorization.move(errand.request, before, page.browser.secret)
    terms = checked(this_browser(page) | {"app": "web"}, Terms)
    shown = shown_by(terms, strong=arrival.strong)
    found = await services.logins.finish(arrival.user, shown, trusted=page.browser.trusted)
    await ask_or_let_in(page, found, errand)


def _cookie(handler: Handler, provider: Provider) -> tuple[str, dict[str, Any]]:
    """The cookie of a visit: its name, and how it is sent.

    A form that a provider's page posts here comes with no cookie but one that says so (Apple).
    """
    is_secure = handler.edge.services.oauth.issuer.startswith("https://")
    across = provider.response_mode == "form_post" and is_secure
    return "__Host-visit" if is_secure else "visit", {
        "path": "/",
        "max_age": int(PATIENCE.total_seconds()),
        "secure": is_secure,
        "httponly": True,
        "samesite": "None" if across else "Lax",
    }


def specs(edge: Edge) -> list[URLSpec]:
    """The routes for browsers."""
    return [
        URLSpec(f"{path.replace('{provider}', '([^/]+)')}$", handler, {"edge": edge, "path": path})
        for path, handler in ((START, Start), (CALLBACK, Callback))
    ]


OPERATIONS = (
    Operation(
        method="POST",
        path="/v1/auth/nonce",
        run=make_nonce,
        gives=Nonce,
        public=True,
    ),
    Operation(
        method="POST",
        path="/v1/auth/{provider}/token",
        run=log_in,
        body="json",
        takes=IdentityProof,
        gives=LoggedIn,
        public=True,
        refusals=(401, 403, 404, 409),
    ),
    Operation(
        method="GET",
        path=IDENTITIES,
        run=identities,
        needs="account:read",
        gives=Items[Identity],
        query=PageQuery,
    ),
    Operation(
        method="POST",
        path=IDENTITIES,
        run=link,
        needs="account:write",
        body="json",
        takes=NewIdentity,
        gives=Identity,
        statuses=(200, 201),
        refusals=(404, 409),
        stepped_up=True,
    ),
    Operation(
        method="DELETE",
        path=f"{IDENTITIES}/{{id}}",
        run=unlink,
        needs="account:write",
        refusals=(409,),
        stepped_up=True,
    ),
)
