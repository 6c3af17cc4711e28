"""The tokens that Google and Apple know us by: asked for once, and not too often."""

import asyncio
import contextlib
import datetime as dt
import gc
from typing import Any

import pytest

from tests.notifications.carriers import MESSAGE, NOON, apple, google, reason
from upcoach.services.base.delivery import CarrierAway


async def test_of_many_pushes_at_once_one_asks_google_for_a_token() -> None:
    async with google() as (service, carrier, target):
        service.answers.append((200, {}, b'{"access_token": "ya30", "expires_in": 3600}'))
        later = NOON + dt.timedelta(hours=1)
        await asyncio.gather(*(carrier.carry(target, MESSAGE, later) for _ in range(3)))

    assert [sent.path for sent in service.sent[2:]].count("/token") == 1
    tokens = [sent.headers["authorization"] for sent in service.sent[3:]]
    assert tokens == ["Bearer ya30"] * 3


async def outcome_of(carrying: asyncio.Task[None]) -> str:
    """What has come of it: its failure, or nothing."""
    await asyncio.wait([carrying])
    if carrying.cancelled():
        return "cancelled"
    return repr(carrying.exception() or "")


async def test_while_google_gives_no_token_all_who_wait_share_one_refusal() -> None:
    async with google() as (service, carrier, target):
        service.answers += [(503, {}, b"{}")] * 8
        later = NOON + dt.timedelta(hours=1)
        pushes = [asyncio.create_task(carrier.carry(target, MESSAGE, later)) for _ in range(8)]
        await asyncio.wait(pushes)
        asked = [sent.path for sent in service.sent[2:]]
        service.answers[:] = [(200, {}, b'{"access_token": "ya30", "expires_in": 3600}')]
        await carrier.carry(target, MESSAGE, later)

    failures = [push.exception() for push in pushes]
    assert asked == ["/token"]
    assert [repr(failure) for failure in failures] == [
        "CarrierAway('no access token was given')"
    ] * 8
    assert len(set(map(id, failures))) == 8
    assert [sent.path for sent in service.sent[3:]].count("/token") == 1
    assert service.sent[-1].headers["authorization"] == "Bearer ya30"


@pytest.mark.parametrize("status", [200, 503])
async def test_who_gives_up_waiting_for_a_token_takes_nobody_along(status: int) -> None:
    broken: list[dict[str, Any]] = []
    gc.collect()  # what earlier tests have left
    asyncio.get_running_loop().set_exception_handler(lambda _, context: broken.append(context))
    async with google() as (service, carrier, target):
        token = b'{"access_token": "ya30", "expires_in": 3600}'
        service.answers.append((status, {}, token if status == 200 else b"{}"))
        later = NOON + dt.timedelta(hours=1)
        first = asyncio.create_task(carrier.carry(target, MESSAGE, later))
        await asyncio.sleep(0)  # until it waits for the token
        second = asyncio.create_task(carrier.carry(target, MESSAGE, later))
        await asyncio.sleep(0)
        first.cancel()
        outcomes = [await outcome_of(first), await outcome_of(second)]
        asked = [sent.path for sent in service.sent[2:]].count("/token")
        service.answers[:] = [(503, {}, b"{}")]
        alone = asyncio.create_task(carrier.carry(target, MESSAGE, later + dt.timedelta(hours=1)))
        await asyncio.sleep(0)
        alone.cancel()
        outcomes.append(await outcome_of(alone))
        async with asyncio.timeout(5):
            while service.answers:
                await asyncio.sleep(0.01)

    gc.collect()
    away = "CarrierAway('no access token was given')"
    assert outcomes == ["cancelled", "''" if status == 200 else away, "cancelled"]
    assert asked == 1
    assert broken == []


async def test_apple_gets_another_token_for_a_stale_one_but_not_too_often() -> None:
    async with apple() as (service, carrier, target):
        for minutes in (0, 10, 25, 26):
            at = NOON + dt.timedelta(minutes=minutes)
            if minutes < 26:
                service.answers.append((403, {}, reason("ExpiredProviderToken")))
            with contextlib.suppress(CarrierAway):
                await carrier.carry(target, MESSAGE, at)

    tokens = [sent.headers["authorization"] for sent in service.sent]
    assert [token == tokens[0] for token in tokens] == [True, True, True, False]
