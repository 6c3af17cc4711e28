"""On pages, people change what they are called and how they log in; a browser is all it takes."""

import json
import re
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from html import unescape
from pathlib import Path
from typing import Final

import pyotp
import pytest

from tests.account.federation.providers import federated
from tests.account.html import flaws_of
from tests.account.pages import LOGIN, people
from tests.account.planting import link
from tests.support.engines import TestEngines
from tests.support.people.authenticator import Authenticator
from tests.support.people.enrolling import AccountHolder
from tests.support.people.mail import newest
from tests.support.people.operators import audited
from tests.support.wire.relying import ISSUER, Answer, Browser, OAuthParty

ACCOUNT: Final = "/account"
PROFILE: Final = "/account/profile"
ADDRESS: Final = "/account/address"
AUTHENTICATOR: Final = "/account/authenticator"
PASSKEYS: Final = "/account/passkeys"
PAGES: Final = (PROFILE, ADDRESS, AUTHENTICATOR, PASSKEYS)


@asynccontextmanager
async def _entered(engines: TestEngines, path: Path) -> AsyncIterator[OAuthParty]:
    """A party whose browser is logged in at the account page."""
    async with people(engines, path) as one:
        await one.browser.log_in(await one.browser.get(LOGIN), one.email)
        yield one


async def _send(browser: Browser, page: Answer, **typed: str) -> Answer:
    assert flaws_of(page) == []
    return await browser.post(page.action, page.hidden | typed)


def _words(page: Answer) -> str:
    return unescape(re.sub(r"<[^>]*>", "", page.text))


async def _let_time_pass(one: OAuthParty) -> None:
    """As if the browser's session had begun long ago."""
    ago = {"$dateSubtract": {"startDate": "$authenticated_at", "unit": "hour", "amount": 2}}
    sessions = one.server.node.database["sessions"]
    await sessions.update_many({}, [{"$set": {"authenticated_at": ago}}])


async def test_somebody_is_called_otherwise_and_reads_times_where_they_are(
    engines: TestEngines, tmp_path: Path
) -> None:
    async with _entered(engines, tmp_path) as one:
        form = await one.browser.get(PROFILE)
        flawed = await _send(one.browser, form, name="", tz="UTC", locale="x")
        nowhere = await _send(one.browser, form, name="Zoë", tz="Mars/Olympus", locale="")
        saved = await _send(one.browser, form, name="Zoë", tz="Asia/Kathmandu", locale="ne-NP")
        late = await _send(one.browser, form, name="Eve", tz="UTC", locale="")
        digits = {"name": "Eve", "tz": "UTC", "locale": "", "version": "1" * 5_000}
        crafted = await _send(one.browser, form, **digits)
        account = await one.browser.get(ACCOUNT)

        assert (flawed.status, flawed.text.count('class="wrong"')) == (400, 2)
        assert (nowhere.status, nowhere.text.count('class="wrong"')) == (400, 1)
        assert (saved.status, saved.headers["location"]) == (303, ACCOUNT)
        assert late.status == crafted.status == 409
        assert "Hello, Zoë" in account.text
        assert re.search(r"\d\d:\d\d UTC\+05:45", _words(account))
        assert "UTC</time>" not in account.text
        assert len(await audited(one.server, action="account.changed", outcome="done")) == 1


async def test_the_confirmation_is_sent_again(engines: TestEngines, tmp_path: Path) -> None:
    async with _entered(engines, tmp_path) as one:
        before = await newest(one.server, one.email)
        page = await one.browser.get(ACCOUNT)
        sent = await one.browser.post("/account/verify/resend", page.hidden)
        after = await newest(one.server, one.email)

        assert 'action="/account/verify/resend"' in page.text
        assert (sent.status, flaws_of(sent)) == (200, [])
        assert before != after


async def test_the_address_is_changed_by_whoever_has_just_logged_in(
    engines: TestEngines, tmp_path: Path
) -> None:
    async with _entered(engines, tmp_path) as one:
        form = await one.browser.get(ADDRESS)
        flawed = await _send(one.browser, form, email="nowhere")
        asked = await _send(one.browser, form, email="new@example.org")
        await _let_time_pass(one)
        late = await _send(one.browser, form, email="other@example.org")

        assert (flawed.status, asked.status, flaws_of(asked)) == (400, 200, [])
        assert "new@example.org" in asked.text
        assert await newest(one.server, "new@example.org")
        assert (late.status, late.headers["location"]) == (303, f"{LOGIN}?switch=1")
        assert 'name="password"' in (await one.browser.get(late.headers["location"])).text


async def test_an_authenticator_app_is_set_up(engines: TestEngines, tmp_path: Path) -> None:
    async with _entered(engines, tmp_path) as one:
        begin = await one.browser.get(AUTHENTICATOR)
        offered = await _send(one.browser, begin)
        secret = offered.hidden["secret"]
        wrong = await _send(one.browser, offered, code="000000")
        none = await _send(one.browser, offered, code="six digits")
        done = await _send(one.browser, wrong, code=pyotp.TOTP(secret).now())
        account = await one.browser.get(ACCOUNT)
        again = await one.browser.get(AUTHENTICATOR)

        assert "otpauth://totp/" in offered.text
        assert (wrong.status, none.status, done.status) == (400, 400, 200)
        assert wrong.hidden["secret"] == secret
        assert len(re.findall(r"<li><code>[^<]+</code></li>", done.text)) == 10
        assert flaws_of(done) == []
        assert "Authenticator app" in account.text
        assert "added" in _words(account)
        assert again.status == 200
        assert len(await audited(one.server, action="totp.enrolled", outcome="done")) == 1


async def test_a_passkey_is_added(engines: TestEngines, tmp_path: Path) -> None:
    async with _entered(engines, tmp_path) as one:
        phone = Authenticator(ISSUER)
        begin = await one.browser.get(PASSKEYS)
        page = await _send(one.browser, begin)
        [options] = re.findall('data-options="([^"]*)"', page.text)
        made = json.dumps(phone.make(json.loads(unescape(options))))
        none = await _send(one.browser, page, passkey="{}", name="Phone")
        done = await _send(one.browser, page, passkey=made, name="Phone")
        again = await _send(one.browser, page, passkey=made, name="Phone")

        assert (none.status, done.status, again.status) == (422, 200, 403)
        assert len(re.findall(r"<li><code>[^<]+</code></li>", done.text)) == 10
        assert "Phone" in _words(await one.browser.get(ACCOUNT))


async def test_what_matters_asks_for_a_new_login(engines: TestEngines, tmp_path: Path) -> None:
    async with _entered(engines, tmp_path) as one:
        await one.server.client().log_in(one.email, "correct horse battery", "watch")
        begin, account = await one.browser.get(AUTHENTICATOR), await one.browser.get(ACCOUNT)
        await _let_time_pass(one)
        answers = [
            await _send(one.browser, begin),
            await one.browser.post("/account/sessions", account.hidden | {"session": "others"}),
        ]

        again = [(answer.status, answer.headers["location"]) for answer in answers]
        assert again == [(303, f"{LOGIN}?switch=1")] * 2


async def test_a_linked_account_is_unlinked(engines: TestEngines, tmp_path: Path) -> None:
    async with federated(engines, tmp_path) as (server, provider):
        ann = await AccountHolder.new(server)
        await link(ann, provider, f"of-{ann.user}")
        browser = Browser(server.url)
        await browser.log_in(await browser.get(LOGIN), ann.email)
        page = await browser.get(ACCOUNT)
        [identity] = re.findall(r'name="identity" value="([^"]+)"', page.text)
        done = await browser.post("/account/identities", page.hidden | {"identity": identity})
        after = await browser.get(ACCOUNT)
        browser.close()

        assert (flaws_of(page), flaws_of(after)) == ([], [])
        assert (done.status, done.headers["location"]) == (303, ACCOUNT)
        assert "Linked account" in page.text
        assert "Linked account" not in after.text


@pytest.mark.parametrize("path", [*PAGES, "/account/verify/resend", "/account/identities"])
async def test_strangers_and_other_pages_get_nowhere(
    engines: TestEngines, tmp_path: Path, path: str
) -> None:
    async with _entered(engines, tmp_path) as one:
        stranger = Browser(one.server.url)
        shut = await stranger.post(path, {"name": "x"})
        forged = await one.browser.post(path, {"name": "x", "form": "x"})
        foreign = await one.browser.post(path, {"name": "x"}, Origin="https://evil.example")
        stranger.close()

        assert (shut.status, shut.headers["location"]) == (303, LOGIN)
        assert (forged.status, foreign.status) == (403, 403)


async def test_a_device_is_called_what_it_said(engines: TestEngines, tmp_path: Path) -> None:
    async with _entered(engines, tmp_path) as one:
        for body in (
            {"device": "kitchen-tablet"},
            {"device": "a", "device_name": "Ann's phone"},
            {"device": "01a22a82-a4a3-759f-9449-31ec8503c2a8"},
        ):
            login = {"email": one.email, "password": "correct horse battery"} | body
            await one.server.client().call("POST", "/v1/auth/login", login)
        page = (await one.browser.get(ACCOUNT)).text
        names = list(map(unescape, re.findall(r'<strong id="session-[^"]*">([^<]*)<', page)))

        assert {"kitchen-tablet", "Ann's phone"} <= set(names)
        assert not any("01a22a82" in name for name in names)
