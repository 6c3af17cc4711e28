"""Browser apps of other origins: which may read answers; no cookie opens anything for them."""

import asyncio
import contextlib
from collections.abc import AsyncIterator
from typing import Any, Final

import pytest
from tornado.httpclient import HTTPClientError, HTTPRequest
from tornado.websocket import websocket_connect

from tests.account.web_app import SAME, web_app
from tests.support.engines import TestEngines
from tests.support.server import Server, serving
from tests.support.wire.event_streams import reading
from tests.support.wire.tickets import ticket_of
from upcoach.client import RestClient
from upcoach.client.rest import Response

PARTNER: Final = "https://app.example.org"  # that of a registered client
OURS: Final = "https://web.example.org"  # that of the setting
STRANGE: Final = "https://evil.example"
ADMITTED: Final = (PARTNER, OURS, "http://localhost:5173", "http://127.0.0.1:1")
REFUSED: Final = (
    STRANGE,
    "null",
    "http://app.example.org",
    "https://app.example.org:8443",
    "https://app.example.org.evil.example",
    "https://localhost:5173",
    "http://localhost.evil.example",
    "http://localhost:99999",
    "HTTPS://APP.EXAMPLE.ORG/",
    "",
)
EXPOSED: Final = {
    "ETag",
    "Idempotency-Replayed",
    "Link",
    "Location",
    "RateLimit",
    "RateLimit-Policy",
    "Retry-After",
    "Upcoach-Cursor",
    "WWW-Authenticate",
}
# What is answered to a page as to anybody, whatever the status.
ANSWERS: Final = (
    ("GET", "/v1/me", 200),
    ("GET", "/v1/goals?limit=x", 400),
    ("PUT", "/v1/me", 405),
    ("GET", "/v1/nowhere", 404),
    ("GET", "/v1/goals/gol_1", 404),
)


@contextlib.asynccontextmanager
async def _served(engines: TestEngines) -> AsyncIterator[Server]:
    settings = engines.settings(UPCOACH_WEB_ORIGINS=f"{OURS}, https://other.example:8443")
    async with serving(settings) as server:
        fields = {"kind": "public", "auth": "none", "permissions": ("goals:read",)}
        redirects = (
            f"{PARTNER}/cb",
            "http://localhost/cb",
            "http://127.0.0.1/cb",
            "org.example:/cb",
        )
        await server.node.services.oauth.clients.register(name="App", redirects=redirects, **fields)
        yield server


async def _preflight(client: RestClient, origin: str, method: str = "PATCH") -> Response:
    headers = {"Origin": origin, "Access-Control-Request-Method": method}
    return await client.call("OPTIONS", "/v1/me", headers=headers)


async def test_pages_of_registered_apps_and_of_the_setting_are_let_read(
    engines: TestEngines,
) -> None:
    async with _served(engines) as server:
        person = await server.person()
        for origin in ADMITTED:
            preflight = await _preflight(server.client(), origin)
            read = await person.call("GET", "/v1/me", headers={"Origin": origin})

            told = preflight.headers
            assert (preflight.status, told["access-control-allow-origin"]) == (204, origin)
            assert told["access-control-allow-methods"] == told["allow"]
            wanted = {"Authorization", "Content-Type", "DPoP", "Idempotency-Key", "If-Match"}
            assert wanted <= set(told["access-control-allow-headers"].split(", "))
            assert int(told["access-control-max-age"]) > 0
            assert read.headers["access-control-allow-origin"] == origin
            assert set(read.headers["access-control-expose-headers"].split(", ")) >= EXPOSED
        for origin in REFUSED:
            preflight = await _preflight(server.client(), origin)
            read = await person.call("GET", "/v1/me", headers={"Origin": origin})
            for answer in (preflight, read):
                given = [name for name in answer.headers if name.startswith("access-control")]
                assert given == [], origin
                assert "Origin" in answer.headers["vary"]


async def test_every_answer_of_the_api_can_be_read_and_none_with_a_cookie(
    engines: TestEngines,
) -> None:
    async with _served(engines) as server:
        person = await server.person()
        await _preflight(server.client(), PARTNER)
        for method, path, status in ANSWERS:
            raw = b"{}" if method == "PUT" else None
            answer = await person.call(method, path, raw=raw, headers={"Origin": PARTNER})
            assert answer.status == status, path
            assert answer.headers["access-control-allow-origin"] == PARTNER, path
            assert "access-control-allow-credentials" not in answer.headers, path
            assert "Origin" in answer.headers["vary"], path
        anonymous = await server.client().call("GET", "/v1/me", headers={"Origin": PARTNER})
        assert anonymous.status == 401
        assert anonymous.headers["access-control-allow-origin"] == PARTNER


async def test_a_cookie_opens_nothing_for_a_page_of_another_origin(engines: TestEngines) -> None:
    settings = engines.settings(UPCOACH_WEB_ORIGINS=OURS)
    async with web_app(settings) as app:
        await app.log_in()
        proof = await app.proof()
        mine = await app.call("GET", "/v1/me")
        for origin in (OURS, STRANGE, "null"):
            site = {"Sec-Fetch-Site": "same-site"}
            read = await app.browser.ask("GET", "/v1/me", None, {"Origin": origin} | site)
            written = await app.add_goal(Origin=origin, **site, **proof)
            assert (read.status, written.status) == (403, 403), origin
            assert read.body["code"] == "site_other"
        assert mine.status == 200
        assert (await app.browser.ask("GET", "/v1/me", None, SAME)).status == 200
        assert await app.goals() == 0


async def test_preflights_are_counted(engines: TestEngines) -> None:
    async with serving(engines.settings(UPCOACH_LIMITS="on", UPCOACH_WEB_ORIGINS=OURS)) as server:
        answers = await asyncio.gather(*(_preflight(server.client(), OURS) for _ in range(110)))

        refused = [answer for answer in answers if answer.status == 429]
        assert refused
        assert all("retry-after" in answer.headers for answer in refused)


async def _socket(server: Server, origin: str | None, path: str = "/v1/live") -> int:
    """The status of a handshake."""
    headers = {} if origin is None else {"Origin": origin}
    request = HTTPRequest(server.url.replace("http", "ws", 1) + path, headers=headers)
    try:
        (await websocket_connect(request)).close()
    except HTTPClientError as refusal:
        return refusal.code
    return 101


async def test_sockets_and_streams_are_opened_by_the_same_list(engines: TestEngines) -> None:
    async with _served(engines) as server:
        person = await server.person()
        for origin, socket, stream in (
            (None, 101, 200),
            (server.url, 101, 200),
            *((origin, 101, 200) for origin in ADMITTED),
            *((origin, 403, 403) for origin in REFUSED if origin),
        ):
            if origin not in (None, server.url):
                await _preflight(server.client(), origin)
            assert await _socket(server, origin) == socket, origin
            headers: dict[str, Any] = {"Host": server.url.partition("//")[2]}
            headers |= {} if origin is None else {"Origin": origin}
            ticket = await ticket_of(person)
            place = f"/v1/events?ticket={ticket}"
            async with reading(server, place, **headers) as reader:
                assert reader.status == stream, origin
                if origin in ADMITTED:
                    assert reader.headers["access-control-allow-origin"] == origin


@pytest.mark.parametrize("path", ["/upcoach.mjs", "/upcoach.d.mts", "/openapi.json"])
async def test_the_client_is_served_to_pages_of_every_origin(
    engines: TestEngines, path: str
) -> None:
    async with serving(engines.settings()) as server:
        answer = await server.client().call("GET", path, headers={"Origin": STRANGE})

        assert answer.status == 200
        assert answer.headers["access-control-allow-origin"] == "*"
        assert answer.headers["cross-origin-resource-policy"] == "cross-origin"
        assert "set-cookie" not in answer.headers
