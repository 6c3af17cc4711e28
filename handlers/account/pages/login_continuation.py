"""What a login goes on to: an app's request, a device that waits, or the account page."""

import re
import secrets
from typing import Final
from urllib.parse import urlencode

import msgspec

from handlers.http.operations import Call, FailureLimit, Operation, Reply
from handlers.pages import forms, views
from handlers.pages.base import PageHandler
from handlers.pages.forms import LoginGoal, PageLink
from handlers.pages.next_steps import ACCOUNT, LOGIN
from handlers.pages.user_agents import name_of
from models.access.scope import Scope
from models.account import Session
from models.base.errors import NotFound
from upcoach.services.base.mail.mail_links import FORGOT
from upcoach.services.base.request_parameters import Parameters
from upcoach.services.oauth import OAuth
from upcoach.services.oauth.authorization import Redirect, ShownError
from upcoach.services.oauth.grant_types.device_code import PATH as DEVICE
from upcoach.services.oauth.grant_types.device_code import DevicePrompt

CONSENT: Final = "/oauth/consent"
REGISTER: Final = "/account/register"
FACTOR: Final = "/account/factor"
PASSKEY: Final = "/account/passkey"
SWITCH: Final = "switch"  # says of the login page that who is logged in wants to be another
UNKNOWN: Final = "user_code_unknown"
_PAGE: Final = re.compile(r"/account/[a-z-]{1,40}")


class LoginContinuation(msgspec.Struct, frozen=True, omit_defaults=True):
    """What a login goes on to: a *request* that waits, the device of a code, or a *page*."""

    request: str = ""
    user_code: str = ""
    page: str = ""

    @property
    def fields(self) -> dict[str, str]:
        """The hidden fields of a form that goes on with it."""
        fields: dict[str, str] = msgspec.to_builtins(self)
        return fields

    @property
    def then(self) -> str:
        """Where the browser goes when its user has logged in."""
        if self.request:
            return self.link(CONSENT)
        return self.link(DEVICE) if self.user_code else self.page or ACCOUNT

    @property
    def login(self) -> str:
        """Where its user logs in."""
        return self.then if self.request else self.link(LOGIN)

    @property
    def switch(self) -> str:
        """Where somebody else than who is logged in logs in."""
        return self.link(LOGIN, **{SWITCH: "1"})

    def link(self, path: str, **more: str) -> str:
        """*path*, from which it goes on."""
        query = self.fields | more
        return f"{path}?{urlencode(query)}" if query else path


def continuation_of(form: Parameters) -> LoginContinuation:
    """The continuation that *form* goes on with."""
    page = form["page"] if _PAGE.fullmatch(form["page"]) else ""  # of ours, and no other
    return LoginContinuation(form.short("request"), form["user_code"][: views.USER_CODE], page)


async def show_login(
    page: PageHandler,
    continuation: LoginContinuation,
    goal: LoginGoal,
    *,
    hint: str = "",
    problem: str = "",
) -> None:
    """Show the login page for *continuation*; *problem* says why the last try failed."""
    links = (
        PageLink(FORGOT, "Forgot your password?"),
        PageLink(continuation.link(REGISTER), "New here? Create an account"),
    )
    hidden = page.hidden(**continuation.fields)
    services = page.runner.services
    ways = tuple(
        PageLink(continuation.link(f"/v1/auth/{offer.name}/start"), f"Continue with {offer.title}")
        for offer in services.account.federation.offers
    )
    options = await services.account.factors.passkeys.ask_anybody()
    passkey = forms.PasskeyPrompt(PASSKEY, "Log in with a passkey", options)
    more = {"hint": hint, "problem": problem}
    view = views.login(LOGIN, hidden, goal, passkey, ways=ways, links=links, **more)
    page.show(view, 401 if problem else 200)


def show_end(page: PageHandler, end: Redirect | ShownError) -> None:
    """Answer with the end of an app's request: a redirect to it, or an error page."""
    if isinstance(end, Redirect):
        page.see_other(end.url)
    else:
        page.show(forms.failure(end.description, links=page.next_steps), 400)


async def look_device_up(oauth: OAuth, call: Call) -> Reply:
    """Look up the device that shows a code; guesses are counted (RFC 8628, 5.1)."""
    prompt = await oauth.devices.look(call.body)
    if prompt is None:
        raise NotFound(UNKNOWN, "No device is showing this code right now.")
    return Reply(body=prompt)


LOOK_DEVICE_UP = Operation(
    method="POST",
    path=DEVICE,
    run=look_device_up,
    service=lambda runner: runner.services.oauth,
    public=True,
    failures=FailureLimit("user_code", UNKNOWN),
)


async def device_of(page: PageHandler, code: str, session: Session | None) -> DevicePrompt | None:
    """What the device that shows *code* asks for."""
    try:
        prompt: DevicePrompt = (await page.submit(LOOK_DEVICE_UP, code, session=session)).body
    except NotFound:
        return None
    return prompt


async def address_of_user(page: PageHandler) -> str:
    """The address of whoever is logged in with this browser; empty without anybody."""
    session = await page.session()
    if session is None:
        return ""
    scope = Scope(user=session.owner, session=session.id, device=session.device)
    user = await page.runner.services.account.accounts.me(scope)
    return str(user["email"])


def this_browser(page: PageHandler) -> dict[str, str]:
    """The device and its name under which the sessions of this browser are listed."""
    agent = page.request.headers.get("User-Agent", "")
    return {"device": f"browser:{secrets.token_hex(8)}", "device_name": name_of(agent)}
