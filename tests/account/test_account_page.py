"""The account page says of each way in whether it counts, and from when it will."""

import datetime as dt
import re
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from html import unescape
from pathlib import Path
from typing import Final

from models.base.clock import utc_now
from models.base.time import moment_in_words
from tests.account.factors.verified import verified
from tests.account.federation.providers import federated
from tests.account.html import flaws_of
from tests.account.pages import LOGIN
from tests.account.planting import CONFIRM, click, link, tokens, wait
from tests.support.engines import TestEngines
from tests.support.people.authenticator import Authenticator
from tests.support.people.enrolling import AccountHolder
from tests.support.people.passkeys import ORIGIN, add
from tests.support.server.provider import OpenIdProvider
from tests.support.wire.answers import done
from tests.support.wire.relying import Browser

WAYS: Final = ("Authenticator app", "Passkey", "Linked account", "Recovery codes")


async def plant(person: AccountHolder, provider: OpenIdProvider) -> None:
    """Add one way of each kind, with nothing but the password."""
    await person.enrol(confirmed=False)
    await done(add(person, Authenticator(ORIGIN), confirmed=False))
    await done(link(person, provider, f"of-{person.user}"))


@asynccontextmanager
async def logged_in(person: AccountHolder) -> AsyncIterator[Browser]:
    """The browser of *person*."""
    browser = Browser(person.server.url)
    await browser.log_in(await browser.get(LOGIN), person.email)
    yield browser
    browser.close()


async def rows(browser: Browser) -> dict[str, str]:
    """What the account page says of each way to log in, by label."""
    page = await browser.get("/account")
    assert (page.status, flaws_of(page)) == (200, [])
    found = re.findall(r"<div><dt>(.*?)</dt><dd>(.*?)</dd></div>", page.text, re.DOTALL)
    words = {label: unescape(re.sub(r"<[^>]*>", "", text)) for label, text in found}
    return {label: words[label] for label in WAYS if label in words}


async def test_what_waits_says_from_when_it_counts(engines: TestEngines, tmp_path: Path) -> None:
    async with federated(engines, tmp_path) as (server, provider):
        ann = await verified(server)
        async with logged_in(ann) as browser:
            await plant(ann, provider)
            waiting = await rows(browser)
            await wait(server, ann.user)
            waited = await rows(browser)

        day = moment_in_words(utc_now() + dt.timedelta(days=3)).partition(",")[0]
        assert list(waiting) == list(waited) == list(WAYS)
        assert all(f"active from {day}" in text for text in waiting.values()), waiting
        assert "Phone" in waiting["Passkey"]
        assert not any("since" in text for text in waiting.values())
        assert not any("active" in text for text in waited.values())
        assert "on since" in waited["Authenticator app"]


async def test_what_waits_for_a_click_says_so(engines: TestEngines, tmp_path: Path) -> None:
    async with federated(engines, tmp_path) as (server, provider):
        ann = await AccountHolder.new(server)
        async with logged_in(ann) as browser:
            await plant(ann, provider)
            waiting = await rows(browser)
            for token in await tokens(server, ann.email):
                assert await click(server, CONFIRM, token) == 204
            confirmed = await rows(browser)

        assert list(waiting) == list(confirmed) == list(WAYS)
        assert all("active once you confirm it" in text for text in waiting.values()), waiting
        assert not any("9999" in text for text in waiting.values())
        assert not any("active" in text for text in confirmed.values())
