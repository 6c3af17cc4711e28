"""The runner of periodic jobs, each in a task of its own."""

import asyncio
import contextlib
import functools
import random
from collections.abc import Awaitable, Callable, Coroutine, Iterable
from typing import Any

import structlog

from models.base.periodic_jobs import PeriodicJob

# Whether this process is to do a job of that name, which no other does for so many seconds.
Claim = Callable[[str, float], Awaitable[bool]]

_log = structlog.get_logger(__name__)


class PeriodicJobRunner:
    """Runs periodic jobs until cancelled."""

    def __init__(self, jobs: Iterable[PeriodicJob], claim: Claim) -> None:
        self._jobs = tuple(jobs)
        self._claim = claim

    @property
    def tasks(self) -> dict[str, Callable[[], Coroutine[Any, Any, None]]]:
        """The background tasks, by the job's name."""
        tasks: dict[str, Callable[[], Coroutine[Any, Any, None]]] = {
            job.name: functools.partial(self._keep, job) for job in self._jobs
        }
        if len(tasks) < len(self._jobs):
            raise ValueError(f"Two jobs of one name: {[job.name for job in self._jobs]}")
        return tasks

    async def _keep(self, job: PeriodicJob) -> None:
        if not job.at_once:
            await _pause(job)
        while True:
            await self._run(job)
            await _pause(job)

    async def _run(self, job: PeriodicJob) -> None:
        if job.sooner is not None:
            job.sooner.clear()
        try:
            if not job.leased or await self._claim(job.name, job.every_s):
                await job.run()
        except job.failures as failure:
            _log.debug("job_failed", job=job.name, reason=str(failure))
        # It is logged with its trace, and tried again: without its sweeper a node would serve on,
        # and nobody would know.
        except Exception:  # noqa: BLE001
            _log.exception("job_broken", job=job.name)


async def _pause(job: PeriodicJob) -> None:
    share = random.uniform(0.5, 1.0) if job.spread else 1.0  # noqa: S311 - not all at once
    with contextlib.suppress(TimeoutError):
        async with asyncio.timeout(job.every_s * share):
            await (job.sooner or asyncio.Event()).wait()
