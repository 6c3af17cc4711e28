"""A server that lets people in by the word of a provider of ours."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

import msgspec

from models.base.merge_patch import Json
from tests.support.engines import TestEngines
from tests.support.people.mail import settings_of
from tests.support.server import Server, serving
from tests.support.server.provider import OpenIdProvider
from upcoach.client import Response, RestClient


@asynccontextmanager
async def federated(
    engines: TestEngines, path: Path, *, apple: bool = False, **row: Any
) -> AsyncIterator[tuple[Server, OpenIdProvider]]:
    """A server and its only provider."""
    async with OpenIdProvider().listening() as provider:
        rows = [provider.apple() | row if apple else provider.row(**row)]
        text = msgspec.json.encode(rows).decode()
        async with serving(settings_of(engines, path, UPCOACH_PROVIDERS=text)) as server:
            yield server, provider


async def nonce_of(server: Server) -> str:
    answer = await server.client().call("POST", "/v1/auth/nonce")
    assert answer.status == 201, answer
    nonce: str = answer.body["nonce"]
    return nonce


async def sign_in(server: Server, name: str, token: str, nonce: str, **more: Any) -> Response:
    """The answer to an app that was given *token*."""
    body: Json = {"id_token": token, "nonce": nonce, "device": "phone"} | more
    return await server.client().call("POST", f"/v1/auth/{name}/token", body)


async def come(
    server: Server, provider: OpenIdProvider, name: str = "google", **claims: Any
) -> Response:
    """The answer to somebody who comes from *provider*, of whom it says *claims*."""
    nonce = await nonce_of(server)
    return await sign_in(server, name, provider.token(**({"nonce": nonce} | claims)), nonce)


async def let_in(
    server: Server, provider: OpenIdProvider, name: str = "google", **claims: Any
) -> RestClient:
    """The same, who is let in."""
    answer = await come(server, provider, name, **claims)
    assert answer.status == 201, answer
    return server.client(answer.body["token"])


async def user_of(person: RestClient) -> str:
    user: str = (await person.call("GET", "/v1/me")).body["id"]
    return user
