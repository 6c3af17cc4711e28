"""OpenID Connect Discovery: a provider's endpoints and keys, cached."""

import asyncio
import datetime as dt
from typing import Any, Final

import msgspec
import structlog
from joserfc.jwk import Key

from models.base.clock import Clock
from models.base.errors import Unavailable
from upcoach.services.account.federation.providers import Provider
from upcoach.services.base.fetching import Fetch, FetchFailed
from upcoach.services.base.jwt_signatures import BadSignature, public_key

PATH: Final = "/.well-known/openid-configuration"
FRESH: Final = dt.timedelta(hours=1)
SETTING: Final = "UPCOACH_PROVIDERS"
PAUSE: Final = dt.timedelta(minutes=1)  # between looks for a key that is not there

_log = structlog.get_logger(__name__)


class Endpoints(msgspec.Struct, frozen=True):
    """A provider's metadata; *secret_ways* are its client authentication methods."""

    issuer: str
    authorization_endpoint: str
    token_endpoint: str
    jwks_uri: str
    secret_ways: tuple[str, ...] = msgspec.field(
        default=("client_secret_basic",), name="token_endpoint_auth_methods_supported"
    )


class Discovery:
    """A cache of one provider's metadata and keys."""

    def __init__(self, provider: Provider, fetch: Fetch, clock: Clock) -> None:
        self._provider = provider
        self._fetch = fetch
        self._clock = clock
        self._turn = asyncio.Lock()
        self._endpoints: Endpoints | None = None
        self._keys: list[Any] = []
        self._fetched_at = dt.datetime.min.replace(tzinfo=dt.UTC)

    async def endpoints(self) -> Endpoints:
        """The provider's endpoints, or `Unavailable`."""
        await self._refresh(FRESH)
        if self._endpoints is None:
            raise provider_away()
        return self._endpoints

    async def key(self, key_id: str, alg: str) -> Key:
        """Its public key under *key_id*, or `BadSignature`; `Unavailable` if it tells none.

        Anybody can send tokens with keys that nobody has, so for those it is asked once a minute.
        """
        await self._refresh(FRESH)
        if not self._knows(key_id):
            await self._refresh(PAUSE)
        if not self._keys:
            raise provider_away()
        named = [jwk for jwk in self._keys if _is_named(jwk, key_id)]
        if len(named) != 1:
            raise BadSignature
        return public_key(named[0], alg)

    def _knows(self, key_id: str) -> bool:
        return any(_is_named(jwk, key_id) for jwk in self._keys)

    async def _refresh(self, age: dt.timedelta) -> None:
        """Fetch metadata and keys if they are older than *age*.

        Of a provider that does not answer, what was known before is known.
        """
        async with self._turn:
            now = self._clock()
            if self._keys and now - self._fetched_at < age:
                return
            try:
                endpoints = await self._ask_endpoints()
                keys = (await self._fetch(endpoints.jwks_uri)).members().get("keys")
            except FetchFailed as failure:
                log_away(self._provider, failure)
                self._fetched_at = now
                return
            self._fetched_at = now
            if isinstance(keys, list):
                self._endpoints, self._keys = endpoints, keys

    async def _ask_endpoints(self) -> Endpoints:
        answer = await self._fetch(self._provider.issuer.rstrip("/") + PATH)
        try:
            endpoints = msgspec.convert(answer.members(), Endpoints)
        except msgspec.ValidationError:
            raise FetchFailed("its metadata lacks an endpoint") from None
        # Whoever is at that URL must be who it is about (OpenID Connect Discovery, 4.3).
        if answer.status != 200 or endpoints.issuer != self._provider.issuer:
            raise FetchFailed(f"its metadata is of another issuer, or its answer {answer.status}")
        self._fetch.check(endpoints.authorization_endpoint)  # where we send browsers
        return endpoints


def _is_named(jwk: Any, key_id: str) -> bool:
    return isinstance(jwk, dict) and jwk.get("kid") == key_id and jwk.get("use") in (None, "sig")


def log_away(provider: Provider, failure: FetchFailed) -> None:
    """Log that *provider* cannot be asked, and why: its users see only that it does not answer."""
    _log.warning("provider_away", provider=provider.name, setting=SETTING, reason=str(failure))


def provider_away() -> Unavailable:
    """The refusal of whoever comes by way of a provider that does not answer."""
    return Unavailable("provider_unavailable", "The provider does not answer. Try again shortly.")
