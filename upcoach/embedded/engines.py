"""Both engines of one data folder, started and stopped together."""

import asyncio
import os
from pathlib import Path
from types import TracebackType
from typing import Self

import structlog

from config.data_folder import refusing_unusable
from upcoach.embedded import guests
from upcoach.embedded.engine import Engine
from upcoach.embedded.errors import EngineError
from upcoach.embedded.mongod import Mongod
from upcoach.embedded.ownership import Ownership
from upcoach.embedded.valkey import Valkey

GUESTS_S = 3.0  # that the end of a server waits for a command; it has 29 in all
PASSING_GUESTS_S = 60.0  # the same of a command, which is in no hurry


class Engines:
    """The engines that no URL was configured for, running while the context lasts.

    Raises `EngineError` when one cannot start or when another process owns the data folder, and
    `SettingsError` when that cannot be written.  With neither engine wanted the folder stays free,
    so that several nodes may share it.  Who is *passing* only has a command to carry out (see
    `upcoach.embedded.ownership`).
    """

    def __init__(
        self,
        data: Path,
        *,
        mongo: bool = True,
        redis: bool = True,
        passing: bool = False,
    ) -> None:
        log = structlog.get_logger()
        self._data = data
        self._patience_s = PASSING_GUESTS_S if passing else GUESTS_S
        self._ownership = Ownership(data, passing=passing)
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

    @property
    def addresses(self) -> guests.Addresses:
        """The URLs of the wanted engines."""
        mongo_url, redis_url = (
            None if engine is None else engine.url for engine in (self._mongod, self._valkey)
        )
        return guests.Addresses(os.getpid(), mongo_url, redis_url)

    def announce(self, url: str) -> None:
        """Let a second start on this data folder say where the first one answers."""
        if self._all:
            self._ownership.announce(url)

    async def __aenter__(self) -> Self:
        try:
            await self._taken_and_started()
        except OSError as error:
            raise EngineError(f"The engines cannot be started: {error}.") from error
        return self

    async def __aexit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        await self._stopped()

    async def _taken_and_started(self) -> None:
        with refusing_unusable(self._data):
            if self._all:
                await self._ownership.wait_and_take()
        try:
            await self._started()
        except BaseException:
            with refusing_unusable(self._data):
                await self._stopped()
            raise

    async def _started(self) -> None:
        if not self._all:
            return
        with refusing_unusable(self._data):
            guests.remove_addresses(self._data)  # by an owner who was killed
        outcomes = await asyncio.gather(
            *(engine.start() for engine in self._all), return_exceptions=True
        )
        for outcome in outcomes:
            if isinstance(outcome, BaseException):
                raise outcome
        with refusing_unusable(self._data):
            guests.publish_addresses(self._data, self.addresses)

    async def _stopped(self) -> None:
        if not self._all:
            return
        try:
            guests.remove_addresses(self._data)
            await guests.wait_for_guests(self._data, self._patience_s)
        finally:
            await self._ended()

    async def _ended(self) -> None:
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
