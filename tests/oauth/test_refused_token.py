"""What the token endpoint must refuse, for codes and for clients by themselves."""

import base64
import hmac
import secrets
import time
from collections.abc import Mapping
from typing import Any
from urllib.parse import urlencode

from joserfc import jwt
from joserfc.jwk import ECKey

from models.oauth.client import OAuthClient
from tests.oauth.flawed_token import (
    ALONE,
    ASSERTION,
    CLIENT,
    CONFIDENTIAL,
    GRANT,
    PUBLIC,
)
from tests.oauth.refusals import Bad, assert_refused
from tests.support.engines import TestEngines
from tests.support.wire.relying import (
    FORM,
    ISSUER,
    OAuthParty,
    party,
    settings_of,
)


async def _send(one: OAuthParty, bad: Bad, right: Mapping[str, str]) -> Any:
    form = {name: value for name, value in {**right, **bad.form}.items() if value}
    pairs = [*form.items(), *([(bad.twice, form[bad.twice])] if bad.twice else [])]
    raw = urlencode(pairs).encode() if bad.raw is None else bad.raw
    headers = {"Content-Type": FORM} | bad.headers
    return await one.browser.ask("POST", f"/oauth/token{bad.query}", raw, headers)


async def test_a_code_alone_is_not_enough(engines: TestEngines) -> None:
    async with party(settings_of(engines)) as one:
        await one.code()
        await one.code(one.confidential)
        witness = await one.state()

        for client, rows in ((one.public, PUBLIC), (one.confidential, CONFIDENTIAL)):
            for name, bad in rows.items():
                code = await one.code(client)
                answer = await _send(one, bad, one.redemption(code, client))
                assert_refused(name, answer, bad.error, bad.status)
        right = {"grant_type": "client_credentials", "scope": "goals:read"}
        right |= {"client_id": one.confidential.id, "client_secret": one.secret}
        for name, bad in ALONE.items():
            assert_refused(name, await _send(one, bad, right), bad.error, bad.status)
        public = Bad("unauthorized_client", {"client_id": one.public.id, "client_secret": ""})
        assert_refused("a public client", await _send(one, public, right), public.error)

        assert len(PUBLIC) + len(CONFIDENTIAL) + len(ALONE) + 1 >= 70
        assert await one.state() == witness
        assert (await _send(one, Bad(""), right)).status == 200


async def test_a_code_is_its_client_s_and_is_gone_after_any_attempt(engines: TestEngines) -> None:
    async with party(settings_of(engines)) as one:
        stolen, guessed = await one.code(), await one.code()
        code = await one.code()

        foreign = await one.token(one.redemption(stolen, one.confidential))
        late = await one.token(one.redemption(stolen))
        wrong = await one.token(one.redemption(guessed, code_verifier="x" * 43))
        right = await one.token(one.redemption(guessed))
        first = await one.token(one.redemption(code))
        second = await one.token(one.redemption(code))
        after = await one.refresh(first.body["refresh_token"])
        client = one.server.client(first.body["access_token"])
        used = await client.call("GET", "/v1/goals")

        for name, answer in {"foreign": foreign, "late": late, "wrong": wrong, "r": right}.items():
            assert_refused(name, answer, GRANT)
        assert first.status == 200
        assert_refused("a code again", second, GRANT)
        assert_refused("what came of it", after, GRANT)
        assert used.status == 401


async def test_other_methods_are_refused(engines: TestEngines) -> None:
    async with party(settings_of(engines)) as one:
        for method in ("GET", "PUT", "DELETE", "PATCH", "HEAD"):
            answer = await one.browser.ask(method, "/oauth/token", None)
            assert (method, answer.status) == (method, 405)
            assert answer.headers["allow"] == "OPTIONS, POST"
        preflight = await one.browser.ask("OPTIONS", "/oauth/token", None)
        assert preflight.status == 204
        assert preflight.headers["access-control-allow-origin"] == "*"
        assert "access-control-allow-credentials" not in preflight.headers


def _assertion(client: OAuthClient, key: ECKey, **changes: Any) -> str:
    now = int(time.time())
    claims: dict[str, Any] = {
        "iss": client.id,
        "sub": client.id,
        "aud": ISSUER,
        "iat": now,
        "exp": now + 60,
        "jti": secrets.token_urlsafe(16),
    } | changes
    said = {name: value for name, value in claims.items() if value is not None}
    return jwt.encode({"alg": "ES256", "kid": "one"}, said, key, algorithms=["ES256"])


def _hmac(client: OAuthClient, key: ECKey) -> str:
    head = base64.urlsafe_b64encode(b'{"alg":"HS256","kid":"one"}').rstrip(b"=").decode()
    signed = f"{head}.{_assertion(client, key).split('.')[1]}"
    mac = hmac.digest(key.as_bytes(encoding="PEM", private=False), signed.encode(), "sha256")
    return f"{signed}.{base64.urlsafe_b64encode(mac).rstrip(b'=').decode()}"


async def test_an_assertion_is_of_its_client_and_counts_once(engines: TestEngines) -> None:
    async with party(settings_of(engines)) as one:
        key, other = ECKey.generate_key("P-256"), ECKey.generate_key("P-256")
        jwks = {"keys": [{**key.as_dict(private=False), "kid": "one"}]}
        client, _ = await one.server.node.services.oauth.clients.register(
            name="Gateway",
            kind="confidential",
            auth="private_key_jwt",
            permissions=("goals:read",),
            jwks=jwks,
        )
        now = int(time.time())
        good = _assertion(client, key)
        head, body, tail = good.split(".")
        bad = {
            "another key": _assertion(client, other),
            "another issuer": _assertion(client, key, iss=one.public.id),
            "another subject": _assertion(client, key, sub=one.public.id),
            "a user": _assertion(client, key, iss=one.user, sub=one.user),
            "another audience": _assertion(client, key, aud="https://api.example.org"),
            "other audiences": _assertion(client, key, aud=["https://api.example.org", "x"]),
            "no audience": _assertion(client, key, aud=None),
            "another endpoint": _assertion(client, key, aud=f"{ISSUER}/oauth/par"),
            "over": _assertion(client, key, exp=now - 60),
            "for a year": _assertion(client, key, exp=now + 31_536_000),
            "for ever": _assertion(client, key, exp=None),
            "an end in words": _assertion(client, key, exp="soon"),
            "of the future": _assertion(client, key, iat=now + 600),
            "not yet": _assertion(client, key, nbf=now + 600),
            "no number": _assertion(client, key, jti=None),
            "an empty number": _assertion(client, key, jti=""),
            "a long number": _assertion(client, key, jti="x" * 300),
            "unsigned": f"eyJhbGciOiJub25lIn0.{body}.",
            "signed with the public key": _hmac(client, key),
            "another algorithm": f"eyJhbGciOiJSUzI1NiJ9.{body}.{tail}",
            "tampered": f"{head}.{body[:-2]}AA.{tail}",
            "an unknown key id": f"eyJhbGciOiJFUzI1NiIsImtpZCI6InR3byJ9.{body}.{tail}",
            "half of it": f"{head}.{body}",
            "letters": "abc",
            "beyond ASCII": "\u00e4.\u00f6.\u00fc",
        }
        form = {"grant_type": "client_credentials", "scope": "goals:read"}
        form |= {"client_assertion_type": ASSERTION}

        for name, assertion in bad.items():
            answer = await one.token(form | {"client_assertion": assertion})
            assert_refused(name, answer, CLIENT, 401)
        untyped = await one.token(form | {"client_assertion": good, "client_assertion_type": "jwt"})
        misnamed = await one.token(form | {"client_assertion": good, "client_id": one.public.id})
        first = await one.token(form | {"client_assertion": good})
        second = await one.token(form | {"client_assertion": good})

        assert_refused("another type", untyped, CLIENT, 401)
        assert_refused("another name", misnamed, CLIENT, 401)
        assert first.status == 200, first
        assert_refused("a second time", second, CLIENT, 401)
        used = await one.server.client(first.body["access_token"]).call("GET", "/v1/goals")
        assert (used.status, used.body["code"]) == (403, "person_needed")
