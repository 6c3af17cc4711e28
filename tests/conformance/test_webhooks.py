"""npm's `standardwebhooks` verifies what is sent; PyPI's does in `tests/webhooks`."""

import asyncio
import os
import subprocess

import msgspec
import pytest

from tests.conformance.outside import HERE, VAR, node
from tests.support.engines import TestEngines
from tests.support.people.furnished import write_goals
from tests.support.server import serving
from tests.support.server.receiver import Receiver, add_webhook


@pytest.mark.conformance
async def test_the_library_of_node_verifies_every_message(engines: TestEngines) -> None:
    settings = engines.settings(UPCOACH_ROLES="web,schedule")
    async with serving(settings) as server, Receiver().listening() as receiver:
        person = await server.person()
        secret = (await add_webhook(person, f"{receiver.url}/a", "*"))["secret"]
        await write_goals(person, 20)
        received = await receiver.wait_for(20)
    right = [
        {"secret": secret, "headers": one.headers, "body": one.body.decode()} for one in received
    ]
    forged = [{**one, "body": f"{one['body']} "} for one in right]
    messages = msgspec.json.encode([*right, *forged]).decode()
    program = await asyncio.to_thread(node)

    verified = await asyncio.to_thread(
        subprocess.run,
        [program, HERE / "webhooks.mjs"],
        env=os.environ | {"MESSAGES": messages, "PACKAGES": str(VAR / "node")},
        capture_output=True,
        check=True,
    )

    contents = [one.content for one in received]
    assert msgspec.json.decode(verified.stdout) == [*contents, *[None] * len(forged)]
