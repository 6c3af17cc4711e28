"""An app that relies on the authorization server, its user's browser, and the keys it holds."""

import base64
import hashlib
import re
import secrets
import time
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from html import unescape
from typing import Any, Final
from urllib.parse import parse_qsl, urlencode, urlsplit

import msgspec
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec, ed25519
from cryptography.hazmat.primitives.asymmetric.utils import decode_dss_signature
from joserfc.jwk import ECKey, OKPKey
from tornado.httpclient import AsyncHTTPClient, HTTPRequest

from config.settings import Settings
from models.base.ids import new_id
from models.base.merge_patch import Json
from models.oauth.client import OAuthClient
from tests.support.engines import TestEngines
from tests.support.server import PASSWORD, Server, serving
from upcoach.node import app

ISSUER: Final = "https://auth.example.org"
REDIRECT: Final = "https://app.example.org/cb"
VERIFIER: Final = "dBjftJeZ4CVP-mB92K27uhbUJU1p1r_wW1gFWFOEjXk"
CHALLENGE: Final = "E9Melhoa2OwvFrEMTJguCHaoeK1t8URWbuGJSstw-cM"
SCOPES: Final = "openid profile email offline_access goals:read goals:write"
FORM: Final = "application/x-www-form-urlencoded"
Form = dict[str, str] | Sequence[tuple[str, str]]


class Answer(msgspec.Struct, frozen=True):
    """An answer as it came."""

    status: int
    headers: dict[str, str]
    text: str

    @property
    def body(self) -> Any:
        return msgspec.json.decode(self.text)

    @property
    def sent_to(self) -> dict[str, str]:
        """The parameters of the place that a browser is sent to."""
        return dict(parse_qsl(urlsplit(self.headers["location"]).query))

    @property
    def hidden(self) -> dict[str, str]:
        """The hidden fields of the form on a page."""
        fields = re.findall(r'type="hidden" name="([^"]*)" value="([^"]*)"', self.text)
        return {unescape(name): unescape(value) for name, value in fields}

    @property
    def ticked(self) -> dict[str, str]:
        names = re.findall(r'name="(allow:[^"]*)" value="yes" checked', self.text)
        return dict.fromkeys(map(unescape, names), "yes")

    @property
    def action(self) -> str:
        match = re.search(r'<form method="post" action="([^"]*)"', self.text)
        assert match is not None, self
        return unescape(match[1])


class Browser:
    """A browser: it keeps cookies, and follows nothing by itself."""

    def __init__(self, url: str) -> None:
        self.url = url
        self.cookies: dict[str, str] = {}
        self._http = AsyncHTTPClient(force_instance=True, max_clients=64)

    def close(self) -> None:
        self._http.close()

    async def get(self, path: str, query: Form = (), **headers: str) -> Answer:
        place = path if not query else f"{path}?{urlencode(query)}"
        return await self.ask("GET", place, None, headers)

    async def post(self, path: str, form: Form, **headers: str) -> Answer:
        raw = urlencode(form).encode()
        return await self.ask("POST", path, raw, {"Content-Type": FORM} | headers)

    async def ask(self, method: str, path: str, raw: bytes | None, headers: Any = None) -> Answer:
        cookie = "; ".join(f"{name}={value}" for name, value in self.cookies.items())
        sent = dict(headers or {}) | ({"Cookie": cookie} if cookie else {})
        request = HTTPRequest(
            self.url + path,
            method=method,
            headers=sent,
            body=raw,
            follow_redirects=False,
            allow_nonstandard_methods=True,
            request_timeout=60,
        )
        answer = await self._http.fetch(request, raise_error=False)
        for line in answer.headers.get_list("Set-Cookie"):
            name, _, value = line.partition(";")[0].partition("=")
            self.cookies[name] = value
        headers = {name.lower(): value for name, value in answer.headers.items()}
        return Answer(answer.code, headers, answer.body.decode())

    async def log_in(self, page: Answer, email: str, password: str = PASSWORD) -> Answer:
        """Send the login form, and go where it leads."""
        form = page.hidden | {"email": email, "password": password}
        answer = await self.post(page.action, form)
        if answer.status == 303:
            return await self.get(answer.headers["location"])
        return answer

    async def agree(self, page: Answer, answer: str = "yes", *, but: Sequence[str] = ()) -> Answer:
        """Send the consent form, with all ticked *but* some."""
        ticked = {
            name: value
            for name, value in page.ticked.items()
            if name.removeprefix("allow:") not in but
        }
        return await self.post(page.action, page.hidden | ticked | {"answer": answer})


class DpopSigner:
    """Somebody with a key, who can prove that they hold it (RFC 9449)."""

    def __init__(self, alg: str = "ES256") -> None:
        self.alg = alg
        self.key: ECKey | OKPKey = (
            ECKey.generate_key("P-256") if alg == "ES256" else OKPKey.generate_key("Ed25519")
        )

    @property
    def thumbprint(self) -> str:
        return self.key.thumbprint()

    def proof(self, method: str, path: str, token: str = "", **claims: Any) -> str:
        """A proof, with *claims* and the header's members `h_...` in the place of what is right."""
        payload: Json = {
            "jti": secrets.token_urlsafe(16),
            "htm": method,
            "htu": ISSUER + path,
            "iat": int(time.time()),
        }
        if token:
            digest = hashlib.sha256(token.encode()).digest()
            payload["ath"] = base64.urlsafe_b64encode(digest).rstrip(b"=").decode()
        header: Json = {"typ": "dpop+jwt", "alg": self.alg, "jwk": self.key.as_dict(private=False)}
        for name, value in claims.items():
            part, key = (header, name[2:]) if name.startswith("h_") else (payload, name)
            if value is None:
                part.pop(key, None)
            else:
                part[key] = value
        signed = b".".join(_base64(msgspec.json.encode(piece)) for piece in (header, payload))
        return b".".join([signed, _base64(self._signature(signed))]).decode()

    def _signature(self, signed: bytes) -> bytes:
        """By hand: a library would refuse to sign half of what has to be refused."""
        private = self.key.private_key
        if isinstance(private, ed25519.Ed25519PrivateKey):
            return private.sign(signed)
        assert isinstance(private, ec.EllipticCurvePrivateKey)
        numbers = decode_dss_signature(private.sign(signed, ec.ECDSA(hashes.SHA256())))
        return b"".join(number.to_bytes(32) for number in numbers)


class OAuthParty(msgspec.Struct, frozen=True):
    """A server, a user with a browser, and two apps."""

    server: Server
    browser: Browser
    email: str
    user: str
    public: OAuthClient
    confidential: OAuthClient
    secret: str

    def request(self, client: OAuthClient | None = None, **more: str) -> dict[str, str]:
        """An authorization request that is in order; an empty value leaves a parameter out."""
        parameters = {
            "client_id": (client or self.public).id,
            "redirect_uri": REDIRECT,
            "response_type": "code",
            "scope": SCOPES,
            "state": "af0ifjsldkj",
            "nonce": "n-0S6_WzA2Mj",
            "code_challenge": CHALLENGE,
            "code_challenge_method": "S256",
        } | more
        return {name: value for name, value in parameters.items() if value}

    async def code(self, client: OAuthClient | None = None, **more: str) -> str:
        """A code, for which the user logs in and agrees where they have to."""
        answer = await self.browser.get("/oauth/authorize", self.request(client, **more))
        if answer.status == 200 and 'type="password"' in answer.text:
            answer = await self.browser.log_in(answer, self.email)
        if answer.status == 200:
            answer = await self.browser.agree(answer)
        assert answer.status == 303, answer
        return answer.sent_to["code"]

    def redemption(
        self, code: str, client: OAuthClient | None = None, **more: str
    ) -> dict[str, str]:
        """The form that redeems *code*."""
        form = {
            "grant_type": "authorization_code",
            "code": code,
            "redirect_uri": REDIRECT,
            "code_verifier": VERIFIER,
            "client_id": (client or self.public).id,
        } | more
        if client is self.confidential:
            form.setdefault("client_secret", self.secret)
        return {name: value for name, value in form.items() if value}

    async def token(self, form: Form, **headers: str) -> Answer:
        """The answer of the token endpoint."""
        return await self.browser.post("/oauth/token", form, **headers)

    async def tokens(self, client: OAuthClient | None = None, **more: str) -> Json:
        """Tokens that a user has agreed to."""
        answer = await self.token(self.redemption(await self.code(client, **more), client))
        assert answer.status == 200, answer
        tokens: Json = answer.body
        return tokens

    async def refresh(self, token: str, **more: str) -> Answer:
        """The answer to a refresh token of the public client."""
        form = {"grant_type": "refresh_token", "refresh_token": token, "client_id": self.public.id}
        return await self.token({n: v for n, v in (form | more).items() if v})

    async def state(self) -> Json:
        """What must be the same before and after something was refused."""
        database = self.server.node.database
        names = ("sessions", "grants", "rotations", "oauth_clients", "users")
        return {name: await database[name].find({}, sort=[("_id", 1)]).to_list() for name in names}


async def user_of(node: app.Node, email: str) -> str:
    """The id of whoever has the address *email*."""
    user = await node.services.account.directory.find(email)
    assert user is not None
    return user.id


def settings_of(engines: TestEngines, **more: str) -> Settings:
    """The settings of a server that knows the name under which the world finds it."""
    return engines.settings(UPCOACH_PUBLIC_URL=ISSUER, **more)


@asynccontextmanager
async def party(settings: Settings) -> AsyncIterator[OAuthParty]:
    """A party at a server of its own."""
    async with serving(settings) as server:
        anonymous = server.client()
        email = f"{new_id('test')}@example.org"
        await anonymous.register(email, PASSWORD, "Ann Example")
        user = await user_of(server.node, email)
        register = server.node.services.oauth.clients.register
        allowed = tuple(f"{SCOPES} habits:read".split())
        public, _ = await register(
            name="Public App",
            kind="public",
            redirects=(REDIRECT, "http://127.0.0.1/cb", "http://[::1]/cb", "org.example.app:/cb"),
            logout_redirects=("https://app.example.org/bye",),
            permissions=allowed,
            auth="none",
        )
        confidential, secret = await register(
            name="Confidential & Co",
            kind="confidential",
            redirects=(REDIRECT,),
            permissions=allowed,
            audiences=("api", "live"),
            auth="secret",
        )
        browser = Browser(server.url)
        try:
            yield OAuthParty(server, browser, email, user, public, confidential, secret)
        finally:
            browser.close()


def _base64(raw: bytes) -> bytes:
    return base64.urlsafe_b64encode(raw).rstrip(b"=")


DEVICE = "urn:ietf:params:oauth:grant-type:device_code"


async def allowed_device(relying: OAuthParty) -> dict[str, str]:
    """What the device polls with that the user has just allowed."""
    own = {"client_id": relying.public.id}
    codes = (await relying.browser.post("/oauth/device", own | {"scope": "goals:read"})).body
    page = await relying.browser.get("/oauth/device")
    typed = {"user_code": codes["user_code"]}
    consent = await relying.browser.post(page.action, page.hidden | typed)
    assert "Continue on your device." in (await relying.browser.agree(consent)).text
    return own | {"grant_type": DEVICE, "device_code": codes["device_code"]}
