"""Client authentication at a provider's token endpoint."""

import base64
import datetime as dt
from typing import Final
from urllib.parse import quote_plus

from joserfc import jwt
from joserfc.jwk import ECKey

from upcoach.services.account.federation.discovery import Endpoints
from upcoach.services.account.federation.providers import Provider, SigningKey

LIFE: Final = dt.timedelta(minutes=5)  # of a secret that is made for one request


def client_authentication(
    provider: Provider, endpoints: Endpoints, now: dt.datetime
) -> tuple[dict[str, str], str]:
    """Form fields and the `Authorization` header that authenticate our client."""
    client = provider.clients[0]
    secret = _secret(provider, now)
    if not secret:
        return {"client_id": client}, ""
    if "client_secret_post" in endpoints.secret_ways:
        return {"client_id": client, "client_secret": secret}, ""
    pair = f"{quote_plus(client)}:{quote_plus(secret)}"  # RFC 6749, 2.3.1
    return {}, f"Basic {base64.b64encode(pair.encode()).decode()}"


def _secret(provider: Provider, now: dt.datetime) -> str:
    if provider.key is None:
        return provider.secret
    return _signed(provider.key, provider, int(now.timestamp()))


def _signed(key: SigningKey, provider: Provider, now: int) -> str:
    """A client secret that is a JWT which we sign, as Apple requires."""
    claims = {
        "iss": key.team,
        "iat": now,
        "exp": now + int(LIFE.total_seconds()),
        "aud": provider.issuer,
        "sub": provider.clients[0],
    }
    header = {"alg": "ES256", "kid": key.id}
    return jwt.encode(header, claims, ECKey.import_key(key.pem), algorithms=["ES256"])
