"""Periodic jobs, as their owners declare them; `upcoach.services.base.periodic_jobs` runs them."""

import asyncio
from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from typing import Protocol, runtime_checkable

from models.base.errors import Unavailable


@dataclass(frozen=True, kw_only=True)
class PeriodicJob:
    """A job that every process runs again and again, or one process for all of them.

    Attributes
    ----------
    every_s
        The pause after each run.
    at_once
        Whether it is done when the process starts, too.
    spread
        Whether a pause is shortened by chance, by up to a half: then not all do it together.
    sooner
        What ends a pause early.
    leased
        Whether one process of all does it in the time of a pause, whichever comes first.
    failures
        What it may fail with and nobody hears of it: the next run makes up for this one.  Anything
        else is logged with its trace, and the next run comes all the same.

    """

    name: str
    every_s: float
    run: Callable[[], Awaitable[object]]
    at_once: bool = False
    spread: bool = False
    sooner: asyncio.Event | None = None
    leased: bool = False
    failures: tuple[type[Exception], ...] = (Unavailable,)


@runtime_checkable
class PeriodicJobOwner(Protocol):
    """Whoever declares periodic jobs."""

    @property
    def periodic_jobs(self) -> tuple[PeriodicJob, ...]:
        """Its jobs."""
