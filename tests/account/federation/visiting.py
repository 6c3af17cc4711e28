"""Visits of a provider's page, and what may go wrong on the way back."""

from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any, Final

import msgspec

from models.base.merge_patch import Json
from tests.support.engines import TestEngines
from tests.support.server.provider import OpenIdProvider
from tests.support.wire.relying import OAuthParty, party, settings_of

START, BACK = "/v1/auth/google/start", "/v1/auth/google/callback"
Fields = dict[str, str]


@asynccontextmanager
async def visiting(
    engines: TestEngines, path: Path, **row: Any
) -> AsyncIterator[tuple[OAuthParty, OpenIdProvider]]:
    """A server that the world finds over TLS, with both kinds of provider."""
    async with OpenIdProvider().listening() as provider:
        rows = [provider.row(**row), provider.apple()]
        more = {"UPCOACH_PROVIDERS": msgspec.json.encode(rows).decode(), "UPCOACH_DATA": str(path)}
        async with party(settings_of(engines, **more)) as one:
            yield one, provider


Spoil = Callable[[Fields], Fields]
SPOILT: Final[dict[str, tuple[Spoil, int]]] = {
    "no state": (lambda fields: fields | {"state": ""}, 403),
    "another state": (lambda fields: fields | {"state": "x" * 43}, 403),
    "an operator": (lambda fields: fields | {"state": '{"$ne": ""}'}, 403),
    "no code": (lambda fields: fields | {"code": ""}, 403),
    "another code": (lambda fields: fields | {"code": "x" * 22}, 403),
    "a refusal": (lambda fields: fields | {"error": "access_denied"}, 403),
    "a refusal alone": (lambda fields: {"state": fields["state"], "error": "access_denied"}, 403),
    "another issuer": (lambda fields: fields | {"iss": "https://evil.example"}, 403),
    "nothing": (lambda _: {}, 403),
}


CLAIMS: Final[dict[str, Json]] = {
    "another nonce": {"nonce": "x" * 43},
    "another audience": {"aud": "evil.example"},
    "another issuer": {"iss": "https://evil.example"},
    "over": {"exp": 1_000_000_000},
    "no subject": {"sub": None},
    "no address": {"email": None},
    "an address that nobody verified": {"email_verified": False},
}
