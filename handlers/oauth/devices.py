"""`/oauth/device`: devices ask here for codes, and people type them in."""

from typing import Any, Final

from handlers.account import LoginContinuation, device_of, show_login
from handlers.http.forms.parameters import query_parameters
from handlers.oauth.base.endpoint import OAuthEndpoint
from handlers.oauth.browser_operations import (
    ALLOW_DEVICE,
    DENY_DEVICE,
    DEVICE_CODE,
    Consent,
    granted_in,
)
from handlers.oauth.client_operations import GIVE_DEVICE_CODES
from handlers.pages import forms, views
from handlers.pages.base import PageHandler
from handlers.pages.forms import LoginGoal

_WRONG: Final = "There is no device that shows this code now."


class DevicePage(PageHandler, OAuthEndpoint):
    """`GET /oauth/device` for people, `POST` for devices."""

    limit = GIVE_DEVICE_CODES.limit

    async def get(self) -> None:
        """Show where to type the code in."""
        code = query_parameters(self)["user_code"][: views.USER_CODE]
        self.show(views.user_code(DEVICE_CODE, self.hidden(), code))

    async def post(self) -> None:
        """Issue the codes of a device."""
        reply = await self.run_for_client(GIVE_DEVICE_CODES, self.client_request())
        self.answer(reply.body)

    def write_error(self, status_code: int, **kwargs: Any) -> None:
        """Answer a device in OAuth's words, and a person with a page."""
        answerer = OAuthEndpoint if self.request.method == "POST" else PageHandler
        answerer.write_error(self, status_code, **kwargs)


class DeviceCodePage(PageHandler):
    """`POST /oauth/device/code`: the forms of the device page."""

    async def post(self) -> None:
        """Let somebody log in if need be, show what the device asks for, and take the answer."""
        form = self.submitted_form()
        code = form["user_code"]
        session = await self.session()
        ask = await device_of(self, code, session)
        if ask is None:
            shown = code[: views.USER_CODE]
            self.show(views.user_code(DEVICE_CODE, self.hidden(), shown, _WRONG), 400)
        elif session is None:
            await show_login(self, LoginContinuation(user_code=code), LoginGoal(ask.client.name))
        elif "answer" not in form:
            note = f"Only go on if your device shows {code} now."
            hidden = self.hidden(user_code=code)
            self.show(views.consent(DEVICE_CODE, hidden, ask.client, ask.permissions, note))
        elif await self._answer(Consent(code, session, granted_in(form)), ask.client.id):
            self.show(forms.message("Done", "Look at your device."))
        else:
            self.show(forms.failure(_WRONG))

    async def _answer(self, given: Consent, client: str) -> bool:
        operation = ALLOW_DEVICE if given.granted else DENY_DEVICE
        reply = await self.submit(operation, given, session=given.session, names={"client": client})
        return bool(reply.body)
