"""`/oauth/device`: devices ask here for codes, and people type them in."""

from typing import Any, Final

from handlers.account import LoginContinuation, address_of_user, device_of, show_login
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
from handlers.pages import forms, next_steps, views
from handlers.pages.base import PageHandler
from handlers.pages.forms import LoginGoal, PageLink
from upcoach.services.oauth.grant_types.device_code import PATH as DEVICE
from upcoach.services.oauth.grant_types.device_code import as_shown

_WRONG: Final = "No device is showing this code right now. Check it, or get a new one there."


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

    next_steps = (PageLink(DEVICE, "Enter another code"),)

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
            prompt = views.ConsentPrompt(
                client=ask.client,
                permissions=ask.permissions,
                user=await address_of_user(self),
                switch=LoginContinuation(user_code=code).switch,
                code=as_shown(code),
            )
            self.show(views.consent(DEVICE_CODE, self.hidden(user_code=code), prompt))
        elif await self._answer(Consent(code, session, granted_in(form)), ask.client.id):
            links = (next_steps.TO_ACCOUNT,)
            self.show(forms.message("Done", "Continue on your device.", links=links))
        else:
            self.show(forms.failure(_WRONG, links=self.next_steps))

    async def _answer(self, given: Consent, client: str) -> bool:
        operation = ALLOW_DEVICE if given.granted else DENY_DEVICE
        reply = await self.submit(operation, given, session=given.session, names={"client": client})
        return bool(reply.body)
