"""npm's `ws` and `eventsource`, which nobody here wrote."""

import asyncio
import contextlib
import functools
import os
from collections.abc import AsyncIterator

import pytest

from config.settings import Settings
from tests.conformance.following import Heard, assert_nothing_is_lost, listening_to
from tests.conformance.outside import HERE, VAR, node
from upcoach.client import RestClient

EVENTSOURCE_NEEDS = (22, 12)


@contextlib.asynccontextmanager
async def following(kind: str, port: int, person: RestClient, heard: Heard) -> AsyncIterator[None]:
    """A Node program that follows by *kind*."""
    program = await asyncio.to_thread(node, newer_than=EVENTSOURCE_NEEDS)
    process = await asyncio.create_subprocess_exec(
        program,
        HERE / "node_client.mjs",
        kind,
        str(port),
        env=os.environ | {"TOKEN": person.token, "PACKAGES": str(VAR / "node")},
        stdout=asyncio.subprocess.PIPE,
    )
    async with listening_to(process, heard):
        yield


@pytest.mark.conformance
async def test_ws_loses_nothing(settings: Settings) -> None:
    await assert_nothing_is_lost(settings, functools.partial(following, "ws"))


@pytest.mark.conformance
async def test_eventsource_loses_nothing(settings: Settings) -> None:
    await assert_nothing_is_lost(settings, functools.partial(following, "sse"))
