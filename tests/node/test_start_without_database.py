"""A start whose MongoDB goes away in the middle waits until it is back."""

import asyncio
import itertools
from typing import Any

import pytest

from config.settings import Settings
from models.base.errors import Unavailable
from tests.support.engines import paused
from tests.support.server import serving
from upcoach.node import app, connecting
from upcoach.services.account.sessions.revocations import RevocationCache
from upcoach.services.account.sessions.signing_keys import SigningKeys
from upcoach.store.base import database
from upcoach.store.schema.schema import Schema


@pytest.mark.parametrize(
    ("owner", "step"),
    [
        (Schema, "ensure"),
        (connecting, "migrate"),
        (app, "load_installation"),
        (SigningKeys, "load"),
        (RevocationCache, "look"),
    ],
)
async def test_each_step_of_a_start_waits_for_mongodb(
    settings: Settings, monkeypatch: pytest.MonkeyPatch, owner: Any, step: str
) -> None:
    monkeypatch.setattr(database, "OPERATION_MS", 500)
    monkeypatch.setattr(database, "SELECTION_MS", 500)
    carry_out = getattr(owner, step)
    failures: list[Exception] = []

    async def carry_out_without_mongodb_at_first(*arguments: Any) -> Any:
        if failures:
            return await carry_out(*arguments)
        with paused("mongod"):
            try:
                return await carry_out(*arguments)
            except Exception as failure:
                failures.append(failure)
                raise

    monkeypatch.setattr(owner, step, carry_out_without_mongodb_at_first)

    async with serving(settings) as server:
        person = await server.person()
        answer = await person.call("GET", "/v1/me")

    assert len(failures) == 1
    assert answer.status == 200


async def test_a_step_that_mongodb_refuses_begins_again_after_a_pause(
    settings: Settings, monkeypatch: pytest.MonkeyPatch
) -> None:
    begun: list[float] = []
    loop = asyncio.get_running_loop()
    monkeypatch.setattr(connecting, "PAUSE_S", 0.2)

    async def refused_twice() -> int:
        begun.append(loop.time())
        if len(begun) < 3:
            raise Unavailable("database_away", "Try again.")
        return len(begun)

    async with serving(settings) as server:
        tries = await connecting.when_reached(server.node.database, refused_twice)

    assert tries == 3
    assert all(later - earlier >= 0.2 for earlier, later in itertools.pairwise(begun))
