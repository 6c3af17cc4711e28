"""`/oauth/authorize`, and the page on which its user agrees."""

from typing import Final

from tornado.web import HTTPError

from handlers.account import CONSENT, LoginContinuation, show_end, show_login
from handlers.http.forms.parameters import form_parameters, query_parameters
from handlers.pages import views
from handlers.pages.base import PageHandler
from handlers.pages.forms import LoginGoal
from models.audit import Act
from upcoach.services.base.request_parameters import Parameters
from upcoach.services.oauth.authorization import (
    NeedsConsent,
    NeedsLogin,
    Next,
)

_ALLOW: Final = "allow:"


class AuthorizationEndpoint(PageHandler):
    """`GET` and `POST /oauth/authorize`."""

    limit = "authorize"

    async def get(self) -> None:
        """Take a client's request in."""
        await self._take(query_parameters(self))

    async def post(self) -> None:
        """The same, as a form."""
        await self._take(form_parameters(self))

    async def _take(self, form: Parameters) -> None:
        session, secret = await self.session(), self.browser.secret
        await respond(self, await self.oauth.authorization.authorize(form, session, secret))


class ConsentPage(PageHandler):
    """`/oauth/consent`: the request that waits, and the form of the consent page."""

    limit = "authorize"

    async def get(self) -> None:
        """Go on with the request that waits."""
        request_id = query_parameters(self).required("request")
        session, secret = await self.session(), self.browser.secret
        await respond(self, await self.oauth.authorization.resume(request_id, session, secret))

    async def post(self) -> None:
        """Take the user's answer."""
        form = self.sent()
        session, secret = await self.session(), self.browser.secret
        if session is None:
            raise HTTPError(403)
        granted = granted_in(form)
        authorization = self.oauth.authorization
        request_id = form.required("request")
        waits = await authorization.resume(request_id, session, secret)
        act = Act(
            action="grant.given" if granted else "grant.denied",
            kind="user",
            user=session.owner,
            session=session.id,
            target=waits.client.id if isinstance(waits, NeedsConsent) else "",
        )
        answer = authorization.approve(request_id, session, secret, granted)
        await respond(self, await self.noted(act, answer))


def granted_in(form: Parameters) -> list[str]:
    """The permissions that are ticked, if the form says yes."""
    if form["answer"] != "yes":
        return []
    return [name.removeprefix(_ALLOW) for name in form.names() if name.startswith(_ALLOW)]


async def respond(page: PageHandler, what: Next) -> None:
    """Answer with what comes next."""
    match what:
        case NeedsLogin(request_id, client, redirect, hint):
            await show_login(
                page,
                LoginContinuation(request=request_id),
                LoginGoal(client.name, redirect),
                hint=hint,
            )
        case NeedsConsent(request_id, client, redirect, permissions):
            hidden = page.hidden(request=request_id)
            note = "You can take this back at any time."
            page.show(views.consent(CONSENT, hidden, client, permissions, note, redirect))
        case _:
            show_end(page, what)
