"""A browser goes to a provider, and comes back as somebody."""

import asyncio
import base64
from pathlib import Path
from typing import Final
from urllib.parse import parse_qsl, unquote_plus, urlsplit

import msgspec
import pytest
from joserfc import jwt

from models.access.scope import Scope
from tests.account.federation.visiting import BACK, CLAIMS, SPOILT, START, Fields, visiting
from tests.account.pages import enrolled
from tests.support.engines import TestEngines
from tests.support.people.mail import newest
from tests.support.server import PASSWORD
from tests.support.server.provider import SECRET, WEB, OpenIdProvider, apple_key
from tests.support.wire.relying import ISSUER, Answer, Browser, OAuthParty

APPLE_START, APPLE_BACK = START.replace("google", "apple"), BACK.replace("google", "apple")
EXCHANGE: Final = "urn:ietf:params:oauth:grant-type:token-exchange"
ID_TOKEN: Final = "urn:ietf:params:oauth:token-type:id_token"


async def away(
    one: OAuthParty, provider: OpenIdProvider, path: str = START, **query: str
) -> Fields:
    """What the provider sends the browser back with, which has agreed there."""
    answer = await one.browser.get(path, query)
    assert answer.status == 303, answer
    redirect, fields = provider.consent(answer.headers["location"])
    assert redirect == ISSUER + path.replace("start", "callback")
    return fields


async def whose(one: OAuthParty) -> str | None:
    """The user whom the browser is known as."""
    answer = await one.browser.get("/oauth/authorize", one.request(prompt="none"))
    error = answer.sent_to.get("error")
    if error == "login_required":
        return None
    assert error == "consent_required", answer
    sessions = (
        await one.server.node.database["sessions"]
        .find({"app": "web"}, sort=[("_id", -1)])
        .to_list()
    )
    return str(sessions[0]["owner"])


async def test_a_browser_comes_back_logged_in(engines: TestEngines, tmp_path: Path) -> None:
    async with visiting(engines, tmp_path) as (one, provider):
        answer = await one.browser.get(START)
        asked = dict(parse_qsl(urlsplit(answer.headers["location"]).query))
        _, fields = provider.consent(answer.headers["location"])
        before = await whose(one)

        back = await one.browser.get(BACK, fields)

        cookie = answer.headers["set-cookie"]
        assert asked.keys() == {
            *("client_id", "redirect_uri", "response_type", "scope", "state", "nonce"),
            *("code_challenge", "code_challenge_method"),
        }
        assert (asked["client_id"], asked["code_challenge_method"]) == (WEB, "S256")
        assert cookie.startswith("__Host-visit=")
        for attribute in ("HttpOnly", "Secure", "SameSite=Lax", "Path=/", "Max-Age=600"):
            assert attribute in cookie, cookie
        assert (back.status, back.headers["location"]) == (303, "/account")
        assert (before, await whose(one) is not None) == (None, True)
        [(form, authorization)] = provider.forms
        assert "client_secret" not in form
        assert authorization.startswith("Basic ")
        assert SECRET not in str(form)


async def test_a_client_is_let_in_by_way_of_a_provider(
    engines: TestEngines, tmp_path: Path
) -> None:
    async with visiting(engines, tmp_path) as (one, provider):
        page = await one.browser.get("/oauth/authorize", one.request())
        fields = await away(one, provider, request=page.hidden["request"])

        back = await one.browser.get(BACK, fields)
        consent = await one.browser.get(back.headers["location"])
        agreed = await one.browser.agree(consent)
        tokens = await one.token(one.redemption(agreed.sent_to["code"]))

        assert "consent?request=" in back.headers["location"]
        assert tokens.status == 200, tokens
        info = await one.browser.get(
            "/oauth/userinfo", (), Authorization=f"Bearer {tokens.body['access_token']}"
        )
        assert info.body["email"] == "ann@gmail.test"


async def test_a_browser_that_its_user_trusts_is_asked_for_no_code(
    engines: TestEngines, tmp_path: Path
) -> None:
    async with visiting(engines, tmp_path) as (one, provider):
        browser = one.browser
        await browser.get(BACK, await away(one, provider))
        user = await whose(one)
        assert user is not None
        _, codes = await enrolled(msgspec.structs.replace(one, user=user, email="ann@gmail.test"))
        browser.cookies.clear()

        asked = await browser.get(BACK, await away(one, provider))
        answer = asked.hidden | {"code": codes[0], "trust": "yes"}
        right = await browser.post(asked.action, answer)
        del browser.cookies["__Host-sid"]
        at_once = await browser.get(BACK, await away(one, provider))
        del browser.cookies["__Host-device"]
        again = await browser.get(BACK, await away(one, provider))

        assert ("One more step" in asked.text, right.status) == (True, 303)
        assert (at_once.status, "One more step" in again.text) == (303, True)


async def test_apple_brings_browsers_back_with_a_form(engines: TestEngines, tmp_path: Path) -> None:
    async with visiting(engines, tmp_path) as (one, provider):
        answer = await one.browser.get(APPLE_START)
        asked = dict(parse_qsl(urlsplit(answer.headers["location"]).query))
        provider.says = {"name": None, "email": "x@relay.test", "email_verified": "true"}
        fields = provider.consent(answer.headers["location"])[1]
        fields["user"] = '{"name": {"firstName": "Ada", "lastName": "L\u00f6velace"}, "email": "e"}'

        cookies, one.browser.cookies = one.browser.cookies, {}  # none comes with such a form
        posted = await one.browser.post(APPLE_BACK, fields, Origin=provider.url)
        one.browser.cookies = cookies
        back = await one.browser.get(posted.headers["location"])
        again = await one.browser.get(posted.headers["location"])

        assert (asked["response_mode"], asked["scope"]) == ("form_post", "openid email name")
        assert fields["code"] not in posted.headers["location"]
        assert [posted.status, back.status, again.status] == [303, 303, 403]
        assert back.headers["location"] == "/account"
        user = await one.server.node.services.account.directory.find("x@relay.test")
        assert user is not None
        assert (user.name, user.verified_at is not None) == ("Ada L\u00f6velace", True)
        secret = jwt.decode(_secret_of(provider.forms[0]), apple_key(), algorithms=["ES256"])
        assert (secret.header["kid"], secret.claims["iss"]) == ("KEY", "TEAM")
        assert (secret.claims["aud"], secret.claims["sub"]) == (provider.url, WEB)
        assert secret.claims["exp"] - secret.claims["iat"] == 300


def _secret_of(sent: tuple[Fields, str]) -> str:
    pair = base64.b64decode(sent[1].removeprefix("Basic ")).decode()
    return unquote_plus(pair.partition(":")[2])


NAMES: Final[dict[str, str]] = {
    "no JSON": "{",
    "a list": "[]",
    "a number": '{"name": {"firstName": 5}}',
    "an operator": '{"name": {"$ne": ""}}',
    "too long": '{"name": {"firstName": "' + "x" * 200 + '"}}',
    "deep": "[" * 900,
}


async def test_a_name_that_is_none_harms_nobody(engines: TestEngines, tmp_path: Path) -> None:
    async with visiting(engines, tmp_path) as (one, provider):
        for number, (what, text) in enumerate(NAMES.items()):
            email = f"p{number}@relay.test"
            provider.says = {"name": None, "sub": what, "email": email}
            fields = await away(one, provider, APPLE_START)

            posted = await one.browser.post(APPLE_BACK, fields | {"user": text})
            back = await one.browser.get(posted.headers["location"])

            assert back.status == 303, (what, back)
            user = await one.server.node.services.account.directory.find(email)
            assert user is not None
            assert user.name == ("x" * 100 if what == "too long" else f"p{number}")


async def test_who_comes_back_wrong_is_not_let_in(engines: TestEngines, tmp_path: Path) -> None:
    async with visiting(engines, tmp_path) as (one, provider):
        found = {}
        for what, (spoil, _) in SPOILT.items():
            fields = await away(one, provider)
            found[what] = (await one.browser.get(BACK, spoil(fields))).status
            if "state" in spoil(fields) and spoil(fields)["state"] == fields["state"]:
                # What came with it was not looked at before it was used up.
                assert (await one.browser.get(BACK, fields)).status == 403, what

        twice = await away(one, provider)
        pairs = [*twice.items(), ("state", twice["state"])]
        repeated = (await one.browser.get(BACK, pairs)).status
        posted = (await one.browser.post(BACK, await away(one, provider))).status
        gotten = (await one.browser.get(APPLE_BACK, await away(one, provider, APPLE_START))).status

        assert found == {what: status for what, (_, status) in SPOILT.items()}
        assert (repeated, posted, gotten) == (400, 405, 403)
        assert await whose(one) is None
        assert await one.server.node.database["identities"].count_documents({}) == 0


async def test_a_visit_is_over_when_it_is_and_ends_where_it_began(
    engines: TestEngines, tmp_path: Path
) -> None:
    async with visiting(engines, tmp_path) as (one, provider):
        other = Browser(one.server.url)
        fields = await away(one, provider)
        stolen = await other.get(BACK, fields)
        swapped = await away(one, provider)
        await other.get(START)
        in_another = await other.get(BACK, swapped)
        elsewhere = await away(one, provider)
        posted = await one.browser.post(APPLE_BACK, elsewhere)
        at_apple = await one.browser.get(posted.headers["location"])
        without = await away(one, provider)
        one.browser.cookies.pop("__Host-visit")
        cookieless = await one.browser.get(BACK, without)
        good = await away(one, provider)
        first, second = [await one.browser.get(BACK, good) for _ in range(2)]

        answers = (stolen, in_another, at_apple, cookieless)
        assert [answer.status for answer in answers] == [403] * 4
        assert (first.status, second.status) == (303, 403)
        other.close()


async def test_of_many_who_come_back_at_once_one_is_let_in(
    engines: TestEngines, tmp_path: Path
) -> None:
    async with visiting(engines, tmp_path) as (one, provider):
        fields = await away(one, provider)

        answers = await asyncio.gather(*(one.browser.get(BACK, fields) for _ in range(20)))

        assert sorted(answer.status for answer in answers) == [303] + [403] * 19


@pytest.mark.parametrize(
    ("mode", "status"),
    [
        ("500", 503),
        ("huge", 503),
        ("redirects", 503),
        ("no json", 503),
        ("hangs", 503),
        ("refuses", 403),
    ],
)
async def test_a_provider_that_fails_lets_nobody_in(
    engines: TestEngines, tmp_path: Path, mode: str, status: int
) -> None:
    async with visiting(engines, tmp_path) as (one, provider):
        one.server.node.assembly.outbound.patience_s = 0.2
        fields = await away(one, provider)
        provider.mode = mode

        back = await one.browser.get(BACK, fields)

        assert back.status == status
        assert "text/html" in back.headers["content-type"]
        assert await whose(one) is None


async def test_an_id_token_that_does_not_hold_lets_no_browser_in(
    engines: TestEngines, tmp_path: Path
) -> None:
    async with visiting(engines, tmp_path) as (one, provider):
        for what, claims in CLAIMS.items():
            provider.says = claims
            back = await one.browser.get(BACK, await away(one, provider))
            assert back.status in (401, 403), (what, back)

        assert await whose(one) is None
        assert await one.server.node.database["identities"].count_documents({}) == 0


async def test_a_browser_links_a_provider_for_whoever_sent_it(
    engines: TestEngines, tmp_path: Path
) -> None:
    async with visiting(engines, tmp_path) as (one, provider):
        federation = one.server.node.services.account.federation
        person = await one.server.client().log_in(one.email, PASSWORD, "browser")
        scope = one.server.node.services.account.sessions.authenticate(person.token).scope

        async def linked(asked: Scope) -> Answer:
            sent = await federation.send("google", {}, asked)
            one.browser.cookies["__Host-visit"] = sent.secret
            return await one.browser.get(BACK, provider.consent(sent.url)[1])

        done = await linked(scope)
        again = await linked(scope)
        await person.call("POST", "/v1/auth/logout")
        provider.says = {"sub": "another"}
        ended = await linked(scope)

        assert [done.status, again.status, ended.status] == [303, 303, 401]
        [stored] = await one.server.node.database["identities"].find({}).to_list()
        assert stored["owner"] == one.user
        assert (await newest(one.server, one.email))["Subject"] == "You can log in with Google"
        person.close()


async def exchange(one: OAuthParty, form: Fields, client: str) -> Answer:
    return await one.token({"grant_type": EXCHANGE, "client_id": client} | form)


async def test_an_app_of_ours_exchanges_an_id_token(engines: TestEngines, tmp_path: Path) -> None:
    async with visiting(engines, tmp_path) as (one, provider):
        ours, _ = await one.server.node.services.oauth.clients.register(
            name="Our app",
            kind="public",
            auth="none",
            redirects=("org.example.app:/cb",),
            permissions=("goals:read", "offline_access", "openid"),
            first_party=True,
        )
        federation = one.server.node.services.account.federation

        async def form(**more: str) -> Fields:
            nonce = (await federation.nonce()).nonce
            return {
                "subject_token": provider.token(nonce=nonce),
                "subject_token_type": ID_TOKEN,
                "subject_issuer": provider.url,
                "nonce": nonce,
                "scope": "goals:read",
            } | more

        good = await exchange(one, await form(), ours.id)
        by_name = await exchange(one, await form(subject_issuer="google"), ours.id)
        asked = await form()
        spent = [(await exchange(one, asked, ours.id)).status for _ in range(2)]
        wrong = [
            await exchange(one, await form(**more), client)
            for more, client in (
                ({"subject_issuer": "https://evil.example"}, ours.id),
                ({"nonce": "x" * 43}, ours.id),
                ({"nonce": ""}, ours.id),
                ({"subject_token": "a.b.c"}, ours.id),
                ({"subject_token": provider.token(nonce="x")}, ours.id),
                ({"subject_token_type": "urn:ietf:params:oauth:token-type:jwt"}, ours.id),
                ({"actor_token": "x"}, ours.id),
                ({"scope": "habits:read"}, ours.id),
                ({}, one.public.id),
            )
        ]
        provider.says = {"sub": "eve", "email": one.email}
        known = await exchange(one, await form(), ours.id)

        assert good.status == 200, good
        assert by_name.status == 200
        assert spent == [200, 400]
        assert {answer.status for answer in wrong} == {400}
        assert (known.status, known.body["error"]) == (400, "interaction_required")
