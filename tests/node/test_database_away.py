"""A MongoDB that goes away, or does not let us in: what the log and a start say of it."""

import asyncio
import contextlib
import dataclasses
import re
import secrets
from collections.abc import AsyncIterator, Iterator, MutableMapping
from pathlib import Path
from typing import Any

import pytest
from pymongo.errors import AutoReconnect
from structlog.testing import capture_logs

from config.settings import Settings
from models.base.errors import Unavailable
from tests.node.balancers import free_port
from tests.support.engines import TestEngines
from tests.support.server import Server, serving
from tests.support.server.gate import Gate
from tests.support.wire.waiting import until
from upcoach.embedded import wheels
from upcoach.node import connecting
from upcoach.node.process.listener import StartError
from upcoach.store.base import database
from upcoach.store.schema.orphan_transactions import OrphanTransactions

Lines = list[MutableMapping[str, Any]]


@contextlib.asynccontextmanager
async def behind_a_gate(settings: Settings) -> AsyncIterator[tuple[Server, Gate]]:
    """A node, and the gate between it and its MongoDB."""
    assert settings.mongo_url is not None
    async with (
        Gate(settings.mongo_url, is_open=True).listening() as gate,
        serving(dataclasses.replace(settings, mongo_url=gate.url)) as server,
    ):
        yield server, gate


def of_outages(lines: Lines) -> Lines:
    return [line for line in lines if line["event"] in {"database_lost", "database_back"}]


async def test_an_outage_is_logged_when_it_begins_and_when_it_is_over(
    settings: Settings, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(database, "SELECTION_MS", 200)

    with capture_logs() as lines:
        async with behind_a_gate(settings) as (server, gate):
            person = await server.person()
            gate.close()
            refused = [await person.call("POST", "/v1/goals", {"title": "Run"}) for _ in range(3)]
            await until(lambda: len(of_outages(lines)) > 0)
            gate.is_open = True
            await until(lambda: len(of_outages(lines)) > 1)  # and nobody has asked for anything

    lost, back = of_outages(lines)
    assert [answer.status for answer in refused] == [503] * 3
    assert (lost["event"], lost["setting"]) == ("database_lost", "UPCOACH_MONGO_URL")
    assert re.fullmatch(r"127\.0\.0\.1:\d+: .+", lost["reason"])
    assert "Topology" not in lost["reason"]
    assert (back["event"], 0.2 < back["lasted_s"] < 10) == ("database_back", True)


async def test_an_operation_that_fails_by_itself_is_no_outage(settings: Settings) -> None:
    with capture_logs() as lines:
        async with serving(settings) as server:
            with pytest.raises(Unavailable):
                async with server.node.database.connection():
                    raise AutoReconnect("connection closed")
            assert server.node.database.is_watched
            await until(lambda: not server.node.database.is_watched)

    assert of_outages(lines) == []


@pytest.mark.parametrize(
    ("changes", "reason"),
    [
        ({"password": "wrong"}, "MongoDB does not know its user, or not with this password"),
        ({"user": "", "password": ""}, "MongoDB asks for a user, and it names none"),
        ({}, "its user needs the role readWrite on the database "),
    ],
)
async def test_a_start_says_what_mongodb_refuses(
    engines: TestEngines, changes: dict[str, str], reason: str
) -> None:
    environ = engines.environ(UPCOACH_MONGO_DATABASE=f"new{secrets.token_hex(4)}")
    with account(engines, environ, "read") as url:
        changed = replaced(url, changes.get("user"), changes.get("password"))
        settings = Settings.from_environ(environ | {"UPCOACH_MONGO_URL": changed})
        words = await refusal(settings)

    assert words.startswith(f"UPCOACH_MONGO_URL cannot be used: {reason}")


async def test_the_role_read_write_is_enough(engines: TestEngines) -> None:
    environ = engines.environ()
    with account(engines, environ, "readWrite") as url, capture_logs() as lines:
        async with serving(Settings.from_environ(environ | {"UPCOACH_MONGO_URL": url})) as server:
            await server.person()
            orphans = OrphanTransactions(server.node.database)
            async with server.node.database.client.start_session() as session:
                await session.start_transaction()
                await server.node.database["goals"].insert_one({"_id": "x"}, session=session)
                await orphans._look()
                await orphans._look()

    assert [line["event"] for line in lines if line["log_level"] != "info"] == [
        "transactions_ended"
    ]


async def test_a_server_without_a_replica_set_is_refused(
    settings: Settings, tmp_path: Path
) -> None:
    port = free_port()
    place = ("--dbpath", str(tmp_path), "--bind_ip", "127.0.0.1", "--port", str(port))
    command = (str(wheels.mongod()), *place)
    alone = await asyncio.create_subprocess_exec(*command, stdout=asyncio.subprocess.DEVNULL)
    try:
        url = f"mongodb://127.0.0.1:{port}/?directConnection=true"
        words = await refusal(dataclasses.replace(settings, mongo_url=url))
    finally:
        alone.kill()
        await alone.wait()

    assert words.endswith("is no member of a replica set, which transactions need.")


async def refusal(settings: Settings) -> str:
    """What a start says that is refused."""
    assert settings.mongo_url is not None
    with pytest.raises(StartError) as refused:
        async with connecting.open_database(settings.mongo_url, settings):
            pass
    return str(refused.value)


def replaced(url: str, user: str | None = None, password: str | None = None) -> str:
    """*url* with another user, or another password."""
    scheme, name, secret, rest = re.fullmatch(r"(\w+://)(\w+):(\w+)@(.+)", url).groups()  # type: ignore[union-attr]
    name, secret = (old if new is None else new for old, new in ((name, user), (secret, password)))
    return f"{scheme}{name}:{secret}@{rest}" if name else f"{scheme}{rest}"


@contextlib.contextmanager
def account(engines: TestEngines, environ: dict[str, str], role: str) -> Iterator[str]:
    """The URL of somebody who has *role* on the database of *environ*, and no other."""
    name, password = f"u{secrets.token_hex(4)}", secrets.token_hex(8)
    url = environ["UPCOACH_MONGO_URL"]
    with engines.as_system() as client:
        grants = [{"role": role, "db": environ["UPCOACH_MONGO_DATABASE"]}]
        client.admin.command("createUser", name, pwd=password, roles=grants)
        try:
            yield replaced(url, name, password)
        finally:
            client.admin.command("dropUser", name)
