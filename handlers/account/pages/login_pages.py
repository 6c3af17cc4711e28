"""The pages on which somebody logs in, or makes an account."""

from typing import Final

from handlers.account.operations import accounts
from handlers.account.pages.challenge import go_on
from handlers.account.pages.login_continuation import (
    REGISTER,
    LoginContinuation,
    continuation_of,
    device_of,
    show_end,
    show_login,
    this_browser,
)
from handlers.http.forms.parameters import query_parameters
from handlers.pages import forms, views
from handlers.pages.base import PageHandler
from handlers.pages.forms import LoginGoal, PageLink
from models.account import password_policy
from models.account.session import Credentials
from models.account.user import Registration
from models.base.errors import Invalid, Unauthenticated
from models.base.merge_patch import Json
from models.base.validation import checked
from upcoach.services.base.request_parameters import Parameters
from upcoach.services.oauth.authorization import NeedsConsent, NeedsLogin

_RIGHT: Final = {"name": "x", "email": "x@example.org", "password": "x" * 8, "tz": "UTC"}
_WORDS: Final = {
    "name": "Say how you want to be called, in 1 to 100 characters.",
    "email": "This is no e-mail address.",
    "password": f"Take {forms.SHORTEST} to {forms.LONGEST} characters.",
    "tz": "There is no such time zone. Try one such as Europe/Berlin, or UTC.",
}


class LoginPage(PageHandler):
    """`/account/login`."""

    async def get(self) -> None:
        """Show the form, unless somebody has logged in."""
        continuation = continuation_of(query_parameters(self))
        if await self.session() is not None:
            self.go(continuation.then)
            return
        goal = await _goal_of(self, continuation)
        if goal is not None:
            await show_login(self, continuation, goal)

    async def post(self) -> None:
        """Log in, and go on."""
        form = self.sent()
        continuation = continuation_of(form)
        goal = await _goal_of(self, continuation)
        if goal is None:
            return
        try:
            reply = await self.submit(accounts.LOG_IN, self._credentials(form))
        except Unauthenticated as refusal:
            hint = form["email"][: forms.ADDRESS]
            await show_login(self, continuation, goal, hint=hint, problem=refusal.detail)
            return
        await go_on(self, reply, continuation)

    def _credentials(self, form: Parameters) -> Json:
        typed = {"email": form["email"], "password": form["password"]}
        given = typed | {"app": "remembered" if "remember" in form else "web"} | this_browser(self)
        try:
            checked(given, Credentials)
        except Invalid:
            raise _wrong() from None
        return given


class RegistrationPage(PageHandler):
    """`/account/register`."""

    def get(self) -> None:
        """Show the form."""
        self._show(continuation_of(query_parameters(self)), {}, {})

    async def post(self) -> None:
        """Make the account, and send its user to log in."""
        form = self.sent()
        continuation = continuation_of(form)
        typed = {name: form[name] for name in _RIGHT}
        problems = _wrong_fields(typed)
        if problems:
            self._show(continuation, typed, problems, 400)
            return
        await self.submit(accounts.REGISTER, typed)
        # The same for an address that has an account: what is different stands in the mail.
        self.show(views.registered(typed["email"], PageLink(continuation.login, "Log in")))

    def _show(
        self,
        continuation: LoginContinuation,
        typed: dict[str, str],
        problems: dict[str, str],
        status: int = 200,
    ) -> None:
        links = (PageLink(continuation.login, "You have an account? Log in"),)
        hidden = self.hidden(**continuation.fields)
        self.show(views.register(REGISTER, hidden, typed, problems, links), status)


async def _goal_of(page: PageHandler, continuation: LoginContinuation) -> LoginGoal | None:
    """What *continuation* leads to; None when it is over, and *page* has answered so."""
    if continuation.request:
        authorization = page.oauth.authorization
        waits = await authorization.resume(continuation.request, None, page.browser.secret)
        if isinstance(waits, NeedsLogin):
            return LoginGoal(waits.client.name, waits.redirect)
        assert not isinstance(waits, NeedsConsent)  # which takes somebody who has logged in
        show_end(page, waits)
        return None
    code = continuation.user_code
    ask = await device_of(page, code, await page.session()) if code else None
    return LoginGoal() if ask is None else LoginGoal(ask.client.name)


def _wrong_fields(typed: dict[str, str]) -> dict[str, str]:
    """What is wrong with a new account, by field, all of it at once."""
    problems: dict[str, str] = {}
    for name, text in typed.items():
        try:
            checked(_RIGHT | {name: text}, Registration)
        except Invalid as refusal:
            problems |= problems_of(refusal)
    try:
        if "password" not in problems:
            known = [typed[name] for name in ("email", "name") if name not in problems]
            password_policy.check(typed["password"], *known)
    except Invalid as refusal:
        problems |= problems_of(refusal)
    return problems


def problems_of(refusal: Invalid) -> dict[str, str]:
    """What is wrong with a form, by field."""
    problems = {}
    for flaw in refusal.flaws:
        name = flaw.pointer.strip("/")
        is_plain = flaw.code in ("field_invalid", "field_missing", "zone_unknown")
        problems[name] = _WORDS.get(name, flaw.detail) if is_plain else flaw.detail
    return problems


def _wrong() -> Unauthenticated:
    return Unauthenticated("credentials_wrong", "This address and password do not belong together.")
