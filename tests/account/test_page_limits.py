"""The forms of pages are counted as what they do: by the surface that its row names."""

from typing import Final

import pytest

from tests.account.limited import serving_limited
from tests.support.wire.relying import Browser

ANN: Final = "ann@example.org"
PROVEN: Final = {"challenge": "x" * 43, "methods": "totp"}


# How many of the same form are heard, each from somebody who was shown its page.
@pytest.mark.parametrize(
    ("shown_on", "path", "fields", "heard"),
    [
        ("/account/login", "/account/login", {"email": ANN, "password": "wrong horse"}, 5),
        ("/account/login", "/account/factor", PROVEN | {"code": "000000"}, 20),
        ("/account/login", "/account/passkey", {"passkey": "{}"}, 20),
        ("/account/forgot", "/account/forgot", {"email": ANN}, 3),
        ("/oauth/device", "/oauth/device/code", {"user_code": "BBBB-BBBB"}, 10),
    ],
)
async def test_of_the_same_form_so_many_are_heard(
    limited: dict[str, str], shown_on: str, path: str, fields: dict[str, str], heard: int
) -> None:
    async with serving_limited(limited) as server:
        browser = Browser(server.url)
        page = await browser.get(shown_on)
        answers = [await browser.post(path, page.hidden | fields) for _ in range(heard + 2)]
        browser.close()

    statuses = [answer.status for answer in answers]
    assert 429 not in statuses[:heard]
    assert statuses[heard:] == [429, 429]
    assert "This was asked for too often." in answers[-1].text
    assert int(answers[-1].headers["retry-after"]) > 0


async def test_a_new_account_is_counted_as_the_mail_that_it_sends(limited: dict[str, str]) -> None:
    typed = {"email": ANN, "password": "a staple of a kind", "name": "Ann", "tz": "UTC"}
    async with serving_limited(limited) as server:
        browser = Browser(server.url)
        page = await browser.get("/account/register")
        wrong = [
            await browser.post(page.action, page.hidden | typed | {"name": ""}) for _ in range(6)
        ]
        right = [await browser.post(page.action, page.hidden | typed) for _ in range(4)]
        browser.close()

    assert [answer.status for answer in wrong] == [400] * 6  # what is wrong sends no mail
    assert [answer.status for answer in right] == [200, 200, 200, 429]
