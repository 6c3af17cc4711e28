"""No page ends nowhere: each has a form or a link that leads on, whatever went wrong."""

from pathlib import Path
from typing import Final

from handlers.contexts import HANDLER_ROUTES
from handlers.pages.base import PageHandler
from tests.account.federation.visiting import BACK, START, visiting
from tests.account.html import Reader, flaws_of
from tests.account.pages import LOGIN, people
from tests.support.engines import TestEngines
from tests.support.wire.relying import Answer, Browser

PAGES: Final = sorted({row.path for row in HANDLER_ROUTES if issubclass(row.handler, PageHandler)})
OVER: Final = {"token": "x" * 43}


def leads_on(answer: Answer) -> bool:
    """Whether *answer* goes on by itself, or has something to click."""
    if answer.status == 303:
        return True
    page = Reader(answer.text)
    return bool(page.all("form") or page.all("a"))


def links_of(answer: Answer) -> dict[str, str]:
    """Where the links of a page lead, by their words."""
    parts = answer.text.split('<a href="')[1:]
    rows = (part.split('">', 1) for part in parts)
    return {words.partition("</a>")[0]: to for to, words in rows}


async def test_every_page_leads_on_however_it_is_asked_for(
    engines: TestEngines, tmp_path: Path
) -> None:
    async with people(engines, tmp_path) as one:
        asked: dict[tuple[str, ...], Answer] = {}
        for path in PAGES:
            place = path.replace("{provider}", "nobody")
            asked["GET", path] = await one.browser.get(place)
            asked["GET", path, "over"] = await one.browser.get(place, OVER)
            if path != "/oauth/device":  # where devices ask, which read no page
                asked["POST", path] = await one.browser.post(place, {})
                asked["POST", path, "over"] = await one.browser.post(place, OVER)

    assert [how for how, answer in asked.items() if not leads_on(answer)] == []
    pages = {how: answer for how, answer in asked.items() if answer.status != 303}
    assert {how: flaws for how, page in pages.items() if (flaws := flaws_of(page))} == {}
    assert len(pages) > 50


async def test_a_used_link_and_an_old_page_lead_to_what_helps(
    engines: TestEngines, tmp_path: Path
) -> None:
    async with people(engines, tmp_path) as one:
        browser = one.browser
        used = await browser.get("/account/reset", OVER)
        asked = await browser.get("/oauth/authorize", one.request())
        old = await browser.post(LOGIN, {"request": asked.hidden["request"]})
        token = await browser.post("/account/verify", OVER)
        again = Browser(one.server.url)
        request = asked.hidden["request"]
        consented = await again.post("/oauth/consent", {"request": request})
        again.close()

    assert links_of(used) == {
        "Request a new link": "/account/forgot",
        "Log in": "/account/login",
    }
    assert links_of(old) == {"Load the page again": f"/account/login?request={request}"}
    assert links_of(token) == {"Load the page again": f"/account/verify?token={OVER['token']}"}
    assert links_of(consented) == {"Load the page again": f"/oauth/consent?request={request}"}


async def test_who_comes_from_a_provider_in_vain_gets_back_to_the_login(
    engines: TestEngines, tmp_path: Path
) -> None:
    async with visiting(engines, tmp_path) as (one, provider):
        over = await one.browser.get(BACK, {"state": "x", "code": "y"})
        await one.browser.get(START)
        provider.mode = "500"
        away = await one.browser.get(START.replace("google", "apple"))

    assert links_of(over) == {"Back to login": "/account/login"}
    assert away.status == 503
    assert list(links_of(away)) == ["Try again", "Back to login"]


async def test_the_first_page_leads_to_the_account_and_to_the_documentation(
    engines: TestEngines, tmp_path: Path
) -> None:
    async with people(engines, tmp_path) as one:
        near = await one.browser.get("/")
        far = await one.browser.ask("GET", "/", None, {"X-Forwarded-For": "203.0.113.7"})

    assert flaws_of(near) == []
    assert list(links_of(near).values()) == ["/account", "/docs", "/dev/outbox"]
    assert list(links_of(far).values()) == ["/account", "/docs"]
