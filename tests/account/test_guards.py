"""What every answer says of itself, and what never reaches an operation."""

import asyncio
import gzip
import json
from typing import Any
from urllib.parse import urlsplit

import pytest

from config.settings import Settings
from tests.support.engines import TestEngines
from tests.support.server import Server, serving

GOALS = "/v1/goals"
JSON = {"Content-Type": "application/json"}
FORM = {"Content-Type": "application/x-www-form-urlencoded"}

ALWAYS = {
    "x-content-type-options": "nosniff",
    "referrer-policy": "no-referrer",
    "cross-origin-resource-policy": "same-origin",
}
FOR_EVERYBODY = {"/openapi.json": {"cross-origin-resource-policy": "cross-origin"}}
CLOSED = "default-src 'none'; frame-ancestors 'none'"

# Method, path, and the status for somebody who has logged in.
ANSWERS: tuple[tuple[str, str, int], ...] = (
    ("GET", "/v1/me", 200),
    ("HEAD", "/v1/me", 200),
    ("OPTIONS", "/v1/me", 204),
    ("PUT", "/v1/me", 405),
    ("DELETE", GOALS, 405),
    ("PUT", "/oauth/token", 405),
    ("GET", "/oauth/token", 405),
    ("POST", "/oauth/token", 400),
    ("GET", "/oauth/authorize", 400),
    ("GET", "/oauth/jwks", 200),
    ("POST", "/oauth/jwks", 405),
    ("GET", "/account/login", 200),
    ("PUT", "/account/login", 405),
    ("OPTIONS", "/v1/auth/google/start", 204),
    ("OPTIONS", "/v1/auth/google/callback", 204),
    ("PUT", "/v1/auth/google/callback", 405),
    ("GET", "/nowhere", 404),
    ("POST", "/nowhere", 404),
    ("GET", "/v1/goals/gol_1", 404),
    ("GET", "/livez", 200),
    ("POST", "/livez", 405),
    ("GET", "/openapi.json", 200),
    ("GET", "/v1/live", 426),
    ("GET", "/v1/admin/live", 404),
    ("GET", "/v1/goals?limit=x", 400),
)


async def test_every_answer_closes_what_browsers_leave_open(engines: TestEngines) -> None:
    settings = engines.settings(UPCOACH_PUBLIC_URL="https://api.example.org")
    async with serving(settings) as server:
        person = await server.person()
        for method, path, status in ANSWERS:
            raw = b"" if method == "POST" else None
            answer = await person.call(method, path, raw=raw, headers=FORM if raw == b"" else None)

            place = f"{method} {path}"
            assert answer.status == status, (place, answer)
            expected = ALWAYS | FOR_EVERYBODY.get(path, {})
            assert expected.items() <= answer.headers.items(), place
            assert answer.headers["strict-transport-security"].startswith("max-age=63072000"), place
            assert "geolocation=()" in answer.headers["permissions-policy"], place
            assert "x-request-id" in answer.headers, place
            assert "server" not in answer.headers, place
            assert "frame-ancestors 'none'" in answer.headers["content-security-policy"], place
            if "json" in answer.headers.get("content-type", "") and path.startswith("/v1"):
                assert answer.headers["content-security-policy"] == CLOSED, place
                assert answer.headers["cache-control"] == "no-store", place
                assert answer.headers["vary"] == "Origin, Cookie, Authorization", place
            if status == 405 or method == "OPTIONS":
                assert answer.headers["allow"], place


async def test_without_tls_nobody_is_told_to_use_it(settings: Settings) -> None:
    async with serving(settings) as server:
        answer = await server.client().call("GET", "/livez")

        assert "strict-transport-security" not in answer.headers


# The parsers' quarrels (section 4 of the specification): each a 4xx, none with a trace.
BODIES: dict[str, bytes] = {
    "NaN": b'{"title": NaN}',
    "infinity": b'{"title": -Infinity}',
    "a number beyond all": b'{"title": 1e999}',
    "a name twice": b'{"title": "a", "title": "b"}',
    "a name twice, deep": b'{"title": {"a": 1, "a": 2}}',
    "an integer beyond 2^53": b'{"title": 9007199254740993}',
    "a huge integer": b'{"title": ' + b"9" * 5_000 + b"}",
    "depth": b'{"title": ' + b"[" * 40 + b"]" * 40 + b"}",
    "depth beyond the stack": b"[" * 30_000 + b"]" * 30_000,
    "NUL": b'{"title": "a\\u0000b"}',
    "NUL in a name": b'{"ti\\u0000tle": "a"}',
    "a lone surrogate": b'{"title": "\\ud800"}',
    "not UTF-8": b'{"title": "\xff"}',
    "a byte order mark": b'\xef\xbb\xbf{"title": "a"}',
    "UTF-16": '{"title": "a"}'.encode("utf-16"),
    "a comment": b'{"title": "a"} // so',
    "a comma": b'{"title": "a",}',
    "single quotes": b"{'title': 'a'}",
    "two values": b'{"title": "a"}{"title": "b"}',
    "a form": b"title=a",
    "nothing": b"",
    "an operator": b'{"title": {"$gt": ""}}',
    "an operator as a name": b'{"$where": "sleep(1000)", "title": "a"}',
    "a dotted name": b'{"title.x": "a", "title": "a"}',
    "extended JSON": b'{"title": {"$oid": "507f1f77bcf86cd799439011"}}',
    "an array": b'[{"title": "a"}]',
    "somebody else's field": b'{"title": "a", "owner": "usr_1"}',
    "gzip": gzip.compress(b'{"title": "a"}'),
}
TYPES = (
    "text/plain",
    "application/jsonx",
    "application/json, text/plain",
    "",
    "multipart/form-data",
)


async def test_what_parsers_quarrel_over_is_refused(settings: Settings) -> None:
    async with serving(settings) as server:
        person = await server.person()
        for name, raw in BODIES.items():
            answer = await person.call("POST", GOALS, raw=raw, headers=JSON)
            assert answer.status in (400, 422), (name, answer)
            assert "Traceback" not in json.dumps(answer.body), name
        for media_type in TYPES:
            headers = {"Content-Type": media_type}
            answer = await person.call("POST", GOALS, raw=b'{"title": "a"}', headers=headers)
            assert answer.status in (400, 415, 599), media_type
        zipped = JSON | {"Content-Encoding": "gzip"}
        bomb = await person.call("POST", GOALS, raw=gzip.compress(bytes(10**6)), headers=zipped)
        for query in ("limit=1&limit=2", "limit=%00", "limit[$ne]=1", "after=%ED%A0%80", "x=1"):
            answer = await person.call("GET", f"{GOALS}?{query}")
            assert answer.status == 400, query

        assert bomb.status in (400, 413)
        assert (await person.call("GET", GOALS)).body == {"items": []}


async def _sent(server: Server, *parts: bytes) -> bytes:
    """What a plain socket is answered, up to its end or a whole answer's head."""
    port = urlsplit(server.url).port
    reader, writer = await asyncio.open_connection("127.0.0.1", port)
    try:
        for part in parts:
            writer.write(part)
            await writer.drain()
        return await reader.read(200)
    except ConnectionError:
        return b""
    finally:
        writer.close()


def _request(path: str, *headers: str, length: int | None = None) -> bytes:
    lines = [f"POST {path} HTTP/1.1", "Host: x", *headers]
    lines += [] if length is None else [f"Content-Length: {length}"]
    return "\r\n".join([*lines, "", ""]).encode()


@pytest.mark.filterwarnings("default::ResourceWarning")
async def test_what_is_too_large_is_not_read(settings: Settings) -> None:
    kind, bearer = "Content-Type: application/json", "Authorization: Bearer x"
    parts = b"--x\r\nContent-Disposition: form-data; name=a\r\n\r\n1\r\n" * 10_000 + b"--x--\r\n"
    multipart = "Content-Type: multipart/form-data; boundary=x"
    refused: dict[str, tuple[bytes, ...]] = {
        "a body": (_request(GOALS, kind, bearer, length=2 * 1024 * 1024),),
        "a body of nobody's": (_request("/v1/imports/loop", length=2 * 1024 * 1024),),
        "an import": (_request("/v1/imports/loop", bearer, length=11 * 1024 * 1024),),
        "headers": (b"GET / HTTP/1.1\r\nHost: x\r\nX: " + b"a" * 20_000 + b"\r\n\r\n",),
        "parts": (_request(GOALS, multipart, bearer, length=len(parts)), parts),
        "two lengths": (_request(GOALS, kind, "Content-Length: 5", length=6), b"{}"),
        "length and chunks": (_request(GOALS, kind, "Transfer-Encoding: chunked", length=6),),
        "an odd length": (b"POST / HTTP/1.1\r\nHost: x\r\nContent-Length: +5\r\n\r\n12345",),
        "a header over two lines": (b"GET / HTTP/1.1\r\nHost: x\r\nX: a\r\n b\r\n\r\n",),
    }
    async with serving(settings) as server:
        for name, sent in refused.items():
            answer = await _sent(server, *sent)
            status = answer.split(b" ")[1:2]
            assert status in ([], [b"400"], [b"404"], [b"413"], [b"431"]), (name, answer)
        # It was not the server that went away.
        assert (await server.client().call("GET", "/livez")).status == 200


async def test_a_field_that_is_ours_is_written_by_nobody_else(settings: Settings) -> None:
    ours: dict[str, Any] = {
        "_id": "x",
        "id": "gol_1",
        "owner": "usr_1",
        "user_id": "usr_1",
        "version": 9,
        "created_at": "2020-01-01T00:00:00Z",
        "updated_at": "2020-01-01T00:00:00Z",
        "roles": ["superadmin"],
        "role": "superadmin",
        "email_verified": True,
        "password_hash": "x",
        "email_index": "x",
        "acr": 2,
        "plan": "gold",
    }
    async with serving(settings) as server:
        person = await server.person()
        goal = (await person.call("POST", GOALS, {"title": "Run"})).body
        path = f"{GOALS}/{goal['id']}"
        for name, value in ours.items():
            patch = await person.call("PATCH", path, {name: value}, headers={"If-Match": '"v1"'})
            assert patch.status == 422, (name, patch)
            registration = {"email": "a@b.example", "password": "correct horse", "name": "A"}
            answer = await server.client().call(
                "POST", "/v1/auth/register", registration | {name: value}
            )
            assert answer.status == 422, (name, answer)

        assert (await person.call("GET", path)).body == goal
