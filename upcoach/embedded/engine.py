"""The base of both engines: a folder, a port, and a supervised child process."""

import asyncio
import secrets
import time
from abc import ABC, abstractmethod
from asyncio.subprocess import Process
from contextlib import AbstractContextManager
from pathlib import Path
from typing import ClassVar

from structlog.typing import FilteringBoundLogger

from config.data_folder import refusing_unusable
from config.setting_rows import SettingsError
from upcoach.embedded import child, ports
from upcoach.embedded.errors import EngineError, explained

START_S = 120.0  # recovery after a crash reads back what the last minute wrote
POLL_S = 0.02
STABLE_S = 60.0
FIRST_PAUSE_S = 0.1
LONGEST_PAUSE_S = 5.0
LOG_BYTES = 16 * 2**20
PORT_TRIES = 3


class Engine(ABC):
    """A server of our own in a folder of its own, restarted on the same port when it exits."""

    name: ClassVar[str]

    def __init__(self, folder: Path, log: FilteringBoundLogger) -> None:
        self.folder = folder.absolute()
        self.port = 0
        self._log = log.bind(engine=self.name)
        self._child: Process | None = None
        self._watch: asyncio.Task[None] | None = None
        self._started_at = 0.0

    @property
    @abstractmethod
    def url(self) -> str:
        """The URL for clients, with the password; the same for the life of the data."""

    @abstractmethod
    def command(self) -> list[str | Path]:
        """The program and its arguments."""

    @abstractmethod
    async def answers(self) -> bool:
        """Whether it serves clients; polled while it starts."""

    @property
    def pid(self) -> int:
        """The running child's pid."""
        return self._running().pid

    @property
    def log_file(self) -> Path:
        """Where the server writes its own log."""
        return self.folder / "log"

    async def start(self) -> None:
        """Start it, wait until it serves, and watch it from then on."""
        with self._refusing_unusable():
            self.folder.mkdir(mode=0o700, parents=True, exist_ok=True)
        for last in (False,) * (PORT_TRIES - 1) + (True,):
            self._choose_port()
            try:
                await self._launch()
                break
            except EngineError:
                # Somebody may have taken the port between our look and the server's.
                if last or ports.is_free(self.port):
                    raise
        self._watch = asyncio.create_task(self._keep_running(), name=f"watch {self.name}")

    async def stop(self) -> None:
        """Stop watching, then stop the child."""
        if self._watch is not None:
            self._watch.cancel()
            await asyncio.wait([self._watch])
        if self._child is not None:
            await child.stop(self._child)

    def _choose_port(self) -> None:
        """Take the port of the last time if it is free, otherwise another, and keep it."""
        file = self.folder / "port"
        with self._refusing_unusable():
            kept = ports.read(file)
        self.port = ports.choose(kept)
        if self.port != kept:
            with self._refusing_unusable():
                file.write_text(str(self.port))

    async def _launch(self) -> None:
        began = time.monotonic()
        with self._refusing_unusable():
            await self._spawn()
        try:
            await self._answered(self._running())
        except BaseException:
            await child.stop(self._running())
            raise
        self._started_at = time.monotonic()
        self._log.info("engine_started", port=self.port, ms=round((self._started_at - began) * 1e3))

    async def _spawn(self) -> None:
        with await child.folder_lock(self.folder / "lock") as lock:
            _rotate(self.log_file)
            self._child = await child.spawn(self.command(), lock=lock, output=self._output)
            child.sign(lock, self._child)

    async def _answered(self, program: Process) -> None:
        try:
            async with asyncio.timeout(START_S):
                while not await self.answers():
                    if program.returncode is not None:
                        raise EngineError(self._explained(program.returncode))
                    await asyncio.sleep(POLL_S)
        except TimeoutError as error:
            raise EngineError(
                f"{self.name} did not answer within {START_S:.0f} s; its log is {self.log_file}."
            ) from error

    def _explained(self, code: int) -> str:
        sentence = explained(self.name, code, self._output.read_text(errors="replace"))
        return f"{sentence} Its log is {self.log_file}." if self.log_file.exists() else sentence

    async def _keep_running(self) -> None:
        pause_s = FIRST_PAUSE_S
        while True:
            code = await self._running().wait()
            if time.monotonic() - self._started_at > STABLE_S:
                pause_s = FIRST_PAUSE_S
            self._log.warning("engine_exited", code=code, log=str(self.log_file))
            pause_s = await self._relaunch(pause_s)

    async def _relaunch(self, pause_s: float) -> float:
        """Start the child again, however often it takes, and return the next pause."""
        while True:
            await asyncio.sleep(pause_s)
            pause_s = min(2 * pause_s, LONGEST_PAUSE_S)
            try:
                await self._launch()
            except (EngineError, SettingsError, OSError) as error:
                self._log.debug("engine_not_restarted", reason=str(error))
            else:
                return pause_s

    def _refusing_unusable(self) -> AbstractContextManager[None]:
        return refusing_unusable(self.folder.parent)

    def _running(self) -> Process:
        if self._child is None:
            raise RuntimeError(f"{self.name} is not running")
        return self._child

    @property
    def _output(self) -> Path:
        """What the child printed: the loader's complaints, and the lines before its log is open."""
        return self.folder / "output"


def kept_secret(path: Path) -> str:
    """The secret in *path*, generated when there is none; only this user can read it."""
    if not path.exists():
        draft = path.with_suffix(".draft")
        draft.unlink(missing_ok=True)
        draft.touch(mode=0o600)
        draft.write_text(secrets.token_hex(32))
        draft.replace(path)
    return path.read_text()


def _rotate(log: Path) -> None:
    """Rotate a long log, over the one that was rotated before."""
    if log.exists() and log.stat().st_size > LOG_BYTES:
        log.replace(log.with_suffix(".1"))
