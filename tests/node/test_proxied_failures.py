"""The balancers of `config/deploy` while something is away, and what they let through."""

import asyncio
import dataclasses
import json
import re
import ssl
from pathlib import Path

import pytest
from tornado.httputil import HTTPHeaders

from config.settings import Settings
from handlers.admin.health import Readyz
from handlers.contexts import CONTEXTS
from handlers.http.problem_handler import HEADERS, HSTS
from handlers.http.problems import MEDIA_TYPE, http_problem
from models.access.limits import ARCHIVE_BYTES, AUTHENTICATED_BODY_BYTES, BATCH_BYTES
from tests.node.balancers import (
    DEPLOY,
    Balancer,
    Command,
    behind,
    both,
    free_port,
    haproxy,
    in_front_of,
    nginx,
)
from tests.node.going_on import children
from tests.support.engines import TestEngines
from tests.support.people.chaos import until
from tests.support.server import Server, ServerProcess, serving
from tests.support.server.gate import Gate
from upcoach.client import Response, RestClient
from upcoach.store.base import database

SENT = 20 * 2**20  # bytes
ZIP = {"Content-Type": "application/zip"}


@pytest.mark.chaos
@behind(haproxy)  # nginx asks no node whether it is ready
async def test_engines_that_are_away_take_no_node_away(
    command: Command, engines: TestEngines, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(database, "SELECTION_MS", 300)
    checked: list[int] = []
    monkeypatch.setattr(Readyz, "on_finish", lambda handler: checked.append(handler.get_status()))
    settings = engines.settings()
    assert settings.mongo_url is not None
    assert settings.redis_url is not None
    async with (
        Gate(settings.mongo_url, is_open=True).listening() as mongodb,
        Gate(settings.redis_url, is_open=True).listening() as redis,
        serving(
            dataclasses.replace(settings, mongo_url=mongodb.url, redis_url=redis.url)
        ) as server,
        in_front_of([server, server], command, tmp_path) as balancer,
    ):
        person = await server.person()
        person.url = balancer.url
        checked.clear()
        redis.close()
        await until(lambda: len(checked) > 2)
        assert (set(checked), balancer.nodes_lost) == ({200}, 0)
        without_redis = await person.call("POST", "/v1/goals", {"title": "Run"})
        mongodb.close()
        await until(lambda: balancer.nodes_lost == 2)
        without_mongodb = await person.call("POST", "/v1/goals", {"title": "Run"})

    assert without_redis.status == 201
    assert (without_mongodb.status, without_mongodb.headers["retry-after"]) == (503, "1")
    assert without_mongodb.body["code"] == "database_unavailable"


REFUSED = {  # by nginx, or since no node is there
    "an unknown method": b"TRACE / HTTP/1.1\r\nHost: x\r\n\r\n",
    "a large body": b"POST / HTTP/1.1\r\nHost: x\r\nContent-Length: 9999999\r\n\r\n",
    "no node": b"GET /v1/me?x=1 HTTP/1.1\r\nHost: x\r\n\r\n",
}
NO_HTTP = {  # HAProxy 2.6 answers these before it looks at its configuration
    "half a line": b"GET\r\n\r\n",
    "an unknown version": b"GET / HTTP/9.9\r\nHost: x\r\n\r\n",
    "a long path": b"GET /" + b"x" * 100_000 + b" HTTP/1.1\r\nHost: x\r\n\r\n",
    "a long header": b"GET / HTTP/1.1\r\nHost: x\r\nX-Long: " + b"x" * 100_000 + b"\r\n\r\n",
    "no host": b"GET / HTTP/1.1\r\n\r\n",
    "an unknown coding": b"POST / HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: x\r\n\r\n",
    "its own path": b"GET /.problem HTTP/1.1\r\nHost: x\r\n\r\n",
}


async def answer_to(balancer: Balancer, sent: bytes, *, secure: bool = True) -> Response:
    """What comes back for *sent*, until the connection ends."""
    trust = ssl.create_default_context(cafile=str(balancer.certificate)) if secure else None
    port = balancer.tls_port if secure else balancer.plain_port
    reader, writer = await asyncio.open_connection("127.0.0.1", port, ssl=trust)
    writer.write(sent)
    async with asyncio.timeout(10):
        head = await reader.readuntil(b"\r\n\r\n")
        line, *fields = head.decode().strip().split("\r\n")
        headers = HTTPHeaders.parse("\r\n".join(fields))
        body = await reader.readexactly(int(headers["Content-Length"]))
    writer.close()
    is_json = headers.get("Content-Type") == MEDIA_TYPE
    return Response(
        int(line.split()[1]), dict(headers.get_all()), json.loads(body) if is_json else body
    )


async def answers_without_nodes(
    command: Command, folder: Path, sent: dict[str, bytes]
) -> dict[str, Response]:
    """What a balancer without nodes answers, which has the form and the headers of our own."""
    nobody = [Server(f"http://127.0.0.1:{free_port()}") for _ in range(2)]
    async with in_front_of(nobody, command, folder) as balancer:
        answers = await asyncio.gather(*(answer_to(balancer, one) for one in sent.values()))
        moved = await answer_to(balancer, REFUSED["no node"], secure=False)

    expected = HEADERS | {"Strict-Transport-Security": HSTS, "Content-Type": MEDIA_TYPE}
    for name, answer in zip(sent, answers, strict=True):
        assert {at: answer.headers.get(at) for at in expected} == expected, name
        assert answer.body == http_problem(answer.status), name
    return dict(zip(sent, answers, strict=True)) | {"plain": moved}


@both
async def test_a_balancer_without_nodes_answers_as_a_node_would(
    command: Command, tmp_path: Path
) -> None:
    answers = await answers_without_nodes(command, tmp_path, REFUSED)
    away, moved = answers["no node"], answers["plain"]

    assert (away.status, away.headers["Retry-After"]) == (503, "1")
    assert (moved.status, moved.headers["Location"].lower()) == (308, "https://x/v1/me?x=1")
    assert moved.headers["X-Content-Type-Options"] == "nosniff"
    assert moved.headers["Cache-Control"] == "no-store"
    assert "Strict-Transport-Security" not in moved.headers  # RFC 6797, 7.2


@behind(nginx)
async def test_what_is_no_request_is_answered_as_a_node_would(
    command: Command, tmp_path: Path
) -> None:
    answers = await answers_without_nodes(command, tmp_path, NO_HTTP)

    assert {answer.status for answer in answers.values()} == {308, 400, 404, 414, 501, 505}


@both
async def test_a_balancer_takes_what_the_nodes_take(
    command: Command, settings: Settings, tmp_path: Path
) -> None:
    async with (
        serving(settings) as server,
        in_front_of([server, server], command, tmp_path) as balancer,
    ):
        person = await server.person()
        person.url = balancer.url
        stranger = server.client()
        stranger.url = balancer.url
        archive, unknown = [
            await one.call("POST", "/v1/imports/dayone", raw=bytes(SENT), headers=ZIP)
            for one in (person, stranger)
        ]
        batch = await person.call("POST", "/v1/mutations", raw=b"x" * BATCH_BYTES)
        too_large = await person.call("POST", "/v1/mutations", raw=b"x" * 2 * BATCH_BYTES)

    assert (archive.status, archive.body["code"]) == (422, "import_invalid")
    assert {name: archive.headers[name.lower()] for name in HEADERS} == HEADERS  # each once
    assert (unknown.status, unknown.body["instance"]) == (413, "/v1/imports/dayone")  # the node's
    assert (batch.status, batch.body["code"]) == (415, "unsupported_media_type")
    assert (too_large.status, too_large.body["code"]) == (413, "request_entity_too_large")


def test_nginx_allows_the_bodies_of_all_operations() -> None:
    usual, imports = (
        int(number) << {"m": 20, "g": 30}[unit]
        for number, unit in re.findall(
            r"client_max_body_size (\d+)([mg]);", (DEPLOY / "nginx.conf").read_text()
        )
    )
    operations = [one for context in CONTEXTS for one in context.bound()]
    large = [one for one in operations if one.largest > usual]

    assert usual >= AUTHENTICATED_BODY_BYTES
    assert {one.path.rpartition("/imports/")[0] for one in large} == {"/v1"}
    assert max(one.largest for one in large) == imports == ARCHIVE_BYTES


@pytest.mark.chaos
@both
async def test_a_process_that_is_replaced_takes_no_node_away(
    command: Command, environ: dict[str, str], tmp_path: Path
) -> None:
    environ |= {"UPCOACH_PROCESSES": "2", "UPCOACH_DRAIN_S": "1", "UPCOACH_LOG_LEVEL": "info"}
    async with (
        ServerProcess(environ) as node,
        in_front_of([node, node], command, tmp_path) as balancer,
    ):
        client = RestClient(balancer.url)
        first, _ = children(node, "web")
        first.terminate()
        statuses = []
        while "child_ended" not in node.output or len(children(node, "web")) < 2:
            statuses.append((await client.call("GET", "/livez")).status)
        client.close()

    assert set(statuses) == {200}
    assert " is DOWN" not in balancer.output.read_text()
