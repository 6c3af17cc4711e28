"""The balancers of `config/deploy` while something is away, and what they let through."""

import dataclasses
import re
from pathlib import Path

import pytest
from tornado.httpclient import AsyncHTTPClient

from config.settings import Settings
from handlers.admin.health import Readyz
from handlers.contexts import CONTEXTS
from handlers.http.problems import http_problem
from models.access.limits import ARCHIVE_BYTES, AUTHENTICATED_BODY_BYTES, BATCH_BYTES
from tests.node.balancers import DEPLOY, Command, behind, both, free_port, haproxy, in_front_of
from tests.node.going_on import children
from tests.support.engines import TestEngines
from tests.support.people.chaos import until
from tests.support.server import Server, ServerProcess, serving
from tests.support.server.gate import Gate
from upcoach.client import RestClient
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


@both
async def test_a_balancer_without_nodes_answers_with_a_problem(
    command: Command, tmp_path: Path
) -> None:
    nobody = [Server(f"http://127.0.0.1:{free_port()}") for _ in range(2)]
    async with in_front_of(nobody, command, tmp_path) as balancer:
        client = RestClient(balancer.url)
        answer = await client.call("GET", "/v1/me")
        client.close()
        moved = await AsyncHTTPClient().fetch(
            f"http://127.0.0.1:{balancer.plain_port}/v1/me?x=1",
            headers={"Host": "upcoach.test"},
            follow_redirects=False,
            raise_error=False,
        )

    assert (answer.body, answer.headers["retry-after"]) == (http_problem(503), "1")
    assert (moved.code, moved.headers["Location"]) == (308, "https://upcoach.test/v1/me?x=1")


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
