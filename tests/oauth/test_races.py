"""What may be used once is used once, however many try at the same moment, on two nodes."""

import asyncio
import dataclasses
from collections.abc import Awaitable, Callable
from typing import Final

from tests.support.engines import TestEngines
from tests.support.people.racing import repeatedly
from tests.support.server import serving
from tests.support.wire.relying import Answer, Browser, DpopSigner, party, settings_of

AT_ONCE: Final = 20
Try = Callable[[Browser], Awaitable[Answer]]


async def _wins(browsers: list[Browser], attempt: Try) -> tuple[int, list[Answer]]:
    tries = (attempt(browsers[number % len(browsers)]) for number in range(AT_ONCE))
    answers = await asyncio.gather(*tries)
    assert all(answer.status < 500 for answer in answers), answers
    won = sum(answer.status in (200, 303) for answer in answers)
    return won, answers


async def _race(browsers: list[Browser], make: Callable[[], Awaitable[Try]], rounds: int) -> None:
    for number in range(rounds):
        won, answers = await _wins(browsers, await make())
        assert (number, won) == (number, 1), [answer.text for answer in answers]


@repeatedly
async def test_of_twenty_at_once_one_wins(engines: TestEngines, rounds: int) -> None:
    settings = settings_of(engines)
    async with party(settings) as one, serving(dataclasses.replace(settings)) as other:
        second = Browser(other.url)
        browsers = [one.browser, second]
        own = {"client_id": one.confidential.id, "client_secret": one.secret}
        await one.code(one.confidential)
        second.cookies = one.browser.cookies

        async def code() -> Try:
            form = one.redemption(await one.code(one.confidential), one.confidential)
            return lambda browser: browser.post("/oauth/token", form)

        async def pushed() -> Try:
            answer = await one.browser.post("/oauth/par", one.request(one.confidential) | own)
            named = {"client_id": one.confidential.id, "request_uri": answer.body["request_uri"]}
            return lambda browser: browser.get("/oauth/authorize", named)

        async def device() -> Try:
            form = {"client_id": one.public.id, "scope": "goals:read"}
            codes = (await one.browser.post("/oauth/device", form)).body
            page = await one.browser.get("/oauth/device")
            typed = page.hidden | {"user_code": codes["user_code"]}
            await one.browser.agree(await one.browser.post(page.action, typed))
            poll = {
                "grant_type": "urn:ietf:params:oauth:grant-type:device_code",
                "client_id": one.public.id,
                "device_code": codes["device_code"],
            }
            return lambda browser: browser.post("/oauth/token", poll)

        def refreshing(token: str) -> Try:
            form = own | {"grant_type": "refresh_token", "refresh_token": token}
            return lambda browser: browser.post("/oauth/token", form)

        for make in (code, pushed, device):
            await _race(browsers, make, rounds)

        tokens = await one.tokens(one.confidential)
        for _ in range(rounds):
            _, answers = await _wins(browsers, refreshing(tokens["refresh_token"]))
            successors = {answer.body["refresh_token"] for answer in answers}
            assert len(successors) == 1
            tokens = answers[0].body
        second.close()


@repeatedly
async def test_what_is_agreed_to_or_proved_counts_once(engines: TestEngines, rounds: int) -> None:
    settings = settings_of(engines)
    async with party(settings) as one, serving(dataclasses.replace(settings)) as other:
        second, holder = Browser(other.url), DpopSigner()
        await one.code()
        second.cookies = one.browser.cookies
        form = one.redemption(await one.code())
        bound = await one.token(form, DPoP=holder.proof("POST", "/oauth/token"))
        token = bound.body["access_token"]

        async def consent() -> Try:
            page = await one.browser.get("/oauth/authorize", one.request(prompt="consent"))
            given = page.hidden | page.ticked | {"answer": "yes"}
            return lambda browser: browser.post(page.action, given)

        async def proof() -> Try:
            shown = {
                "Authorization": f"DPoP {token}",
                "DPoP": holder.proof("GET", "/v1/goals", token),
            }
            return lambda browser: browser.get("/v1/goals", (), **shown)

        for make in (consent, proof):
            await _race([one.browser, second], make, rounds)
        second.close()
