"""`/oauth/device`: devices ask here for codes, and people type them in."""

from typing import Any, Final

from handlers.oauth import pages
from handlers.oauth.authorize import Page, granted_in
from handlers.oauth.base import Endpoint, asked, posted
from handlers.oauth.browser import browser_secret, browser_session, require_same_site
from models.errors import Unauthenticated
from upcoach.services.oauth.errors import OAuthError
from upcoach.services.oauth.parameters import Parameters

CODE: Final = "/oauth/device/code"
_WRONG: Final = "There is no device that shows this code now."


class Device(Page):
    """`GET /oauth/device` for people, `POST` for devices."""

    async def get(self) -> None:
        """Show where to type the code in."""
        code = asked(self)["user_code"][:16]
        self.show(pages.user_code(CODE, await _hidden(self), code))

    async def post(self) -> None:
        """Give a device its codes."""
        self.answer(await self.oauth.ask_device(self.ask()))

    def write_error(self, status_code: int, **kwargs: Any) -> None:
        """Answer a device in OAuth's words, and a person with a page."""
        answer = Endpoint if self.request.method == "POST" else Page
        answer.write_error(self, status_code, **kwargs)


class DeviceCode(Page):
    """`POST /oauth/device/code`: the forms of the device page."""

    async def post(self) -> None:
        """Log in if need be, show what the device asks for, and take the answer."""
        require_same_site(self)
        form = posted(self)
        await _require_form(self, form)
        session = await browser_session(self)
        ask = await self.oauth.devices.look(form["user_code"])
        if ask is None:
            self.show(pages.user_code(CODE, await _hidden(self), words=_WRONG), 400)
        elif session is None:
            await self._log_in(form, ask.client.name)
        elif "answer" not in form:
            hidden = await _hidden(self) | {"user_code": form["user_code"]}
            note = f"Only go on if your device shows {form['user_code']} now."
            self.show(pages.consent(CODE, hidden, ask.client, ask.permissions, note))
        else:
            granted = granted_in(form)
            is_there = await self.oauth.devices.answer(form["user_code"], session, granted)
            words = "Look at your device." if is_there else _WRONG
            self.show(pages.message("Done" if is_there else "This did not work", words))

    async def _log_in(self, form: Parameters, who: str) -> None:
        hidden = await _hidden(self) | {"user_code": form["user_code"]}
        if "password" not in form:
            self.show(pages.login(CODE, hidden, who))
            return
        try:
            await self.log_in(form)
        except Unauthenticated as refusal:
            self.show(pages.login(CODE, hidden, who, form["email"][:254], refusal.detail), 401)
            return
        self.go(f"/oauth/device?user_code={form['user_code'][:16]}")


async def _hidden(page: Page) -> dict[str, str]:
    """What shows that a form is of a page that this browser was shown."""
    return {"form": page.oauth.form_token(browser_secret(page))}


async def _require_form(page: Page, form: Parameters) -> None:
    if form["form"] != page.oauth.form_token(browser_secret(page)):
        raise OAuthError("invalid_request", "This page is too old. Load it again.", status=403)
