"""What an app of others can be given."""

import functools

from tests.account.lockout.holding import Finish, Holds, tokens_hold
from tests.account.lockout.stage import Victim
from tests.support.wire.relying import DEVICE, Browser
from tests.support.wire.relying import Answer as Page


def _of_app(victim: Victim, answer: Page) -> Holds | None:
    """Whether what the token endpoint has answered with opens anything."""
    if answer.status != 200:
        return None
    token, refresh_token = answer.body["access_token"], answer.body.get("refresh_token", "")
    opens = tokens_hold(victim, token, "", "/v1/goals")

    async def holds() -> bool:
        return await opens() or (await victim.browser.refresh(refresh_token)).status == 200

    return holds


async def _token(victim: Victim, at: int, form: dict[str, str]) -> Page:
    window = Browser(victim.stage.node(at).url)
    victim.held.callback(window.close)
    return await window.post("/oauth/token", form)


async def code(victim: Victim) -> Finish:
    """A code for an app of others."""
    form = victim.browser.redemption(await victim.browser.code())

    async def finish(at: int) -> Holds | None:
        return _of_app(victim, await _token(victim, at, form))

    return finish


async def device(victim: Victim) -> Finish:
    """A device whose user has typed its code in."""
    window, own = victim.browser.browser, {"client_id": victim.stage.app.id}
    asked = await window.post("/oauth/device", own | {"scope": "goals:read offline_access"})
    page = await window.get("/oauth/device")
    consent = await window.post(page.action, page.hidden | {"user_code": asked.body["user_code"]})
    assert "Continue on your device." in (await window.agree(consent)).text
    form = own | {"grant_type": DEVICE, "device_code": asked.body["device_code"]}

    async def finish(at: int) -> Holds | None:
        return _of_app(victim, await _token(victim, at, form))

    return finish


async def app_refresh(victim: Victim) -> Finish:
    """A refresh token of an app of others."""
    tokens = await victim.browser.tokens()
    form = {"grant_type": "refresh_token", "client_id": victim.stage.app.id}

    async def finish(at: int) -> Holds | None:
        sent = form | {"refresh_token": tokens["refresh_token"]}
        return _of_app(victim, await _token(victim, at, sent))

    return finish


async def consent(victim: Victim) -> Finish:
    """The page on which the intruder agrees to an app."""
    asked = victim.browser.request(prompt="consent")
    page = await victim.browser.browser.get("/oauth/authorize", asked)
    form = page.hidden | page.ticked | {"answer": "yes"}

    async def finish(at: int) -> Holds | None:
        window = Browser(victim.stage.node(at).url)
        victim.held.callback(window.close)
        window.cookies = dict(victim.browser.browser.cookies)
        answer = await window.post(page.action, form)
        assert answer.status < 500, answer
        code = answer.sent_to.get("code", "") if answer.status == 303 else ""
        return functools.partial(_is_redeemed, victim, code) if code else None

    return finish


async def _is_redeemed(victim: Victim, code: str) -> bool:
    holds = _of_app(victim, await victim.browser.token(victim.browser.redemption(code)))
    return holds is not None and await holds()
