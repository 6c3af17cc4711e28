"""Servers that count requests, and people at addresses."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

from config.settings import Settings
from streams.limits.rate_limiter import SharedRateLimiter
from tests.support.server import PASSWORD, Server, serving
from upcoach.client import Response, RestClient


def patient(limits: SharedRateLimiter) -> SharedRateLimiter:
    """*limits* that wait for Redis on however slow a machine."""
    limits.patience_s = 60
    return limits


@asynccontextmanager
async def serving_limited(environ: dict[str, str]) -> AsyncIterator[Server]:
    async with serving(Settings.from_environ(environ)) as server:
        patient(server.node.runner.limits)
        yield server


async def log_in(
    client: RestClient, email: str, password: str, address: str = "203.0.113.7", **more: str
) -> Response:
    body = {"email": email, "password": password, "device": "phone"}
    headers = {"X-Forwarded-For": address} | {
        name.replace("_", "-"): it for name, it in more.items()
    }
    return await client.call("POST", "/v1/auth/login", body, headers=headers)


async def person_at(server: Server, address: str = "203.0.113.7") -> tuple[RestClient, str]:
    email = f"p{address.replace(':', '.')}@example.org"
    body = {"email": email, "password": PASSWORD, "name": "Ann"}
    headers = {"X-Forwarded-For": address}
    await server.client().call("POST", "/v1/auth/register", body, headers=headers)
    answer = await log_in(server.client(), email, PASSWORD, address)
    return server.client(answer.body["token"]), email
