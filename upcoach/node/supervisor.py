"""The supervisor of several processes on one port: the parent of `serve --processes N`.

The parent serves nobody.  It owns the embedded engines, keeps the port, and starts N processes that
share it (SO_REUSEPORT: the kernel gives each connection to one of them) and one with the other
roles.  A child that ends is started again, also one that its own watchdog has ended.  SIGTERM
reaches the children through the parent only, and the engines end after the last of them.  When the
parent is killed, the kernel tells its children.
"""

import asyncio
import contextlib
import os
import signal
import sys
import time
from asyncio.subprocess import PIPE, Process
from collections.abc import AsyncIterator, Collection, Mapping, Sequence

import msgspec
import structlog

from config.settings import ProcessRole, Settings
from models.base import cancellation
from upcoach.node import connecting
from upcoach.node.output import say, welcome
from upcoach.node.process.listener import Reservation, StartError
from upcoach.node.process.shutdown import END_S
from upcoach.node.process.systemd import NAMES, Notifier
from upcoach.node.process.watchdog import Watchdog
from upcoach.node.serving import Ports, install_stop_signal, log_stopped
from upcoach.store.schema.installation import load_installation

START_S = 60.0
STABLE_S = 60.0
FIRST_PAUSE_S = 0.1
LONGEST_PAUSE_S = 5.0

_log = structlog.get_logger(__name__)


class Child:
    """A child process with its *roles*, restarted whenever it exits."""

    def __init__(
        self, roles: Collection[ProcessRole], metrics_port: int, environ: Mapping[str, str]
    ) -> None:
        names = ",".join(sorted(roles))
        self._environ = {
            **environ,
            "UPCOACH_ROLES": names,
            "UPCOACH_METRICS_PORT": str(metrics_port),
        }
        self._log = _log.bind(roles=names)
        self._process: Process | None = None
        self._started_at = 0.0
        self.ports = Ports(metrics=0)

    async def start(self) -> None:
        """Start a process, and return when it serves; raise `StartError` when it does not."""
        command = (sys.executable, "-m", "upcoach", "serve", "--child-of", str(os.getpid()))
        self._process = process = await asyncio.create_subprocess_exec(
            *command,
            env=self._environ,
            stdout=PIPE,
            start_new_session=True,  # a Ctrl-C is for the parent alone
        )
        assert process.stdout is not None
        try:
            async with asyncio.timeout(START_S):
                line = await process.stdout.readline()
                self.ports = msgspec.json.decode(line, type=Ports)
        except (TimeoutError, msgspec.DecodeError):
            await self.kill()
            raise StartError("A process did not start; it says why in the lines above.") from None
        except BaseException:
            await self.kill()
            raise
        self._environ["UPCOACH_METRICS_PORT"] = str(self.ports.metrics)  # the same ever after
        self._started_at = time.monotonic()
        self._log.info("child_started", child=process.pid)

    async def keep(self) -> None:
        """Restart it whenever it exits, until cancelled."""
        pause_s = FIRST_PAUSE_S
        while True:
            assert self._process is not None
            code = await self._process.wait()
            if time.monotonic() - self._started_at > STABLE_S:
                pause_s = FIRST_PAUSE_S
            self._log.warning("child_ended", child=self._process.pid, code=code, pause_s=pause_s)
            await asyncio.sleep(pause_s)
            pause_s = min(2 * pause_s, LONGEST_PAUSE_S)
            with contextlib.suppress(StartError):  # it ended again
                await self.start()

    async def stop(self) -> int:
        """Send SIGTERM, wait until it has drained, and return its exit code."""
        if self._process is None:
            return 0
        with contextlib.suppress(ProcessLookupError):
            self._process.send_signal(signal.SIGTERM)
        try:
            async with asyncio.timeout(END_S):
                return await self._process.wait()
        except TimeoutError:
            return await self.kill()

    async def kill(self) -> int:
        """Send SIGKILL, and return its exit code."""
        assert self._process is not None
        with contextlib.suppress(ProcessLookupError):
            self._process.kill()
        return await self._process.wait()


async def serve_with_children(settings: Settings) -> int:
    """Serve with several processes until SIGTERM or Ctrl-C; 1 when one of them failed."""
    stop_signal = install_stop_signal()
    notifier = Notifier(os.environ)
    async with connecting.engine_urls(settings) as (mongo_url, redis_url, engines):
        async with connecting.open_database(mongo_url, settings) as database:
            # What all would refuse is refused once.
            await connecting.when_reached(database, lambda: load_installation(database))
        with contextlib.closing(Reservation(settings.host, settings.port)) as reservation:
            environ = _environ(mongo_url, redis_url, reservation.port)
            children = _children(settings, environ)
            async with Watchdog(notifier).watching(), _kept(children) as codes:
                metrics_ports = [child.ports.metrics for child in children]
                web = children[0].ports.web
                engines.announce(f"http://{settings.host}:{web or metrics_ports[0]}")
                notifier.ready()
                say(welcome(settings, web, metrics_ports))
                await stop_signal.wait()
                notifier.stops()
    log_stopped(stop_signal)
    return int(any(codes))


def _environ(mongo_url: str, redis_url: str, port: int) -> dict[str, str]:
    """The environment of all children, without the service manager's variables."""
    inherited = {name: text for name, text in os.environ.items() if name not in NAMES}
    return inherited | {
        "UPCOACH_MONGO_URL": mongo_url,
        "UPCOACH_REDIS_URL": redis_url,
        "UPCOACH_PORT": str(port),
        "UPCOACH_PROCESSES": "1",
    }


def _children(settings: Settings, environ: Mapping[str, str]) -> list[Child]:
    """The children: the web processes, then the one with the other roles."""
    web: frozenset[ProcessRole] = settings.roles & {"web"}
    roles = [web] * settings.processes * bool(web)
    if settings.background_roles:
        roles.append(settings.background_roles)
    ports = settings.metrics_ports
    return [Child(names, port, environ) for names, port in zip(roles, ports, strict=True)]


@contextlib.asynccontextmanager
async def _kept(children: Sequence[Child]) -> AsyncIterator[list[int]]:
    """Run *children* while the context lasts; the list holds their exit codes at the end."""
    codes: list[int] = []
    keeping: list[asyncio.Task[None]] = []
    try:
        starts = (child.start() for child in children)
        for failure in await asyncio.gather(*starts, return_exceptions=True):
            if failure is not None:
                raise failure
        keeping += [asyncio.create_task(child.keep()) for child in children]
        yield codes
    finally:
        await cancellation.end(*keeping)
        codes += await asyncio.gather(*(child.stop() for child in children))
