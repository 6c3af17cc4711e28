"""Authorization requests that must be refused: shown where nothing is proven, else sent back."""

from collections.abc import Sequence
from typing import Final
from urllib.parse import urlencode

import pytest

from tests.oauth.relying import (
    CHALLENGE,
    ISSUER,
    REDIRECT,
    Answer,
    Party,
    party,
    settings_of,
)
from tests.support.engines import TestEngines

# No client, or a redirect that is not proven to be its own: nothing is sent anywhere.
SHOWN: Final[dict[str, dict[str, str]]] = {
    "no client": {"client_id": ""},
    "an unknown client": {"client_id": "cli_01a20c66-99df-75bd-8f37-3328887fd981"},
    "a user as client": {"client_id": "usr_01a20c66-99df-75bd-8f37-3328887fd981"},
    "an operator as client": {"client_id": '{"$gt": ""}'},
    "a client of 9000 characters": {"client_id": "x" * 9_000},
    "no redirect": {"redirect_uri": ""},
    "another redirect": {"redirect_uri": "https://evil.example/cb"},
    "a longer path": {"redirect_uri": f"{REDIRECT}/more"},
    "a trailing slash": {"redirect_uri": f"{REDIRECT}/"},
    "a shorter path": {"redirect_uri": REDIRECT[:-1]},
    "a query": {"redirect_uri": f"{REDIRECT}?next=https://evil.example"},
    "a fragment": {"redirect_uri": f"{REDIRECT}#x"},
    "an empty query": {"redirect_uri": f"{REDIRECT}?"},
    "upper case": {"redirect_uri": REDIRECT.upper()},
    "an upper-case host": {"redirect_uri": "https://APP.example.org/cb"},
    "no TLS": {"redirect_uri": REDIRECT.replace("https", "http")},
    "a port": {"redirect_uri": "https://app.example.org:443/cb"},
    "a subdomain": {"redirect_uri": "https://x.app.example.org/cb"},
    "a longer host": {"redirect_uri": "https://app.example.org.evil.example/cb"},
    "a user before the host": {"redirect_uri": "https://app.example.org@evil.example/cb"},
    "an encoded letter": {"redirect_uri": "https://app.example.org/%63b"},
    "a path that goes up": {"redirect_uri": "https://app.example.org/x/../cb"},
    "a backslash": {"redirect_uri": "https://evil.example\\@app.example.org/cb"},
    "a space behind": {"redirect_uri": f"{REDIRECT} "},
    "a new line": {"redirect_uri": f"{REDIRECT}\r\nSet-Cookie: a=b"},
    "NUL": {"redirect_uri": f"{REDIRECT}\0"},
    "a quote": {"redirect_uri": f'{REDIRECT}"'},
    "a letter beyond ASCII": {"redirect_uri": f"{REDIRECT}\N{CYRILLIC SMALL LETTER A}"},
    "two redirects in one": {"redirect_uri": f"{REDIRECT} {REDIRECT}"},
    "a script": {"redirect_uri": "javascript:alert(1)"},
    "data": {"redirect_uri": "data:text/html,x"},
    "localhost by name": {"redirect_uri": "http://localhost:80/cb"},
    "another loopback": {"redirect_uri": "http://127.0.0.2/cb"},
    "a host like a loopback": {"redirect_uri": "http://127.0.0.1.evil.example/cb"},
    "a user like a loopback": {"redirect_uri": "http://127.0.0.1:80@evil.example/cb"},
    "another path on the loopback": {"redirect_uri": "http://127.0.0.1:8000/other"},
    "a query on the loopback": {"redirect_uri": "http://127.0.0.1:8000/cb?x=1"},
    "TLS on the loopback": {"redirect_uri": "https://127.0.0.1:8000/cb"},
    "a port that is none": {"redirect_uri": "http://127.0.0.1:65536/cb"},
    "a port in words": {"redirect_uri": "http://127.0.0.1:http/cb"},
    "another private scheme": {"redirect_uri": "org.example.evil:/cb"},
    "a host behind a private scheme": {"redirect_uri": "org.example.app://cb"},
    "a pushed request that is none": {"request_uri": "urn:ietf:params:oauth:request_uri:none"},
    "a request behind a URL": {"request_uri": "https://evil.example/request.jwt"},
}

# The client and its redirect are proven: it is told, with the issuer and its state.
SENT: Final[dict[str, tuple[str, dict[str, str]]]] = {
    "no response type": ("invalid_request", {"response_type": ""}),
    "an implicit token": ("unsupported_response_type", {"response_type": "token"}),
    "an implicit ID token": ("unsupported_response_type", {"response_type": "id_token"}),
    "a hybrid": ("unsupported_response_type", {"response_type": "code id_token"}),
    "another hybrid": ("unsupported_response_type", {"response_type": "code token"}),
    "nothing at all": ("unsupported_response_type", {"response_type": "none"}),
    "CODE": ("unsupported_response_type", {"response_type": "CODE"}),
    "a quoted type": ("unsupported_response_type", {"response_type": 'code"'}),
    "a type beyond ASCII": ("unsupported_response_type", {"response_type": "c\u00f6de"}),
    "an answer in the fragment": ("invalid_request", {"response_mode": "fragment"}),
    "an answer as a form": ("invalid_request", {"response_mode": "form_post"}),
    "an answer to a window": ("invalid_request", {"response_mode": "web_message"}),
    "no challenge": ("invalid_request", {"code_challenge": ""}),
    "no method": ("invalid_request", {"code_challenge_method": ""}),
    "plain": ("invalid_request", {"code_challenge_method": "plain"}),
    "s256": ("invalid_request", {"code_challenge_method": "s256"}),
    "S512": ("invalid_request", {"code_challenge_method": "S512"}),
    "a short challenge": ("invalid_request", {"code_challenge": CHALLENGE[:-1]}),
    "a long challenge": ("invalid_request", {"code_challenge": f"{CHALLENGE}A"}),
    "a padded challenge": ("invalid_request", {"code_challenge": f"{CHALLENGE}="}),
    "a challenge in base64": ("invalid_request", {"code_challenge": "+" * 43}),
    "a challenge beyond ASCII": ("invalid_request", {"code_challenge": "\u00e4" * 43}),
    "no scope": ("invalid_scope", {"scope": ""}),
    "an unknown scope": ("invalid_scope", {"scope": "openid everything"}),
    "a scope of operators": ("invalid_scope", {"scope": "openid admin:users"}),
    "a scope of our own apps": ("invalid_scope", {"scope": "openid account:write"}),
    "a scope of another client": ("invalid_scope", {"scope": "journal:read"}),
    "two spaces": ("invalid_scope", {"scope": "openid  goals:read"}),
    "a quoted scope": ("invalid_scope", {"scope": '"openid"'}),
    "a scope in upper case": ("invalid_scope", {"scope": "OPENID"}),
    "a scope beyond ASCII": ("invalid_scope", {"scope": "open\u00efd"}),
    "another resource": ("invalid_target", {"resource": "https://api.example.org"}),
    "a resource of others": ("invalid_target", {"resource": f"{ISSUER}/v1/admin"}),
    "the issuer as resource": ("invalid_target", {"resource": ISSUER}),
    "a resource with a slash": ("invalid_target", {"resource": f"{ISSUER}/v1/"}),
    "a resource with a fragment": ("invalid_target", {"resource": f"{ISSUER}/v1#x"}),
    "an unknown prompt": ("invalid_request", {"prompt": "please"}),
    "none and login": ("invalid_request", {"prompt": "none login"}),
    "none and consent": ("invalid_request", {"prompt": "consent none"}),
    "a negative age": ("invalid_request", {"max_age": "-1"}),
    "an age in words": ("invalid_request", {"max_age": "young"}),
    "a part of an age": ("invalid_request", {"max_age": "1.5"}),
    "an age beyond years": ("invalid_request", {"max_age": "9" * 30}),
    "an age in other digits": ("invalid_request", {"max_age": "\u0661"}),
    "too old for a silent answer": ("login_required", {"prompt": "none", "max_age": "0"}),
    "too weak for a silent answer": (
        "unmet_authentication_requirements",
        {"prompt": "none", "acr_values": "2"},
    ),
    "a hint that is none": ("invalid_request", {"id_token_hint": "a.b.c"}),
    "a hint by nobody": ("invalid_request", {"id_token_hint": "eyJhbGciOiJub25lIn0.e30."}),
    "a request object": ("request_not_supported", {"request": "eyJhbGciOiJub25lIn0.e30."}),
    "a key that is none": ("invalid_request", {"dpop_jkt": "short"}),
    "a nonce of 1025 letters": ("invalid_request", {"nonce": "n" * 1_025}),
    "a hint of 1025 letters": ("invalid_request", {"login_hint": "n" * 1_025}),
    "scopes of 1100 letters": ("invalid_request", {"scope": "openid " * 160}),
}

TWICE: Final = (
    *("client_id", "redirect_uri", "response_type", "scope", "state", "nonce"),
    *("code_challenge", "code_challenge_method", "prompt", "max_age", "dpop_jkt"),
)
RAW: Final = {
    "no UTF-8": "&state=%ff",
    "NUL in the state": "&prompt=%00",
    "a new line in the nonce": "&login_hint=a%0d%0aSet-Cookie:b=c",
    "a hundred parameters": "".join(f"&x{number}=1" for number in range(100)),
    "a state of 9000 letters": f"&login_hint={'s' * 9_000}",
}


async def _ask(one: Party, query: str) -> Answer:
    return await one.browser.get(f"/oauth/authorize?{query}")


def _assert_shown(name: str, answer: Answer) -> None:
    assert answer.status == 400, (name, answer)
    assert "location" not in answer.headers, (name, answer)
    assert "This did not work" in answer.text, (name, answer)
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
