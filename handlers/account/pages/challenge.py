"""The page that asks for a second factor, and the login with a passkey alone."""

import re
from collections.abc import Sequence
from typing import Any, Final, get_args

import msgspec

from handlers.account.operations import factors, passkeys
from handlers.account.pages.login_continuation import (
    FACTOR,
    LoginContinuation,
    continuation_of,
    this_browser,
)
from handlers.http.operations import Reply, strict_json
from handlers.pages import next_steps, views
from handlers.pages.base import PageHandler
from models.account.factors import ChallengeAnswer, Method
from models.account.webauthn import PasskeyAssertion
from models.base.errors import Forbidden, Invalid
from models.base.merge_patch import Json
from models.base.validation import checked
from upcoach.services.account.factors.refusals import factor_wrong
from upcoach.services.account.login.logins import Challenge
from upcoach.services.base.request_parameters import Parameters

_METHODS: Final[tuple[Method, ...]] = get_args(Method)
_TOTP_CODE: Final = re.compile(r"[0-9]{3}[ -]?[0-9]{3}")


class SecondFactorPage(PageHandler):
    """`/account/factor`."""

    limit = factors.ANSWER.limit
    next_steps = (next_steps.TO_LOGIN,)

    async def post(self) -> None:
        """Take a second factor, and go on."""
        form = self.submitted_form()
        continuation = continuation_of(form)
        challenge = form.required("challenge")
        methods = tuple(method for method in _METHODS if method in form.words("methods"))
        try:
            reply = await self.submit(factors.ANSWER, _answer(form, challenge))
        except Forbidden as refusal:
            if refusal.code == "challenge_over":
                raise
            await show_challenge(self, continuation, challenge, methods, refusal)
            return
        await continue_login(self, reply, continuation)


class PasskeyLoginPage(PageHandler):
    """`/account/passkey`."""

    limit = passkeys.LOG_IN.limit
    next_steps = (next_steps.TO_LOGIN,)

    async def post(self) -> None:
        """Log in with a passkey and nothing else."""
        form = self.submitted_form()
        continuation = continuation_of(form)
        given = {"credential": _passkey(form["passkey"]), "app": "web"} | this_browser(self)
        await continue_login(self, await self.submit(passkeys.LOG_IN, given), continuation)


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
        options = await page.runner.services.account.logins.ask_passkey(challenge)
    hidden = page.hidden(**continuation.fields, challenge=challenge, methods=" ".join(methods))
    problem = "" if refusal is None else refusal.detail
    view = views.challenge(FACTOR, hidden, methods, options, problem)
    page.show(view, 200 if refusal is None else 401)


async def continue_login(page: PageHandler, reply: Reply, continuation: LoginContinuation) -> None:
    """Go on after a login: to its second factor, or to *continuation*."""
    if reply.start_session is None:
        challenge = msgspec.convert(reply.body, Challenge)
        await show_challenge(page, continuation, challenge.challenge, challenge.methods)
        return
    if continuation.request:
        browser = page.browser
        await page.oauth.authorization.move(
            continuation.request, browser.previous_secret, browser.secret
        )
    page.see_other(continuation.then)


def _answer(form: Parameters, challenge: str) -> Json:
    code = form["code"].strip()
    shown: Json = {"recovery_code": code}
    if "passkey" in form:
        shown = {"passkey": _passkey(form["passkey"])}
    elif _TOTP_CODE.fullmatch(code):
        shown = {"totp": code.replace(" ", "").replace("-", "")}
    given = shown | {"challenge": challenge, "trust_device": "trust" in form}
    try:
        checked(given, ChallengeAnswer)
    except Invalid:
        raise factor_wrong() from None
    return given


def _passkey(text: str) -> Any:
    try:
        shown = strict_json.parse(text.encode())
        checked(shown, PasskeyAssertion)
    except Invalid:
        raise factor_wrong() from None
    return shown
