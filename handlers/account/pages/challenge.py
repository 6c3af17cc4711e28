"""The page that asks for a second factor, and the login with a passkey alone."""

import re
from collections.abc import Sequence
from typing import Final, get_args

import msgspec

from handlers.account.pages.login_continuation import (
    FACTOR,
    LoginContinuation,
    continuation_of,
    let_in,
    this_browser,
)
from handlers.pages import views
from handlers.pages.base import PageHandler
from models.access.scope import Scope
from models.account.factors import Answer, Method, PasskeyAnswer
from models.account.session import Terms
from models.audit import Act
from models.base.errors import Forbidden, Invalid
from models.base.merge_patch import Json
from models.base.validation import checked
from upcoach.services.account.factors.refusals import factor_wrong
from upcoach.services.account.logins import Answered, Challenge, LoggedIn
from upcoach.services.base.request_parameters import Parameters

_METHODS: Final[tuple[Method, ...]] = get_args(Method)
_OF_AN_APP: Final = re.compile(r"[0-9]{3}[ -]?[0-9]{3}")


class SecondFactorPage(PageHandler):
    """`/account/factor`."""

    limit = "factor"

    async def post(self) -> None:
        """Take a second factor, and go on."""
        form = self.sent()
        continuation = continuation_of(form)
        challenge = form.required("challenge")
        methods = tuple(one for one in _METHODS if one in form.words("methods"))
        act = Act(action="session.started", kind="anonymous", target="second factor")
        try:
            work = self.edge.services.account.logins.answer(_answer(form, challenge))
            given = await self.noted(act, work, _who)
        except Forbidden as refusal:
            if refusal.code == "challenge_over":
                raise
            await show_challenge(self, continuation, challenge, methods, refusal)
            return
        if given.trusted:
            self.browser.trust(given.trusted)
        await let_in(self, given.outcome, continuation)


class PasskeyLoginPage(PageHandler):
    """`/account/passkey`."""

    limit = "factor"

    async def post(self) -> None:
        """Log in with a passkey and nothing else."""
        form = self.sent()
        continuation = continuation_of(form)
        terms = checked(this_browser(self) | {"app": "web"}, Terms)
        shown = _passkey(form["passkey"])
        act = Act(action="session.started", kind="anonymous", target="passkey")
        work = self.edge.services.account.logins.log_in_with_passkey(shown, terms)
        _, outcome = await self.noted(act, work, _whose)
        await let_in(self, outcome, continuation)


async def show_challenge(
    page: PageHandler,
    continuation: LoginContinuation,
    challenge: str,
    methods: Sequence[str],
    refusal: Forbidden | None = None,
) -> None:
    """Ask for one of *methods*; *refusal* is what came of the last try."""
    options: Json = {}
    if "passkey" in methods:
        options = await page.edge.services.account.logins.ask_passkey(challenge)
    hidden = page.hidden(**continuation.fields, challenge=challenge, methods=" ".join(methods))
    problem = "" if refusal is None else refusal.detail
    view = views.challenge(FACTOR, hidden, methods, options, problem)
    page.show(view, 200 if refusal is None else 401)


async def ask_or_let_in(
    page: PageHandler, found: LoggedIn | Challenge, continuation: LoginContinuation
) -> None:
    """Go on with what came of a first factor."""
    if isinstance(found, Challenge):
        await show_challenge(page, continuation, found.challenge, found.methods)
    else:
        await let_in(page, found[1], continuation)


def _answer(form: Parameters, challenge: str) -> Answer:
    code = form["code"].strip()
    shown: Json = {"recovery_code": code}
    if "passkey" in form:
        shown = {"passkey": _passkey(form["passkey"])}
    elif _OF_AN_APP.fullmatch(code):
        shown = {"totp": code.replace(" ", "").replace("-", "")}
    try:
        return checked(shown | {"challenge": challenge, "trust_device": "trust" in form}, Answer)
    except Invalid:
        raise factor_wrong() from None


def _passkey(text: str) -> PasskeyAnswer:
    try:
        return msgspec.json.decode(text, type=PasskeyAnswer)
    except msgspec.DecodeError:
        raise factor_wrong() from None


def _who(given: Answered) -> Scope | None:
    return _whose((given.login, given.outcome))


def _whose(found: LoggedIn) -> Scope | None:
    body = found[1].body
    return None if body is None else Scope(user=body["owner"], session=body["id"])
