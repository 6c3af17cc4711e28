"""Who uploads is asked for everything before a byte is spooled, and let through at the end."""

import base64
import json
import time
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any

import pytest

from handlers.http.limits import upload_meter
from handlers.http.limits.upload_meter import UploadMeter
from models.access.limits import SPOOLED_BURST
from models.base.clock import utc_now
from tests.costs.raw import Raw, raw, until
from tests.imports.exports import NEWER, zipped
from tests.support.engines import TestEngines
from tests.support.server import Server, serving
from tests.support.wire.relying import ISSUER, DpopSigner
from upcoach.client import RestClient
from upcoach.services.account.sessions.access_tokens import TYPE

LOOP = "/v1/imports/loop"
MIB = 1 << 20
LIFE_S = 5


def claims_of(token: str) -> dict[str, Any]:
    part = token.split(".")[1]
    claims: dict[str, Any] = json.loads(base64.urlsafe_b64decode(part + "=" * (-len(part) % 4)))
    return claims


def signed(server: Server, person: RestClient, **claims: Any) -> str:
    """A token of *person* that says something else than theirs."""
    tokens = server.node.services.account.tokens
    return tokens.signed(TYPE, claims_of(person.token) | claims)


def padded(size: int) -> bytes:
    """An export that has *size* bytes or more; what stands before a zip is no part of it."""
    return bytes(size) + zipped(NEWER)


async def begin(one: Raw, size: int, *headers: str) -> None:
    """Send the head of an upload."""
    lines = ("Host: x", "Content-Type: application/zip", f"Content-Length: {size}", *headers)
    one.writer.write("\r\n".join((f"POST {LOOP} HTTP/1.1", *lines, "\r\n")).encode())
    await one.writer.drain()


@asynccontextmanager
async def half_sent(server: Server, token: str) -> AsyncIterator[tuple[Raw, bytes]]:
    """An upload that is half there, and the rest of it."""
    content = padded(2 * MIB)
    async with raw(server) as one:
        await begin(one, len(content), f"Authorization: Bearer {token}")
        one.writer.write(content[:MIB])
        await until(lambda: server.node.bodies.spooled == MIB)
        yield one, content[MIB:]


async def test_a_token_that_is_over_when_the_body_is_there_is_no_reason(
    engines: TestEngines,
) -> None:
    async with serving(engines.settings()) as server:
        person = await server.person()
        token = signed(server, person, exp=int(time.time()) + LIFE_S)
        async with half_sent(server, token) as (one, rest):
            caller = server.node.services.account.sessions.holder(token)
            await until(lambda: utc_now() > caller.expires_at)
            one.writer.write(rest)
            assert await one.status() == 200
        over = server.client(token)
        assert (await over.call("GET", "/v1/habits")).status == 401


async def test_a_session_that_has_ended_meanwhile_is_one(engines: TestEngines) -> None:
    async with serving(engines.settings()) as server:
        person = await server.person()
        async with half_sent(server, person.token) as (one, rest):
            await person.call("POST", "/v1/auth/logout")
            one.writer.write(rest)
            assert await one.status() == 401


async def test_nothing_is_spooled_of_who_may_not_import(engines: TestEngines) -> None:
    async with serving(engines.settings()) as server:
        person = await server.person()
        signer = DpopSigner()
        other = signed(server, person, scope="goals:read")
        bound = signed(server, person, cnf={"jkt": signer.thumbprint})
        wrong = DpopSigner().proof("POST", LOOP, bound)
        refused = {
            "another permission": (403, [f"Authorization: Bearer {other}"]),
            "no proof": (401, [f"Authorization: DPoP {bound}"]),
            "another key": (401, [f"Authorization: DPoP {bound}", f"DPoP: {wrong}"]),
            "as a bearer": (401, [f"Authorization: Bearer {bound}"]),
        }
        for name, (status, headers) in refused.items():
            async with raw(server) as one:
                await begin(one, 2 * MIB, *headers)
                assert (name, await one.status()) == (name, status)
                assert server.node.bodies.spooled == 0


async def test_a_proof_is_taken_once_for_an_upload(engines: TestEngines) -> None:
    async with serving(engines.settings(UPCOACH_PUBLIC_URL=ISSUER)) as server:
        person = await server.person()
        signer = DpopSigner()
        bound = signed(server, person, cnf={"jkt": signer.thumbprint})
        proof = signer.proof("POST", LOOP, bound)
        content = padded(MIB)
        for status in (200, 401):
            async with raw(server) as one:
                await begin(one, len(content), f"Authorization: DPoP {bound}", f"DPoP: {proof}")
                one.writer.write(content)
                assert await one.status() == status


async def test_an_upload_that_is_given_up_counts(
    engines: TestEngines, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(upload_meter, "SPOOLED_BURST", MIB)
    monkeypatch.setattr(upload_meter, "SPOOLED_PER_S", 1)
    async with serving(engines.settings()) as server:
        person, other = await server.person(), await server.person()
        async with half_sent(server, person.token):
            pass
        await until(lambda: server.node.bodies.spooled == 0)
        async with raw(server) as one:
            await begin(one, 2 * MIB, f"Authorization: Bearer {person.token}")
            assert await one.status() == 429
        async with half_sent(server, other.token) as (one, rest):
            one.writer.write(rest)
            assert await one.status() == 200


def test_what_was_sent_to_the_disk_is_paid_for_in_time() -> None:
    meter = UploadMeter()

    meter.count("usr_1", SPOOLED_BURST, 0.0)

    assert meter.wait_s("usr_1", 0.0) > 0
    assert meter.wait_s("usr_2", 0.0) == 0
    assert meter.wait_s("usr_1", 1.0) == 0
    meter.count("usr_1", SPOOLED_BURST, 1.0)
    assert 3_500 < meter.wait_s("usr_1", 2.0) < 3_600
