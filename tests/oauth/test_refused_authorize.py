"""Authorization requests that must be refused: shown where nothing is proven, else sent back."""

from collections.abc import Sequence
from urllib.parse import urlencode

import pytest

from tests.oauth.flawed_authorize import RAW, SENT, SHOWN, TWICE
from tests.support.engines import TestEngines
from tests.support.wire.relying import (
    ISSUER,
    REDIRECT,
    Answer,
    OAuthParty,
    party,
    settings_of,
)


async def _ask(one: OAuthParty, query: str) -> Answer:
    return await one.browser.get(f"/oauth/authorize?{query}")


def _assert_shown(name: str, answer: Answer) -> None:
    assert answer.status == 400, (name, answer)
    assert "location" not in answer.headers, (name, answer)
    assert "Something went wrong" in answer.text, (name, answer)
    assert answer.headers["cache-control"] == "no-store", name
    assert answer.headers["referrer-policy"] == "no-referrer", name
    assert "frame-ancestors 'none'" in answer.headers["content-security-policy"], name
    assert "access-control-allow-origin" not in answer.headers, name


def _assert_sent(name: str, answer: Answer, error: str, state: str = "af0ifjsldkj") -> None:
    assert answer.status == 303, (name, answer)
    assert answer.headers["location"].startswith(f"{REDIRECT}?"), (name, answer)
    sent = answer.sent_to
    assert sent.pop("error_description"), name
    expected = {"error": error, "iss": ISSUER} | ({"state": state} if state else {})
    assert sent == expected, (name, answer)


async def test_what_is_wrong_is_shown_or_sent_back(engines: TestEngines) -> None:
    async with party(settings_of(engines)) as one:
        # Whatever is let through would get a code at once: all was agreed to.
        await one.code()
        witness = await one.state()
        asked = 0

        for name, changes in SHOWN.items():
            _assert_shown(name, await _ask(one, urlencode(one.request(None, **changes))))
        for name, (error, changes) in SENT.items():
            answer = await _ask(one, urlencode(one.request(None, **changes)))
            _assert_sent(name, answer, error)
        for name in TWICE:
            request = one.request(prompt="consent", max_age="60", dpop_jkt="x" * 43)
            pairs: Sequence[tuple[str, str]] = [*request.items(), (name, request[name])]
            _assert_shown(f"{name} twice", await _ask(one, urlencode(pairs)))
        for name, tail in RAW.items():
            _assert_shown(name, await _ask(one, urlencode(one.request(state="")) + tail))
        slash = await _ask(one, urlencode(one.request(None, redirect_uri=f"{REDIRECT}/")))
        assert f"its path differs from that of {REDIRECT}" in slash.text
        long = await _ask(one, urlencode(one.request(state="s" * 1_025)))
        _assert_sent("a long state", long, "invalid_request", "")

        asked = len(SHOWN) + len(SENT) + len(TWICE) + len(RAW) + 1
        assert asked >= 110
        assert await one.state() == witness
        assert "code" in (await _ask(one, urlencode(one.request()))).sent_to


async def test_a_pushed_request_is_its_client_s_and_counts_once(engines: TestEngines) -> None:
    async with party(settings_of(engines)) as one:
        await one.code(one.confidential)
        secret = {"client_secret": one.secret}
        pushed = await one.browser.post("/oauth/par", one.request(one.confidential) | secret)
        other = await one.browser.post("/oauth/par", one.request(one.confidential) | secret)
        own = {"client_id": one.confidential.id}

        foreign = await one.browser.get(
            "/oauth/authorize",
            {"client_id": one.public.id, "request_uri": other.body["request_uri"]},
        )
        lost = await one.browser.get(
            "/oauth/authorize", own | {"request_uri": other.body["request_uri"]}
        )
        first = await one.browser.get(
            "/oauth/authorize", own | {"request_uri": pushed.body["request_uri"], "scope": "x"}
        )
        second = await one.browser.get(
            "/oauth/authorize", own | {"request_uri": pushed.body["request_uri"]}
        )

        assert (pushed.status, pushed.body["expires_in"]) == (201, 90)
        _assert_shown("another client's", foreign)
        _assert_shown("after a failed attempt", lost)
        assert "code" in first.sent_to
        _assert_shown("a second time", second)


@pytest.mark.parametrize("method", ["PUT", "DELETE", "PATCH"])
async def test_other_methods_are_refused(engines: TestEngines, method: str) -> None:
    async with party(settings_of(engines)) as one:
        answer = await one.browser.ask(method, "/oauth/authorize", b"")

        assert answer.status == 405
        assert answer.headers["allow"] == "GET, OPTIONS, POST"


async def test_a_form_needs_the_browser_that_it_was_shown_to(engines: TestEngines) -> None:
    async with party(settings_of(engines)) as one:
        page = await one.browser.get("/oauth/authorize", one.request())
        consent = await one.browser.log_in(page, one.email)
        witness = await one.state()
        forms = {
            "no cookie": ({}, {}),
            "another browser's cookie": ({"__Host-sid": "x" * 43}, {}),
            "a cookie that is none": ({"__Host-sid": "x"}, {}),
            "another site": (one.browser.cookies, {"Sec-Fetch-Site": "cross-site"}),
            "a neighbour": (one.browser.cookies, {"Sec-Fetch-Site": "same-site"}),
            "another origin": (one.browser.cookies, {"Origin": "https://evil.example"}),
            "no origin": (one.browser.cookies, {"Origin": "null"}),
        }
        own = dict(one.browser.cookies)

        for name, (cookies, headers) in forms.items():
            one.browser.cookies = dict(cookies)
            form = consent.hidden | consent.ticked | {"answer": "yes"}
            answer = await one.browser.post("/oauth/consent", form, **headers)
            assert answer.status in (400, 403), (name, answer)
            assert "location" not in answer.headers, name
        one.browser.cookies = own

        assert await one.state() == witness
        assert "code" in (await one.browser.agree(consent)).sent_to
