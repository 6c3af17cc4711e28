"""An OpenID provider that answers as a test wants."""

import asyncio
import base64
import contextlib
import functools
import hashlib
import hmac
import secrets
import time
from collections.abc import AsyncIterator
from typing import Any, Final
from urllib.parse import parse_qsl, urlencode

import msgspec
from joserfc import jws
from joserfc.jwk import ECKey, RSAKey
from tornado.web import Application, RequestHandler

from models.base.merge_patch import Json
from upcoach.node import app

WEB, IOS, ANDROID = "web.example", "ios.example", "android.example"
SECRET: Final = "provider-secret:+/%"
HUGE: Final = 10 * 2**20


@functools.cache
def rsa(name: str) -> RSAKey:
    """An RSA key; each name has one in this process, since it takes long to make."""
    made = RSAKey.generate_key(2048, {"kid": "k1", "use": "sig"}, private=True)
    assert made.kid == "k1", name
    return made


@functools.cache
def apple_key() -> ECKey:
    return ECKey.generate_key("P-256", private=True)


class AuthorizationRequest(msgspec.Struct, frozen=True):
    """The authorization request that a browser was sent here with."""

    form: dict[str, str]


class OpenIdProvider:
    """The provider.

    Attributes
    ----------
    mode
        What is wrong with it: nothing, or "500", "hangs", "huge", "redirects",
        "no json", "refuses".
    says
        Claims of its ID tokens in the place of the usual; None leaves one out.
    metadata, keys
        What it answers in the place of the usual.

    """

    def __init__(self) -> None:
        self.url = ""
        self.key = rsa("first")
        self.mode = ""
        self.says: Json = {}
        self.codes: dict[str, AuthorizationRequest] = {}
        self.forms: list[tuple[dict[str, str], str]] = []
        self.requests: list[str] = []
        self.issuer = ""
        self.metadata: Json = {}
        self.keys: Any = None

    def row(self, **more: Any) -> Json:
        """Its row in a configuration."""
        usual = {
            "name": "google",
            "title": "Google",
            "issuer": self.url,
            "other_issuers": ["accounts.test"],
            "clients": [WEB, IOS, ANDROID],
            "secret": SECRET,
            "domains": ["gmail.test"],
            "authority": "hosted",
        }
        return usual | more

    def apple(self) -> Json:
        """The same as Apple would be."""
        pem = apple_key().as_pem(private=True).decode()
        return {
            "name": "apple",
            "issuer": self.url,
            "clients": [WEB, IOS],
            "key": {"team": "TEAM", "id": "KEY", "pem": pem},
        }

    def claims(self, **more: Any) -> Json:
        """What an ID token says."""
        now = int(time.time())
        usual = {
            "iss": self.url,
            "sub": "1234567890",
            "aud": WEB,
            "iat": now,
            "exp": now + 600,
            "email": "ann@gmail.test",
            "email_verified": True,
            "name": "Ann Example",
        }
        claims = usual | self.says | more
        return {name: value for name, value in claims.items() if value is not None}

    def token(self, header: Json | None = None, key: Any = None, **claims: Any) -> str:
        """An ID token."""
        heads: Json = {"alg": "RS256", "kid": "k1", "typ": "JWT"} | (header or {})
        heads = {name: value for name, value in heads.items() if value is not None}
        payload = msgspec.json.encode(self.claims(**claims))
        if heads["alg"] == "none":
            return f"{_base64(msgspec.json.encode(heads))}.{_base64(payload)}."
        return jws.serialize_compact(heads, payload, key or self.key, algorithms=[heads["alg"]])

    def jwk(self, **more: Any) -> Json:
        """The key of its ID tokens, as it publishes it."""
        return self.key.as_dict(private=False) | more

    def signed_with_public_key(self, **claims: Any) -> str:
        """An ID token whose HMAC is keyed with what everybody knows."""
        header, payload, _ = self.token({"alg": "RS256"}, **claims).split(".")
        header = _base64(msgspec.json.encode({"alg": "HS256", "kid": "k1"}))
        digest = hmac.digest(
            self.key.as_pem(private=False), f"{header}.{payload}".encode(), hashlib.sha256
        )
        return f"{header}.{payload}.{_base64(digest)}"

    @contextlib.asynccontextmanager
    async def listening(self) -> AsyncIterator["OpenIdProvider"]:
        """The provider, while it answers."""
        application = Application(
            [(r"/(.*)", _Everything, {"provider": self})], log_function=lambda _: None
        )
        async with app.listening(application, "127.0.0.1", 0) as port:
            self.url = f"http://127.0.0.1:{port}"
            yield self

    def consent(self, url: str) -> tuple[str, dict[str, str]]:
        """What a browser that was sent to *url* comes back with, and to where."""
        request = dict(parse_qsl(url.partition("?")[2]))
        code = secrets.token_urlsafe(16)
        self.codes[code] = AuthorizationRequest(request)
        return request["redirect_uri"], {"code": code, "state": request["state"]}

    def redeem(self, form: dict[str, str]) -> tuple[int, Json]:
        """The answer of the token endpoint."""
        request = self.codes.pop(form.get("code", ""), None)
        digest = hashlib.sha256(form.get("code_verifier", "").encode()).digest()
        if request is None or request.form["redirect_uri"] != form["redirect_uri"]:
            return 400, {"error": "invalid_grant"}
        if request.form["code_challenge"] != _base64(digest):
            return 400, {"error": "invalid_grant"}
        nonce = {"nonce": request.form["nonce"]} | self.says
        return 200, {"access_token": "x", "id_token": self.token(nonce=nonce["nonce"])}


class _Everything(RequestHandler):
    """All that a provider answers."""

    def initialize(self, provider: OpenIdProvider) -> None:
        self._provider = provider

    async def get(self, path: str) -> None:
        self._provider.requests.append(path)
        if path == ".well-known/openid-configuration":
            await self._answer(200, self._metadata())
        else:
            await self._answer(200, {"keys": self._provider.keys or [self._provider.jwk()]})

    async def post(self, path: str) -> None:
        self._provider.requests.append(path)
        form = dict(parse_qsl(self.request.body.decode()))
        self._provider.forms.append((form, self.request.headers.get("Authorization", "")))
        await self._answer(*self._provider.redeem(form))

    async def _answer(self, status: int, body: Json) -> None:
        match self._provider.mode:
            case "500":
                self.set_status(500)
            case "hangs":
                await asyncio.Event().wait()
            case "huge":
                self.write(b'{"x": "' + b"x" * HUGE + b'"}')
            case "redirects":
                if self.get_query_argument("again", ""):
                    self.write(msgspec.json.encode(body))
                else:  # to where all would be well
                    self.redirect(f"{self.request.path}?again=1", status=307)
            case "no json":
                self.write(b"<html>")
            case "refuses":
                self.set_status(400)
                self.write({"error": "invalid_client"})
            case _:
                self.set_status(status)
                self.write(msgspec.json.encode(body))

    def _metadata(self) -> Json:
        url = self._provider.url
        return {
            "issuer": self._provider.issuer or url,
            "authorization_endpoint": f"{url}/authorize",
            "token_endpoint": f"{url}/token",
            "jwks_uri": f"{url}/jwks",
            "token_endpoint_auth_methods_supported": ["client_secret_basic"],
        } | self._provider.metadata


def query(form: dict[str, str]) -> str:
    """*form* behind a URL."""
    return f"?{urlencode(form)}"


def _base64(raw: bytes) -> str:
    return base64.urlsafe_b64encode(raw).rstrip(b"=").decode()
