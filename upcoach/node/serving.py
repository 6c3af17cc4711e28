"""One process that serves: alone, or as a child of `upcoach.node.supervisor`.

A process that is told to stop (SIGTERM, Ctrl-C) drains: see `app.Node.drain`.  It is over in thirty
seconds, because the kernel ends it then, whatever it hangs on; `upcoach.node.process.shutdown`
shares that time out.  `upcoach.node.process.watchdog` ends one that is blocked where it does not
even hear that.
"""

import asyncio
import contextlib
import os
import signal
import time
from collections.abc import AsyncIterator

import msgspec
import structlog

from config.settings import Settings
from upcoach.embedded.child import die_with
from upcoach.node import app, connecting
from upcoach.node.output import say, welcome
from upcoach.node.process import gc_tuning
from upcoach.node.process.listener import HttpListener
from upcoach.node.process.shutdown import END_S, StopSignal
from upcoach.node.process.systemd import Notifier
from upcoach.node.process.watchdog import Watchdog

_log = structlog.get_logger(__name__)


class Ports(msgspec.Struct, frozen=True):
    """The ports of a process; one that only learns has no web port."""

    metrics: int
    web: int | None = None


class Served:
    """A node with its ports."""

    def __init__(self, node: app.Node, metrics: HttpListener, web: HttpListener | None) -> None:
        self._node = node
        self._web = web
        self.ports = Ports(metrics=metrics.port, web=None if web is None else web.port)

    async def until(self, stop_signal: asyncio.Event) -> None:
        """Serve until *stop_signal* is set."""
        _log.info("serving", port=self.ports.web, metrics_port=self.ports.metrics)
        await stop_signal.wait()

    async def drain(self, drain_s: float, ends_at: float) -> None:
        """Drain the node, which is over by *ends_at*."""
        _log.info("draining", within_s=drain_s)
        await self._node.drain(self._web, drain_s, ends_at)


async def serve_alone(settings: Settings) -> int:
    """Serve until SIGTERM or Ctrl-C."""
    stop_signal = install_stop_signal()
    notifier = Notifier(os.environ)
    async with (
        connecting.engine_urls(settings) as (mongo_url, redis_url, engines),
        _serving(settings, mongo_url, redis_url, notifier, shared=False) as served,
    ):
        ports = served.ports
        notifier.ready()
        engines.announce(f"http://{settings.host}:{ports.web or ports.metrics}")
        say(welcome(settings, ports.web, [ports.metrics]))
        await served.until(stop_signal)
        notifier.stops()
        await served.drain(settings.drain_s, stop_signal.ends_at)
    log_stopped(stop_signal)
    return 0


async def serve_as_child(settings: Settings, parent: int) -> int:
    """Serve on a port that is shared, until SIGTERM or the end of *parent*."""
    stop_signal = install_stop_signal()
    die_with(parent)
    structlog.contextvars.bind_contextvars(pid=os.getpid())
    assert settings.mongo_url is not None
    assert settings.redis_url is not None
    urls = settings.mongo_url, settings.redis_url
    # Its manager is the parent, which starts it again whenever it ends.
    async with _serving(settings, *urls, Notifier({}), shared=True) as served:
        say(msgspec.json.encode(served.ports).decode())
        await served.until(stop_signal)
        # The parent's engines end with it, and whoever starts it again needs the ports.
        orphaned = os.getppid() != parent
        await served.drain(0 if orphaned else settings.drain_s, stop_signal.ends_at)
    log_stopped(stop_signal)
    return 0


def log_stopped(stop_signal: StopSignal) -> None:
    """Log that all has ended, and how long after the signal."""
    after_s = time.monotonic() - (stop_signal.ends_at - END_S)
    _log.info("stopped", after_s=round(after_s, 1))


def install_stop_signal(end_s: int = END_S) -> StopSignal:
    """Handle SIGTERM and Ctrl-C by setting the event that is returned.

    The kernel ends the process *end_s* seconds after the first of them.
    """
    stop_signal = StopSignal()
    loop = asyncio.get_running_loop()

    def handle(*_: object) -> None:
        left_s = signal.alarm(end_s)
        if left_s:  # it was told before, and gains no time
            signal.alarm(left_s)
        else:
            stop_signal.ends_at = time.monotonic() + end_s
        if not loop.is_closed():
            loop.call_soon_threadsafe(stop_signal.set)

    for number in (signal.SIGTERM, signal.SIGINT):
        # Not the loop's own way, which takes the loop: the alarm is set also while that is held.
        signal.signal(number, handle)
    return stop_signal


@contextlib.asynccontextmanager
async def _serving(
    settings: Settings, mongo_url: str, redis_url: str, notifier: Notifier, *, shared: bool
) -> AsyncIterator[Served]:
    async with contextlib.AsyncExitStack() as stack:
        node = await stack.enter_async_context(app.running_node(settings, mongo_url, redis_url))
        await stack.enter_async_context(Watchdog(notifier, node.metrics).watching())
        application, host = node.metrics_application, settings.metrics_host
        metrics = HttpListener(application, host, settings.metrics_port)
        await stack.enter_async_context(metrics)
        web = None
        if "web" in settings.roles:
            web = HttpListener(node.application, settings.host, settings.port, shared=shared)
            await stack.enter_async_context(web)
        gc_tuning.settle()
        yield Served(node, metrics, web)
