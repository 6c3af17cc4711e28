"""The client for browsers and Node: the same table, its own tests, and a real server."""

import asyncio
import json
import re
import shutil
import subprocess
from pathlib import Path
from typing import Any, Final

import pytest

from config.settings import Settings
from tests.support.server import serving
from tests.test_snapshot_law import snapshot
from upcoach import client
from upcoach.client.machine import TABLE

NODE: Final = shutil.which("node")
HERE: Final = Path(__file__).parent
CLIENT: Final = Path(client.__file__).parent / "upcoach.mjs"
TYPES: Final = CLIENT.with_suffix(".d.mts")
TRANSPORTS: Final = "websocket,sse,poll,rest"

needs_node = pytest.mark.skipif(NODE is None, reason="there is no node on the path")


def node(*arguments: str | Path) -> str:
    """What Node prints."""
    assert NODE is not None
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


@needs_node
def test_both_clients_have_one_table() -> None:
    table = {
        state: {
            event: {"state": str(cell.state), "actions": list(map(str, cell.actions))}
            for event, cell in row.items()
        }
        for state, row in TABLE.items()
    }

    assert exported("client.TABLE") == table


@needs_node
def test_its_own_tests_pass() -> None:
    assert "\n# fail 0\n" in node("--test", "--test-reporter=tap", HERE / "upcoach.test.mjs")


@needs_node
def test_everything_it_exports_has_a_type() -> None:
    declared = re.findall(
        r"^export (?:declare )?(?:class|function|const) (\w+)", TYPES.read_text(), re.MULTILINE
    )

    assert sorted(declared) == sorted(exported("Object.keys(client)"))


@needs_node
async def test_a_device_in_node_loses_nothing_and_writes_once(settings: Settings) -> None:
    async with serving(settings) as server:
        person = await server.person()
        arguments = (server.url, person.token, person.refresh_token, TRANSPORTS, "The end")
        process = await asyncio.create_subprocess_exec(
            str(NODE), HERE / "walk.mjs", *arguments, stdout=asyncio.subprocess.PIPE
        )
        assert process.stdout is not None
        for number in range(20):
            await person.call("POST", "/v1/goals", {"title": f"Goal {number}"})
        async with asyncio.timeout(60):
            ready = await process.stdout.readline()
            await person.call("POST", "/v1/goals", {"title": "The end"})
            said = await process.stdout.read()
        code = await process.wait()
        documents, cursor = await snapshot(person)

        assert (code, ready) == (0, b"ready\n")
        held = json.loads(said)
        first = held["applied"][0][0]
        assert held.pop("documents") == documents
        assert held == {
            "seq": int(cursor.partition(".")[2]),
            "gaps": 0,
            "repeats": 0,
            "resets": [],
            "mismatches": 0,
            "statuses": [201] * len(TRANSPORTS.split(",")),
            "applied": [[number, 1] for number in range(first, held["seq"] + 1)],
        }
        assert len(documents["goal"]) == 21 + len(TRANSPORTS.split(","))
