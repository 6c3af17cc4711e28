"""The forms of pages are counted as what they do: by the surface that its row names."""

from typing import Final

import pytest

from handlers.contexts import ROUTER
from tests.account.limited import person_at, serving_limited
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
    assert "Too many requests." in answers[-1].text
    assert int(answers[-1].headers["retry-after"]) > 0


async def test_a_confirmation_is_counted_by_whose_it_is_once_they_are_known(
    limited: dict[str, str],
) -> None:
    resend: Final = "/account/verify/resend"
    async with serving_limited(limited) as server:
        (_, ann), (_, bob) = await person_at(server), await person_at(server, "203.0.113.8")
        stranger = Browser(server.url)
        turned_away = [(await stranger.get(resend)).status for _ in range(8)]
        turned_away += [(await stranger.post(resend, {})).status for _ in range(8)]
        stranger.close()
        heard = []
        for email in (ann, bob):
            browser = Browser(server.url)
            await browser.log_in(await browser.get("/account/login"), email)
            page = await browser.get("/account")
            seen = [(await browser.get(resend)).status for _ in range(8)]
            assert seen == [405] * 8
            heard.append([(await browser.post(resend, page.hidden)).status for _ in range(4)])
            browser.close()

    assert set(turned_away) == {303}
    assert heard == [[200, 200, 200, 429], [200, 200, 429, 429]]  # five of one network


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


async def test_over_the_api_too_what_is_wrong_costs_none_of_the_mails(
    limited: dict[str, str],
) -> None:
    forms = {
        "/v1/auth/register": {"email": ANN, "password": "a staple of a kind", "name": "Ann"},
        "/v1/auth/password/forgot": {"email": ANN},
    }
    flawed = ({"email": "nobody"}, {"email": 1}, {"other": 1}, {"password": "password1"})
    async with serving_limited(limited) as server:
        client = server.client()
        wrong = [
            (await client.call("POST", path, body | flaw)).status
            for path, body in forms.items()
            for flaw in flawed * 2
        ]
        right = [(await client.call("POST", path, body)).status for path, body in forms.items()]

    assert (set(wrong), right) == ({422}, [202, 202])


def test_every_body_by_which_a_stranger_has_mails_sent_is_looked_at_before_it_is_counted() -> None:
    unchecked = [
        operation.path
        for operation in ROUTER.operations
        if operation.limit in ("mail", "reset") and operation.public and operation.check is None
    ]
    assert unchecked == []


async def test_each_login_has_guesses_of_its_own_at_the_codes_of_devices(
    limited: dict[str, str],
) -> None:
    async with serving_limited(limited) as server:
        (_, ann), (_, bob) = await person_at(server), await person_at(server, "203.0.113.8")
        heard = []
        for email in ("", ann, bob):
            browser = Browser(server.url)
            if email:
                await browser.log_in(await browser.get("/account/login"), email)
            page = await browser.get("/oauth/device")
            guess = page.hidden | {"user_code": "BBBB-BBBB"}
            answers = [(await browser.post(page.action, guess)).status for _ in range(11)]
            heard.append(answers)
            browser.close()

    assert heard == [[400] * 10 + [429]] * 3


async def test_clients_are_counted_one_by_one_and_only_for_not_showing_who_they_are(
    limited: dict[str, str],
) -> None:
    async with serving_limited(limited) as server:
        known, _ = await server.node.services.oauth.clients.register(
            name="App", kind="public", redirects=("https://app.example.org/cb",), auth="none"
        )
        browser = Browser(server.url)
        stale = {"grant_type": "refresh_token", "refresh_token": "x" * 43}
        answers = {
            client: [
                (await browser.post("/oauth/token", stale | {"client_id": client})).status
                for _ in range(11)
            ]
            for client in ("cli_x", "cli_y", known.id)
        }
        browser.close()

    assert answers == {
        "cli_x": [401] * 10 + [429],
        "cli_y": [401] * 10 + [429],
        known.id: [400] * 11,
    }
