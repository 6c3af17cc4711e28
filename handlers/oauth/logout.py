"""`/oauth/logout`: logout at the request of a client (OpenID Connect RP-Initiated Logout)."""

from handlers.http.forms.parameters import form_parameters, query_parameters
from handlers.oauth.browser_operations import LOG_OUT, LOGOUT, ClientLogout
from handlers.pages import forms, next_steps, views
from handlers.pages.base import PageHandler
from upcoach.services.base.request_parameters import Parameters

_KEPT = ("post_logout_redirect_uri", "client_id", "state")


class LogoutPage(PageHandler):
    """`GET` and `POST /oauth/logout`."""

    async def get(self) -> None:
        """Log out, or ask whether to."""
        await self._log_out(query_parameters(self))

    async def post(self) -> None:
        """The same, as a form; with our own page's answer it is certain."""
        await self._log_out(form_parameters(self))

    async def _log_out(self, form: Parameters) -> None:
        session = await self.session()
        request = await self.oauth.logout.read(form, session)
        is_sure = self.was_shown(form)
        if is_sure:
            self.browser.require_our_page()
        if session is not None and not (request.is_certain or is_sure):
            kept = {name: form[name] for name in _KEPT if name in form}
            self.show(views.logout(LOGOUT, self.hidden(**kept), request.to))
            return
        if session is not None:
            await self.submit(LOG_OUT, ClientLogout(request, session), session=session)
        else:
            await self.browser.end_session()
        if request.to:
            self.see_other(request.to)
        else:
            self.show(
                forms.message("Logged out", "You are logged out.", links=(next_steps.TO_LOGIN,))
            )
