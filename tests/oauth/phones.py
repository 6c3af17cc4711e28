"""A phone that is logged in, and what it refreshes with."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Final

from tests.support.engines import TestEngines
from tests.support.server import Server, serving
from upcoach.client import RestClient

REFRESH: Final = "/v1/auth/refresh"


async def refreshed(server: Server, token: str) -> tuple[int, str, str]:
    """The status of an exchange, and the tokens that it gives: for access, and the next."""
    answer = await server.client().call("POST", REFRESH, {"refresh_token": token})
    body = answer.body if answer.status == 200 else {}
    return answer.status, body.get("token", ""), body.get("refresh_token", "")


@asynccontextmanager
async def phone_of(engines: TestEngines) -> AsyncIterator[tuple[Server, RestClient]]:
    async with serving(engines.settings()) as server:
        yield server, await server.person()
