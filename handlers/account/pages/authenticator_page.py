"""The page on which somebody sets an authenticator app up."""

from typing import Final

from handlers.account.operations import factors
from handlers.account.pages.account import LoggedInPage
from handlers.pages import settings_views
from models.base.errors import Forbidden, Invalid
from upcoach.services.base.request_parameters import Parameters

AUTHENTICATOR: Final = "/account/authenticator"
_NO_CODE: Final = "Enter the six digits that the app shows."


class AuthenticatorPage(LoggedInPage):
    """`/account/authenticator`."""

    def get(self) -> None:
        """Say what it is, and offer to begin."""
        self.show(settings_views.authenticator_begin(AUTHENTICATOR, self.hidden()))

    async def post(self) -> None:
        """Show the secret, or confirm the app by its first code."""
        form = self.submitted_form()
        if form["enrolment"]:
            await self._confirm(form)
            return
        reply = await self.submit_stepped_up(factors.ENROL_TOTP)
        if reply is not None:
            offered = reply.body
            self._show(offered.enrolment, offered.secret, offered.uri)

    async def _confirm(self, form: Parameters) -> None:
        body = {"enrolment": form["enrolment"], "code": form["code"].replace(" ", "")}
        try:
            reply = await self.submit_stepped_up(factors.CONFIRM_TOTP, body)
        except Invalid:
            problem = _NO_CODE
        except Forbidden as refusal:
            problem = refusal.detail
        else:
            if reply is not None:
                self.show(
                    settings_views.recovery_codes("Your app is set up", reply.body.recovery_codes)
                )
            return
        self._show(form["enrolment"], form["secret"], form["uri"], problem)

    def _show(self, enrolment: str, secret: str, uri: str, problem: str = "") -> None:
        hidden = self.hidden(enrolment=enrolment, secret=secret, uri=uri)
        view = settings_views.authenticator(AUTHENTICATOR, hidden, secret, uri, problem)
        self.show(view, 400 if problem else 200)
