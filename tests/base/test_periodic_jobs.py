"""Periodic work, as its rows say."""

import asyncio
import contextlib
import dataclasses
from collections.abc import AsyncIterator, Awaitable, Callable

import pytest

from config.settings import Settings
from models.base import cancellation
from models.base.errors import Unavailable
from models.base.periodic_jobs import PeriodicJob
from streams.base import background_tasks
from streams.redis.lease import claim
from tests.support.server.learning import connected
from upcoach.services.base.periodic_jobs import PeriodicJobRunner

SOON_S, NEVER_S = 0.001, 3600.0


class Work:
    """Counts its runs, and can be waited for; the first ones may fail."""

    def __init__(self, *failures: Exception) -> None:
        self._failures = list(failures)
        self.runs = 0
        self._ran = asyncio.Event()

    async def __call__(self) -> None:
        self.runs += 1
        self._ran.set()
        if self._failures:
            raise self._failures.pop(0)

    async def until(self, runs: int) -> None:
        async with asyncio.timeout(10):
            while self.runs < runs:
                self._ran.clear()
                await self._ran.wait()


async def always(_name: str, _for_s: float) -> bool:
    return True


@contextlib.asynccontextmanager
async def doing(
    *jobs: PeriodicJob, claim: Callable[[str, float], Awaitable[bool]] = always
) -> AsyncIterator[None]:
    tasks = [asyncio.create_task(work()) for work in PeriodicJobRunner(jobs, claim).tasks.values()]
    try:
        yield
    finally:
        await cancellation.end(*tasks)


async def test_a_job_is_done_again_and_again_whatever_it_fails_with() -> None:
    work = Work(Unavailable("away", "Away."), KeyError("broken"))

    async with doing(PeriodicJob(name="work", every_s=SOON_S, run=work)):
        await work.until(4)


async def test_a_job_waits_at_first_unless_it_is_to_be_done_at_once() -> None:
    patient, eager = Work(), Work()

    async with doing(
        PeriodicJob(name="patient", every_s=NEVER_S, run=patient),
        PeriodicJob(name="eager", every_s=NEVER_S, run=eager, at_once=True),
    ):
        await eager.until(1)

    assert (patient.runs, eager.runs) == (0, 1)


async def test_a_pause_ends_early_when_there_is_something_to_do() -> None:
    work, wished = Work(), asyncio.Event()

    async with doing(PeriodicJob(name="work", every_s=NEVER_S, run=work, sooner=wished)):
        for runs in (1, 2):
            wished.set()
            await work.until(runs)

    assert work.runs == 2


async def test_a_slow_job_delays_no_other() -> None:
    work = Work()

    async with doing(
        PeriodicJob(name="slow", every_s=SOON_S, run=asyncio.Event().wait),
        PeriodicJob(name="work", every_s=SOON_S, run=work),
    ):
        await work.until(3)


async def test_a_leased_job_is_done_by_one_of_two(settings: Settings) -> None:
    async with connected(settings) as redis:
        both, other = Work(), Work()

        async def claimed(name: str, for_s: float) -> bool:
            return await claim(redis.writer, name, for_s)

        leased = PeriodicJob(name="work", every_s=NEVER_S, run=both, at_once=True, leased=True)
        free = PeriodicJob(name="other", every_s=NEVER_S, run=other, at_once=True)
        async with doing(leased, free, claim=claimed):
            await both.until(1)
        async with doing(leased, free, claim=claimed):
            await other.until(2)
            assert not await claimed("work", NEVER_S)

        assert both.runs == 1


async def test_while_redis_is_away_a_leased_job_is_nobodys(settings: Settings) -> None:
    away = dataclasses.replace(settings, redis_url="redis://127.0.0.1:1/0")
    async with connected(away) as redis:
        assert not await claim(redis.writer, "work", NEVER_S)


async def test_no_two_jobs_have_one_name() -> None:
    job = PeriodicJob(name="work", every_s=NEVER_S, run=Work())

    with pytest.raises(ValueError, match="work"):
        assert PeriodicJobRunner((job, job), always).tasks


def test_no_work_takes_the_place_of_other_work_of_its_name() -> None:
    async def wait() -> None:
        """End at once."""

    assert background_tasks.by_name([("reader", wait)]) == {"reader": wait}
    with pytest.raises(ValueError, match="reader"):
        background_tasks.by_name([("reader", wait), ("reader", wait)])
