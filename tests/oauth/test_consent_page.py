"""Whoever is asked to agree sees as whom, to whom, and where it leads."""

import re
from html import unescape

from tests.account.html import flaws_of
from tests.support.engines import TestEngines
from tests.support.server import PASSWORD
from tests.support.wire.relying import Answer, OAuthParty, party, settings_of

OTHER = "bob@elsewhere.example"


def facts_of(page: Answer) -> str:
    """What the page says of the request, as text."""
    [facts] = re.findall(r'<dl class="facts">(.*?)</dl>', page.text, re.DOTALL)
    return " ".join(unescape(re.sub(r"<[^>]+>", " ", facts)).split())


def switch_of(page: Answer) -> str:
    [link] = re.findall(r'<a href="([^"]*)">Use another account</a>', page.text)
    return unescape(link)


async def device_consent(one: OAuthParty, typed: str) -> Answer:
    """The consent to a device whose code is typed in as *typed* says."""
    own = {"client_id": one.public.id, "scope": "goals:read"}
    code = (await one.browser.post("/oauth/device", own)).body["user_code"]
    page = await one.browser.get("/oauth/device")
    form = page.hidden | {"user_code": typed.format(code.lower().replace("-", ""))}
    page = await one.browser.post(page.action, form)
    assert f'<p class="shown-code">{code}</p>' in page.text
    return page


async def test_consent_says_who_agrees_and_where_it_leads(engines: TestEngines) -> None:
    async with party(settings_of(engines)) as one:
        login = await one.browser.get("/oauth/authorize", one.request())
        web = await one.browser.log_in(login, one.email)
        near = await one.browser.get(
            "/oauth/authorize", one.request(redirect_uri="http://127.0.0.1:4711/cb")
        )

    assert facts_of(web) == (
        f"Logged in as {one.email} Use another account Then you go to app.example.org"
    )
    assert facts_of(near).endswith("Then you go to an app on this device (127.0.0.1:4711)")
    assert (flaws_of(web), flaws_of(near)) == ([], [])


async def test_somebody_else_logs_in_for_the_same_request(engines: TestEngines) -> None:
    async with party(settings_of(engines)) as one:
        await one.server.client().register(OTHER, PASSWORD, "Bob")
        login = await one.browser.get("/oauth/authorize", one.request())
        consent = await one.browser.log_in(login, one.email)
        switched = await one.browser.get(switch_of(consent))
        again = await one.browser.log_in(switched, OTHER)

    assert "Log in to continue to Public App" in switched.text
    assert OTHER in facts_of(again)
    assert "Public App asks" in again.text


async def test_the_code_to_compare_is_in_one_piece_however_it_was_typed(
    engines: TestEngines,
) -> None:
    async with party(settings_of(engines)) as one:
        await one.server.client().register(OTHER, PASSWORD, "Bob")
        await one.browser.log_in(await one.browser.get("/account/login"), one.email)
        pages = [await device_consent(one, typed) for typed in ("{}", " {} ", "{}.")]
        switched = await one.browser.get(switch_of(pages[-1]))
        again = await one.browser.log_in(switched, OTHER)

    assert facts_of(pages[0]) == f"Logged in as {one.email} Use another account"
    assert flaws_of(pages[0]) == []
    assert "Connect a device" in again.text
    assert 'name="user_code"' in again.text
