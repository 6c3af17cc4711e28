"""The login page, and the registration page."""

from typing import Final

from handlers.account.operations import accounts
from handlers.account.pages.challenge import continue_login
from handlers.account.pages.login_continuation import (
    REGISTER,
    SWITCH,
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

_VALID_FORM: Final = {"name": "x", "email": "x@example.org", "password": "x" * 8, "tz": "UTC"}
_PROBLEM_WORDS: Final = {
    "name": "Enter your name, in 1 to 100 characters.",
    "email": "Enter a valid email address, such as ada@example.org.",
    "password": f"Use {forms.SHORTEST} to {forms.LONGEST} characters.",
    "tz": "This time zone does not exist. Try Europe/Berlin or UTC, for example.",
}


class LoginPage(PageHandler):
    """`/account/login`."""

    async def get(self) -> None:
        """Show the form, unless somebody has logged in."""
        query = query_parameters(self)
        continuation = continuation_of(query)
        if SWITCH not in query and await self.session() is not None:
            self.see_other(continuation.then)
            return
        goal = await _goal_of(self, continuation)
        if goal is not None:
            await show_login(self, continuation, goal)

    async def post(self) -> None:
        """Log in, and go on."""
        form = self.submitted_form()
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
        await continue_login(self, reply, continuation)

    def _credentials(self, form: Parameters) -> Json:
        typed = {"email": form["email"], "password": form["password"]}
        given = typed | {"app": "remembered" if "remember" in form else "web"} | this_browser(self)
        try:
            checked(given, Credentials)
        except Invalid:
            raise _wrong_credentials() from None
        return given


class RegistrationPage(PageHandler):
    """`/account/register`."""

    def get(self) -> None:
        """Show the form."""
        self._show(continuation_of(query_parameters(self)), {}, {})

    async def post(self) -> None:
        """Register the account, and show where its user logs in."""
        form = self.submitted_form()
        continuation = continuation_of(form)
        typed = {name: form[name] for name in _VALID_FORM}
        problems = _form_problems(typed)
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
        links = (PageLink(continuation.login, "Already have an account? Log in"),)
        hidden = self.hidden(**continuation.fields)
        self.show(views.register(REGISTER, hidden, typed, problems, links), status)


async def _goal_of(page: PageHandler, continuation: LoginContinuation) -> LoginGoal | None:
    """What *continuation* leads to; None when it is over, and *page* has answered so."""
    if continuation.request:
        authorization = page.oauth.authorization
        next_step = await authorization.resume(continuation.request, None, page.browser.secret)
        if isinstance(next_step, NeedsLogin):
            return LoginGoal(next_step.client.name, next_step.redirect)
        assert not isinstance(next_step, NeedsConsent)  # which takes somebody who has logged in
        show_end(page, next_step)
        return None
    code = continuation.user_code
    prompt = await device_of(page, code, await page.session()) if code else None
    return LoginGoal() if prompt is None else LoginGoal(prompt.client.name)


def _form_problems(typed: dict[str, str]) -> dict[str, str]:
    """What is wrong with a new account, by field, all of it at once."""
    problems: dict[str, str] = {}
    for name, text in typed.items():
        try:
            checked(_VALID_FORM | {name: text}, Registration)
        except Invalid as refusal:
            problems |= problems_of(refusal)
    try:
        if "password" not in problems:
            personal = [typed[name] for name in ("email", "name") if name not in problems]
            password_policy.check(typed["password"], *personal)
    except Invalid as refusal:
        problems |= problems_of(refusal)
    return problems


def problems_of(refusal: Invalid) -> dict[str, str]:
    """What is wrong with a form, by field."""
    problems = {}
    for flaw in refusal.flaws:
        name = flaw.pointer.strip("/")
        is_plain = flaw.code in ("field_invalid", "field_missing", "zone_unknown")
        problems[name] = _PROBLEM_WORDS.get(name, flaw.detail) if is_plain else flaw.detail
    return problems


def _wrong_credentials() -> Unauthenticated:
    return Unauthenticated("credentials_wrong", "Wrong email or password.")
