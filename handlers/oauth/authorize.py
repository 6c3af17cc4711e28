"""`/oauth/authorize`, and the page on which its user agrees."""

from handlers.account import CONSENT, LoginContinuation, address_of_user, show_end, show_login
from handlers.http.forms.parameters import form_parameters, query_parameters
from handlers.oauth.browser_operations import (
    DENY_CONSENT,
    GIVE_CONSENT,
    RESUME_REQUEST,
    TAKE_REQUEST,
    BrowserRequest,
    Consent,
    granted_in,
)
from handlers.pages import views
from handlers.pages.base import PageHandler
from handlers.pages.forms import LoginGoal
from upcoach.services.base.request_parameters import Parameters
from upcoach.services.oauth.authorization import NeedsConsent, NeedsLogin, Next


class AuthorizationEndpoint(PageHandler):
    """`GET` and `POST /oauth/authorize`."""

    limit = TAKE_REQUEST.limit

    async def get(self) -> None:
        """Begin a client's authorization request."""
        await self._take(query_parameters(self))

    async def post(self) -> None:
        """The same, as a form."""
        await self._take(form_parameters(self))

    async def _take(self, form: Parameters) -> None:
        request = BrowserRequest(form, await self.session())
        await respond(self, (await self.submit(TAKE_REQUEST, request)).body)


class ConsentPage(PageHandler):
    """`/oauth/consent`: the request that waits, and the form of the consent page."""

    limit = GIVE_CONSENT.limit

    async def get(self) -> None:
        """Go on with the request that waits."""
        request = BrowserRequest(query_parameters(self), await self.session())
        await respond(self, (await self.submit(RESUME_REQUEST, request)).body)

    async def post(self) -> None:
        """Give or deny consent, as the user's form says."""
        form = self.submitted_form()
        session = await self.session()
        if session is None:  # it has ended meanwhile: its user logs in, and is asked again
            self.see_other(LoginContinuation(request=form.required("request")).then)
            return
        waiting_request = (await self.submit(RESUME_REQUEST, BrowserRequest(form, session))).body
        client = waiting_request.client.id if isinstance(waiting_request, NeedsConsent) else ""
        consent = Consent(form.required("request"), session, granted_in(form))
        operation = GIVE_CONSENT if consent.granted else DENY_CONSENT
        reply = await self.submit(operation, consent, session=session, names={"client": client})
        await respond(self, reply.body)


async def respond(page: PageHandler, next_step: Next) -> None:
    """Answer with the next step of a request: login, consent, or its end."""
    match next_step:
        case NeedsLogin(request_id, client, redirect, hint):
            await show_login(
                page,
                LoginContinuation(request=request_id),
                LoginGoal(client.name, redirect),
                hint=hint,
            )
        case NeedsConsent(request_id, client, redirect, permissions):
            prompt = views.ConsentPrompt(
                client=client,
                permissions=permissions,
                user=await address_of_user(page),
                switch=LoginContinuation(request=request_id).switch,
                redirect=redirect,
            )
            page.show(views.consent(CONSENT, page.hidden(request=request_id), prompt))
        case _:
            show_end(page, next_step)
