"""Both engines of one data folder, started and stopped together."""

import asyncio
from pathlib import Path
from types import TracebackType
from typing import Self

import structlog
from structlog.typing import FilteringBoundLogger

from upcoach.embedded.engine import Engine
from upcoach.embedded.mongod import Mongod
from upcoach.embedded.ownership import Ownership
from upcoach.embedded.valkey import Valkey


class Engines:
    """The engines that no URL was configured for, running while the context lasts.

    Raises `EngineError` when one cannot start or when another process owns the data folder.  With
    neither engine wanted the folder stays free, so that several nodes may share it.
    """

    def __init__(
        self,
        data: Path,
        *,
        mongo: bool = True,
        redis: bool = True,
        log: FilteringBoundLogger | None = None,
    ) -> None:
        log = structlog.get_logger() if log is None else log
        self._ownership = Ownership(data)
        self._mongod = Mongod(data / "mongo", log) if mongo else None
        self._valkey = Valkey(data / "valkey", log) if redis else None

    @property
    def mongo_url(self) -> str:
        return _wanted(self._mongod).url

    @property
    def redis_url(self) -> str:
        return _wanted(self._valkey).url

    @property
    def mongod_pid(self) -> int:
        return _wanted(self._mongod).pid

    @property
    def valkey_pid(self) -> int:
        return _wanted(self._valkey).pid

    def announce(self, url: str) -> None:
        """Let a second start on this data folder say where the first one answers."""
        if self._all:
            self._ownership.announce(url)

    async def __aenter__(self) -> Self:
        if self._all:
            self._ownership.take()
        try:
            await self._started()
        except BaseException:
            await self._stopped()
            raise
        return self

    async def __aexit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        await self._stopped()

    async def _started(self) -> None:
        outcomes = await asyncio.gather(
            *(engine.start() for engine in self._all), return_exceptions=True
        )
        for outcome in outcomes:
            if isinstance(outcome, BaseException):
                raise outcome

    async def _stopped(self) -> None:
        try:
            await asyncio.gather(*(engine.stop() for engine in self._all))
        finally:
            self._ownership.release()

    @property
    def _all(self) -> list[Engine]:
        return [engine for engine in (self._mongod, self._valkey) if engine is not None]


def _wanted(engine: Engine | None) -> Engine:
    if engine is None:
        raise RuntimeError("this engine was not asked for")
    return engine
