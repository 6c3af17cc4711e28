"""Second factors in browsers: what they are given for them is a cookie, too."""

import pyotp

from models.access.scope import Scope
from models.base.clock import utc_now
from tests.account.web_app import JSON, WebApp, web_app
from tests.support.engines import TestEngines
from tests.support.people.mail import confirm
from tests.support.server import PASSWORD
from tests.support.wire.relying import Answer, settings_of
from upcoach.services.account.factors.totp import TotpConfirmation

ANSWER, STEP_UP = "/v1/auth/challenge", "/v1/auth/step-up"
SECRETS = ("token", "refresh_token", "trusted_device")


async def enrolled(app: WebApp) -> tuple[str, ...]:
    """The recovery codes of the user, who has an app for codes now."""
    services = app.server.node.services
    person = await app.server.client().log_in(app.email, PASSWORD, "phone")
    scope = Scope(user=services.account.sessions.authenticate(person.token).scope.user)
    person.close()
    offer = await services.account.factors.totp.enrol(scope, utc_now())
    first = TotpConfirmation(enrolment=offer.enrolment, code=pyotp.TOTP(offer.secret).now())
    codes = await services.account.factors.totp.confirm(scope, first)
    await confirm(app.server, app.email)
    return codes


def secrets_in(*answers: Answer) -> list[str]:
    """What a page's script would learn that it must not."""
    return [name for answer in answers for name in SECRETS if name in answer.body]


async def test_a_browser_that_shows_a_second_factor_gets_cookies_and_no_token(
    engines: TestEngines,
) -> None:
    async with web_app(settings_of(engines)) as app:
        codes = await enrolled(app)
        asked = await app.log_in()
        body = {"challenge": asked.body["challenge"], "recovery_code": codes[0]}
        foreign = await app.browser.ask(
            "POST", ANSWER, b"{}", JSON | {"Sec-Fetch-Site": "cross-site"}
        )
        before = dict(app.browser.cookies)
        answered = await app.call("POST", ANSWER, body | {"trust_device": True})
        given = dict(app.browser.cookies)
        me = await app.call("GET", "/v1/me")
        at_once = await app.log_in()
        proof = await app.proof()
        plain = await app.call("POST", STEP_UP, {"recovery_code": codes[1]})
        old = app.browser.cookies["__Host-sid"]
        stepped = await app.call("POST", STEP_UP, {"recovery_code": codes[1]}, **proof)
        new = app.browser.cookies["__Host-sid"]
        stale = await app.call("POST", "/v1/goals", {"title": "Run"}, **proof)
        fresh = await app.call("POST", "/v1/auth/recovery-codes", **await app.proof())
        app.browser.cookies["__Host-sid"] = old
        ended = await app.call("GET", "/v1/me")

        assert (asked.status, foreign.status, before) == (200, 403, {})
        assert (answered.status, sorted(given)) == (201, ["__Host-device", "__Host-sid"])
        assert (me.status, at_once.status, plain.status) == (200, 201, 403)
        assert (stepped.status, stepped.body["session"]["acr"]) == (200, 2)
        assert new != old
        assert (stale.status, fresh.status, ended.status) == (403, 201, 401)
        assert secrets_in(answered, at_once, stepped) == []
        for part in ("Secure", "HttpOnly", "SameSite=Lax", "Path=/", "Max-Age=2592000"):
            assert part in answered.headers["set-cookie"], part
