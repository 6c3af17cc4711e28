"""Text from outside that is none is refused, wherever it is written: nobody is answered 500."""

import base64
import json
from collections.abc import Iterator
from typing import Any, Final

from config.settings import Settings
from tests.support.server import serving
from upcoach.client import RestClient

HALF: Final = "\ud800"  # of a surrogate pair: in Python's strings, and in no UTF-8
RAW: Final = ("%ED%A0%80", "%FF", "\\ud800", "\xed\xa0\x80", "\xff")
FORM: Final = {"Content-Type": "application/x-www-form-urlencoded"}
JSON: Final = {"Content-Type": "application/json"}
P256: Final = {"kty": "EC", "crv": "P-256", "x": HALF, "y": HALF}
ASSERTION: Final = "urn:ietf:params:oauth:client-assertion-type:jwt-bearer"
HEADERS: Final = (
    "Authorization", "Cookie", "DPoP", "Idempotency-Key", "If-Match", "If-None-Match", "Origin",
    "Range", "Referer", "Upcoach-Follows", "Upcoach-Known-Device", "User-Agent", "Last-Event-ID",
    "X-Forwarded-For", "X-Request-Id", "X-UpCoach-CSRF", "traceparent", "Accept-Language",
)  # fmt: skip


def _encoded(raw: bytes) -> str:
    return base64.urlsafe_b64encode(raw).rstrip(b"=").decode()


def _token(payload: dict[str, Any], **header: Any) -> str:
    parts = (json.dumps(part).encode() for part in ({"alg": "ES256"} | header, payload))
    return ".".join((*map(_encoded, parts), _encoded(b"x" * 64)))


TOKENS: Final = (
    _token({}, kid=HALF, typ="at+jwt"),
    _token({}, kid=[HALF], typ=HALF),
    _token({}, alg=HALF),
    _token({"jti": HALF * 8}, typ="dpop+jwt", jwk=P256),
    _token({"sub": HALF, "iss": HALF, "aud": HALF, "jti": HALF}, kid=HALF),
    _token({"sub": "x", "iss": "x", "aud": "x", "jti": "x", "exp": 1}, kid=HALF),
)


def _requests() -> Iterator[tuple[str, str, bytes | None, dict[str, str]]]:
    paths = ("/v1/me", "/oauth/authorize")
    for raw in RAW:
        for path in paths:
            for name in HEADERS:
                yield "GET", path, None, {name: f"Bearer {raw}"}
            yield "GET", path, None, {"Cookie": f"sid={raw}; device={raw}; known={raw}"}
        for path in (*paths, "/v1/live", "/v1/auth/google/callback", "/account/reset"):
            for query in (f"?{raw}=1", f"?state={raw}&ticket={raw}&token={raw}&code={raw}"):
                yield "GET", path + query, None, {}
        yield "GET", f"/v1/goals/{raw}", None, {}
        form = f"grant_type=password&client_id={raw}&{raw}=1".encode("latin-1")
        for path in ("/oauth/token", "/oauth/par", "/oauth/device", "/account/login"):
            yield "POST", path, form, FORM
        body = f'{{"email": "a@b.de", "password": "{raw}", "device": "x"}}'.encode("latin-1")
        yield "POST", "/v1/auth/login", body, JSON
    for token in TOKENS:
        for path in ("/v1/me", "/oauth/userinfo"):
            yield "GET", path, None, {"Authorization": f"Bearer {token}"}
            yield "GET", path, None, {"Authorization": f"DPoP {token}", "DPoP": token}
        shown = f"client_assertion={token}&client_assertion_type={ASSERTION}"
        yield "POST", "/oauth/token", f"grant_type=authorization_code&{shown}".encode(), FORM
        yield "GET", f"/oauth/logout?id_token_hint={token}", None, {}
        yield "GET", f"/oauth/authorize?id_token_hint={token}", None, {}
    pair = base64.b64encode(b"%ED%A0%80:%ED%A0%80").decode()
    yield "POST", "/oauth/token", b"grant_type=x", FORM | {"Authorization": f"Basic {pair}"}


async def test_text_that_is_none_is_refused_wherever_it_is_written(settings: Settings) -> None:
    async with serving(settings) as server:
        client = RestClient(server.url)
        statuses = {
            (method, path, body, tuple(headers.items())): (
                await client.call(method, path, raw=body, headers=headers)
            ).status
            for method, path, body, headers in _requests()
        }
        client.close()

    assert {request for request, status in statuses.items() if status >= 500} == set()
    assert len(statuses) > 250
