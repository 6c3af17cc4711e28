"""Where people log in and make accounts: each way once, and all that is wrong at once."""

from html import unescape
from pathlib import Path
from typing import Final
from urllib.parse import urlencode

import pytest

from tests.account.federation.visiting import visiting
from tests.account.html import flaws_of
from tests.account.pages import LOGIN, people
from tests.support.engines import TestEngines
from tests.support.server import PASSWORD
from tests.support.wire.relying import Answer

REGISTER: Final = "/account/register"
NAME, EMAIL, ZONE = "Enter your name", "Enter a valid email", "This time zone does not exist"
SHORT, COMMON = "Use 8 to 128", "This password is too common."
PERSONAL: Final = "This password is too close to your name"
SENTENCES: Final = (NAME, EMAIL, ZONE, SHORT, COMMON, PERSONAL)


def told(page: Answer) -> set[str]:
    """What *page* says is wrong."""
    return {words for words in SENTENCES if words in unescape(page.text)}


async def test_each_provider_is_offered_once(engines: TestEngines, tmp_path: Path) -> None:
    async with visiting(engines, tmp_path) as (one, _):
        page = await one.browser.get(LOGIN)

        assert flaws_of(page) == []
        found = [page.text.count(f"/v1/auth/{name}/start") for name in ("google", "apple")]
        assert found == [1, 1]


@pytest.mark.parametrize(
    ("typed", "wrong"),
    [
        ({}, {NAME, EMAIL, SHORT, ZONE}),
        ({"email": "ann", "password": "short", "tz": "Nowhere"}, {NAME, EMAIL, SHORT, ZONE}),
        ({"name": "Ann", "email": "ann", "password": "password1", "tz": "UTC"}, {EMAIL, COMMON}),
        (
            {"name": "Annabel", "email": "a@b.c", "password": "annabel12", "tz": "x"},
            {PERSONAL, ZONE},
        ),
        ({"name": "x" * 101, "email": "a@b.c", "password": "password1"}, {NAME, COMMON, ZONE}),
    ],
)
async def test_a_new_account_hears_of_all_that_is_wrong_with_it(
    engines: TestEngines, tmp_path: Path, typed: dict[str, str], wrong: set[str]
) -> None:
    async with people(engines, tmp_path) as one:
        page = await one.browser.get(REGISTER)

        refused = await one.browser.post(page.action, page.hidden | typed)

        assert (refused.status, flaws_of(refused)) == (400, [])
        assert told(refused) == wrong


@pytest.mark.parametrize(
    ("page", "then"),
    [
        ("/account/notifications", "/account/notifications"),
        ("//evil.example/account/x", "/account"),
        ("https://evil.example/", "/account"),
        ("/account/../oauth/consent", "/account"),
        ("/dev/outbox", "/account"),
    ],
)
async def test_a_login_leads_back_to_pages_of_the_account_alone(
    engines: TestEngines, tmp_path: Path, page: str, then: str
) -> None:
    async with people(engines, tmp_path) as one:
        login = await one.browser.get(f"{LOGIN}?{urlencode({'page': page})}")

        typed = {"email": one.email, "password": PASSWORD}
        done = await one.browser.post(login.action, login.hidden | typed)
        again = await one.browser.get(f"{LOGIN}?{urlencode({'page': page})}")

        assert (done.status, done.headers["location"]) == (303, then)
        assert (again.status, again.headers["location"]) == (303, then)


@pytest.mark.parametrize(
    ("path", "then"),
    [
        ("/account/notifications", f"{LOGIN}?page=%2Faccount%2Fnotifications"),
        ("/account", LOGIN),
        ("/account/sessions", LOGIN),  # it takes a form, and shows nothing
    ],
)
async def test_a_page_that_asks_for_a_login_names_itself_where_it_can_be_shown(
    engines: TestEngines, tmp_path: Path, path: str, then: str
) -> None:
    async with people(engines, tmp_path) as one:
        shown = await one.browser.get(path)

        assert (shown.status, shown.headers["location"]) == (303, then)
