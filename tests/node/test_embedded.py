"""The engines that ship with UpCoach: started, kept, mended and refused for real."""

import asyncio
import contextlib
import os
import shutil
import signal
import subprocess
import sys
import time
from pathlib import Path
from typing import Any

import psutil
import pytest
from pymongo import AsyncMongoClient
from redis.asyncio import Redis
from redis.exceptions import RedisError
from structlog import get_logger
from structlog.testing import capture_logs

from config.setting_rows import SettingsError
from upcoach.embedded import EngineError, Engines, owner
from upcoach.embedded.engine import Engine
from upcoach.embedded.mongod import initiate

SERVE = """
import asyncio, sys
from pathlib import Path
import structlog
from upcoach.embedded import Engines

async def serve():
    async with Engines(Path(sys.argv[1])) as engines:
        print(engines.mongod_pid, engines.valkey_pid, flush=True)
        await asyncio.sleep(60)

structlog.configure(logger_factory=structlog.PrintLoggerFactory(sys.stderr))
asyncio.run(serve())
"""


STARVED = """
import asyncio, os, resource, sys
from pathlib import Path
from upcoach.embedded import EngineError, Engines

async def start():
    async with Engines(Path(sys.argv[1])):
        await asyncio.sleep(0)

async def starved():
    await asyncio.to_thread(int)
    most = max(map(int, os.listdir("/dev/fd"))) + int(sys.argv[2])
    resource.setrlimit(resource.RLIMIT_NOFILE, (most, most))
    try:
        await start()
    except EngineError as error:
        print(error)

asyncio.run(starved())
"""


async def keep(engines: Engines, number: int) -> None:
    mongo: AsyncMongoClient[dict[str, Any]] = AsyncMongoClient(engines.mongo_url)
    async with mongo, mongo.start_session() as session, await session.start_transaction():
        await mongo.upcoach.notes.insert_one({"_id": number}, session=session)
    redis: Any = Redis.from_url(engines.redis_url)
    async with redis:
        await redis.xadd("notes", {"number": number}, id=f"{number}-0")
        await redis.execute_command("WAITAOF", 1, 0, 5000)


async def kept(engines: Engines) -> tuple[list[int], list[int]]:
    mongo: AsyncMongoClient[dict[str, Any]] = AsyncMongoClient(engines.mongo_url)
    async with mongo:
        documents = [note["_id"] async for note in mongo.upcoach.notes.find().sort("_id")]
    redis: Any = Redis.from_url(engines.redis_url)
    async with redis:
        entries = await redis.xrange("notes")
    return documents, [int(fields[b"number"]) for _, fields in entries]


async def until_restarted(engines: Engines, before: tuple[int, int]) -> None:
    async with asyncio.timeout(20):
        while (engines.mongod_pid, engines.valkey_pid) == before or not await answers(engines):
            await asyncio.sleep(0.05)


async def answers(engines: Engines) -> bool:
    """Whether the Valkey serves; a client of mongod waits for that by itself."""
    redis: Any = Redis.from_url(engines.redis_url)
    async with redis:
        with contextlib.suppress(RedisError):
            return bool(await redis.ping())
    return False


def test_what_the_engines_hold_survives_a_restart(tmp_path: Path) -> None:
    async def run(number: int) -> tuple[str, str, tuple[list[int], list[int]]]:
        async with Engines(tmp_path) as engines:
            await keep(engines, number)
            return engines.mongo_url, engines.redis_url, await kept(engines)

    first, second = asyncio.run(run(1)), asyncio.run(run(2))

    assert second == (*first[:2], ([1, 2], [1, 2]))


def test_a_set_that_was_read_late_is_not_founded_again(tmp_path: Path) -> None:
    async def run() -> tuple[str, str]:
        async with Engines(tmp_path) as engines:
            system: AsyncMongoClient[dict[str, Any]] = AsyncMongoClient(
                engines.mongo_url,
                username="__system",
                password=(tmp_path / "mongo/key").read_text(),
                authSource="local",
            )
            async with system:
                before = (await system.admin.command("hello"))["me"]
                await initiate(system.admin, "127.0.0.1:1")
                return before, (await system.admin.command("hello"))["me"]

    before, after = asyncio.run(run())

    assert before == after


@pytest.mark.parametrize("engine", ["mongod", "valkey"])
def test_a_killed_engine_comes_back_on_its_port(tmp_path: Path, engine: str) -> None:
    async def run() -> tuple[bool, tuple[list[int], list[int]]]:
        async with Engines(tmp_path) as engines:
            await keep(engines, 1)
            urls = engines.mongo_url, engines.redis_url
            pids = engines.mongod_pid, engines.valkey_pid
            os.kill(pids[engine == "valkey"], signal.SIGKILL)
            await until_restarted(engines, pids)
            return urls == (engines.mongo_url, engines.redis_url), await kept(engines)

    with capture_logs() as lines:
        outcome = asyncio.run(run())

    assert outcome == (True, ([1], [1]))
    assert [(line["engine"], line["code"]) for line in lines if line["log_level"] == "warning"] == [
        (engine, -signal.SIGKILL)
    ]


def test_a_taken_port_is_left_to_its_owner(tmp_path: Path) -> None:
    ours, theirs = tmp_path / "ours", tmp_path / "theirs"
    port_files = [Path("mongo/port"), Path("valkey/port")]

    async def run(number: int) -> tuple[list[int], list[int]]:
        async with Engines(ours) as engines:
            await keep(engines, number)
            return await kept(engines)

    async def run_beside_them() -> tuple[list[int], list[int]]:
        async with Engines(theirs):
            return await run(2)

    asyncio.run(run(1))
    for file in port_files:
        (theirs / file).parent.mkdir(parents=True)
        shutil.copy(ours / file, theirs / file)
    notes = asyncio.run(run_beside_them())

    assert notes == ([1, 2], [1, 2])
    assert all((ours / file).read_text() != (theirs / file).read_text() for file in port_files)


def test_the_engines_die_with_a_killed_parent_and_start_again(tmp_path: Path) -> None:
    async def run() -> None:
        async with Engines(tmp_path) as engines:
            await keep(engines, 1)

    with subprocess.Popen(
        [sys.executable, "-c", SERVE, str(tmp_path)], stdout=subprocess.PIPE, text=True
    ) as parent:
        assert parent.stdout is not None
        engines = [psutil.Process(int(pid)) for pid in parent.stdout.readline().split()]
        parent.kill()

    asyncio.run(run())  # while mongod may still be shutting down

    assert len(engines) == 2
    assert psutil.wait_procs(engines, timeout=10)[1] == []


@pytest.mark.parametrize("after_s", [0.1, 0.3, 0.5])
def test_an_interrupted_first_start_is_mended(tmp_path: Path, after_s: float) -> None:
    async def interrupted() -> None:
        with contextlib.suppress(TimeoutError):
            async with asyncio.timeout(after_s), Engines(tmp_path):
                await asyncio.sleep(after_s)

    async def run() -> tuple[list[int], list[int]]:
        async with Engines(tmp_path) as engines:
            await keep(engines, 1)
            return await kept(engines)

    others = psutil.Process().children()

    asyncio.run(interrupted())
    left = [child.name() for child in psutil.Process().children() if child not in others]

    assert left == []
    assert asyncio.run(run()) == ([1], [1])


def test_a_data_folder_has_one_owner(tmp_path: Path) -> None:
    async def run() -> str:
        async with Engines(tmp_path, mongo=False) as first:
            first.announce("http://127.0.0.1:8888")
            with pytest.raises(EngineError) as refusal:
                await Engines(tmp_path, mongo=False).__aenter__()
            assert owner(tmp_path) == (os.getpid(), "http://127.0.0.1:8888")
            return str(refusal.value)

    sentence = asyncio.run(run())

    assert sentence == (
        f"UpCoach is already running on the data folder {tmp_path} (pid {os.getpid()}) "
        "at http://127.0.0.1:8888; stop it, or set UPCOACH_DATA and UPCOACH_PORT for a second one."
    )
    assert owner(tmp_path) is None


def test_without_engines_the_data_folder_stays_free(tmp_path: Path) -> None:
    async def run() -> None:
        async with Engines(tmp_path, mongo=False, redis=False):
            assert owner(tmp_path) is None

    asyncio.run(run())

    assert list(tmp_path.iterdir()) == []


def test_a_data_folder_that_cannot_be_used_is_named(tmp_path: Path) -> None:
    file = tmp_path / "file"
    file.touch()

    with pytest.raises(SettingsError, match=f"UPCOACH_DATA must be .*, not {file}: File exists"):
        asyncio.run(Engines(file).__aenter__())


@pytest.mark.parametrize("spare", [1, 3, 5])
def test_too_many_open_files_are_no_fault_of_the_folder(tmp_path: Path, spare: int) -> None:
    outcome = subprocess.run(
        [sys.executable, "-c", STARVED, str(tmp_path), str(spare)],
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )

    assert "Too many open files" in outcome.stdout, outcome.stderr


def test_a_program_that_cannot_load_is_explained(tmp_path: Path) -> None:
    complaint = "mongod: error while loading shared libraries: libcurl.so.4: cannot open"

    class Unloadable(Engine):
        name = "mongod"
        url = ""

        def command(self) -> list[str | Path]:
            return ["sh", "-c", f"echo '{complaint}'; exit 127"]

        async def answers(self) -> bool:
            return False

    with pytest.raises(EngineError) as refusal:
        asyncio.run(Unloadable(tmp_path, get_logger()).start())

    assert str(refusal.value) == (
        "mongod needs libcurl.so.4; on Debian and Ubuntu the package libcurl4 brings it."
    )


def test_secrets_are_for_this_user_only(tmp_path: Path) -> None:
    async def run() -> list[str]:
        async with Engines(tmp_path) as engines:
            pids = engines.mongod_pid, engines.valkey_pid
            return [part for pid in pids for part in psutil.Process(pid).cmdline()]

    arguments = " ".join(asyncio.run(run()))
    secret_files = [tmp_path / "mongo/key", tmp_path / "valkey/password"]

    assert [oct(file.stat().st_mode & 0o777) for file in secret_files] == ["0o600", "0o600"]
    assert not any(file.read_text() in arguments for file in secret_files)


def test_a_second_start_takes_under_three_seconds(tmp_path: Path) -> None:
    async def run() -> float:
        began = time.monotonic()
        async with Engines(tmp_path):
            return time.monotonic() - began

    first_s, second_s = asyncio.run(run()), asyncio.run(run())

    assert first_s < 10
    assert second_s < 3
