"""OAuth clients: registration, and authentication by secret or assertion."""

import base64
import binascii
import datetime as dt
import hashlib
import hmac
import secrets
from typing import Annotated, Any, Final
from urllib.parse import unquote_plus

import msgspec

from models.base.clock import Clock
from models.base.ids import new_id
from models.contexts import SCOPES
from models.oauth.client import ID_PREFIX, OAuthClient, checked
from upcoach.services.base import jwt_signatures
from upcoach.services.base.jwt_signatures import BadSignature
from upcoach.services.base.oauth_errors import invalid_client, invalid_request
from upcoach.services.base.request_parameters import Parameters
from upcoach.store.collections.oauth_clients import OAuthClientStore
from upcoach.store.secrets.one_time_tokens import OneTimeTokens

ALGORITHMS: Final = ("ES256", "Ed25519", "PS256", "RS256")
ASSERTION: Final = "urn:ietf:params:oauth:client-assertion-type:jwt-bearer"
LIFE: Final = dt.timedelta(minutes=10)  # the longest that an assertion may hold
SECRET_BYTES: Final = 32
_PURPOSE: Final = "client assertion"
_SECRET: Final = b"client secret\0"


class ClientAssertion(msgspec.Struct, frozen=True):
    """The claims of a client assertion (RFC 7523, 3)."""

    iss: str
    sub: str
    aud: str | list[str]
    exp: jwt_signatures.NumericDate
    jti: Annotated[str, msgspec.Meta(min_length=1, max_length=jwt_signatures.NAME)]
    iat: jwt_signatures.NumericDate | None = None
    nbf: jwt_signatures.NumericDate | None = None


class OAuthClients:
    """Registers, finds and authenticates clients."""

    def __init__(
        self, store: OAuthClientStore, once: OneTimeTokens, issuer: str, clock: Clock, *, key: bytes
    ) -> None:
        self._store = store
        self._once = once
        self._issuer = issuer
        self._clock = clock
        self._key = key

    async def register(self, **fields: Any) -> tuple[OAuthClient, str]:
        """Register a client with *fields*; return it with its secret, or an empty one."""
        secret = secrets.token_urlsafe(SECRET_BYTES) if fields["auth"] == "secret" else ""
        client = OAuthClient(
            id=new_id(ID_PREFIX), secret_hash=self._hash(secret) if secret else b"", **fields
        )
        await self._store.add(checked(client, SCOPES))
        return client, secret

    async def find(self, client_id: str) -> OAuthClient | None:
        """The client under *client_id*."""
        return await self._store.find(client_id)

    async def authenticated(self, form: Parameters, authorization: str, path: str) -> OAuthClient:
        """Authenticate the client at the endpoint *path*, or raise `invalid_client`."""
        ways = ["client_secret" in form, "client_assertion" in form, bool(authorization)]
        if sum(ways) > 1:
            raise invalid_request("The client shows who it is in two ways.")
        if authorization:
            return await self._by_basic(form, authorization)
        if "client_assertion" in form:
            return await self._by_assertion(form, path)
        client = await self._named(form["client_id"])
        if client.auth == "none" and not form["client_secret"]:
            return client
        return self._by_secret(client, form["client_secret"])

    async def _by_basic(self, form: Parameters, authorization: str) -> OAuthClient:
        scheme, _, encoded = authorization.partition(" ")
        if scheme.lower() != "basic":
            raise invalid_client()
        try:
            pair = base64.b64decode(encoded.strip(), validate=True).decode()
        except (binascii.Error, ValueError):
            raise invalid_client() from None
        name, _, secret = pair.partition(":")
        name, secret = unquote_plus(name), unquote_plus(secret)  # RFC 6749, 2.3.1
        if form["client_id"] not in ("", name):
            raise invalid_client()
        return self._by_secret(await self._named(name), secret)

    def _by_secret(self, client: OAuthClient, secret: str) -> OAuthClient:
        is_right = hmac.compare_digest(self._hash(secret), client.secret_hash)
        if client.auth != "secret" or not is_right:
            raise invalid_client()
        return client

    async def _by_assertion(self, form: Parameters, path: str) -> OAuthClient:
        if form["client_assertion_type"] != ASSERTION:
            raise invalid_client()
        token = form["client_assertion"]
        try:
            claimed = jwt_signatures.read(_unchecked(token), ClientAssertion)
            client = await self._named(claimed.sub)
            assertion = _verified(token, client)
        except BadSignature:
            raise invalid_client() from None
        here = {self._issuer, self._issuer + path}
        audiences = [assertion.aud] if isinstance(assertion.aud, str) else assertion.aud
        is_named = form["client_id"] in ("", client.id)
        if assertion.iss != client.id or not here & set(audiences) or not is_named:
            raise invalid_client()
        self._check_times(assertion)
        name = f"{client.id}:{assertion.jti}"
        if not await self._once.claim(_PURPOSE, name, LIFE + 2 * jwt_signatures.LEEWAY):
            raise invalid_client()
        return client

    def _check_times(self, assertion: ClientAssertion) -> None:
        now, leeway = self._clock().timestamp(), jwt_signatures.LEEWAY.total_seconds()
        begins = max(assertion.iat or 0, assertion.nbf or 0)
        if not now - leeway < assertion.exp < now + LIFE.total_seconds() or begins > now + leeway:
            raise invalid_client()

    async def _named(self, client_id: str) -> OAuthClient:
        client = await self._store.find(client_id)
        if client is None:
            raise invalid_client()
        return client

    def _hash(self, secret: str) -> bytes:
        # It has 256 random bits: there is nothing for a slow hash to protect (ASVS 6.5.2).
        return hmac.digest(self._key, _SECRET + secret.encode(errors="replace"), hashlib.sha256)


def _unchecked(token: str) -> bytes:
    """The unverified payload of *token*, only to find the client that must have signed it."""
    parts = token.split(".")
    try:
        return base64.urlsafe_b64decode(parts[1] + "==")
    except (IndexError, ValueError):
        raise BadSignature from None


def _verified(token: str, client: OAuthClient) -> ClientAssertion:
    header = jwt_signatures.header_of(token)
    alg, name = header.get("alg"), header.get("kid")
    if client.auth != "private_key_jwt" or client.jwks is None or alg not in ALGORITHMS:
        raise BadSignature
    keys = [jwk for jwk in client.jwks["keys"] if name is None or jwk.get("kid") == name]
    for jwk in keys:
        try:
            payload = jwt_signatures.payload_of(token, jwt_signatures.public_key(jwk, alg), alg)
        except BadSignature:
            continue
        assertion = jwt_signatures.read(payload, ClientAssertion)
        assert isinstance(assertion, ClientAssertion)
        return assertion
    raise BadSignature
