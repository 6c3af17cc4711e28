"""The composition root: creates a node with its database, streams, services and ports.

`Installation` opens what several processes share (engines, database, Redis), `Node` is one process
at work on it.  Everything is made here, once, and handed to whoever needs it.
"""

import asyncio
import contextlib
import math
import sys
from collections.abc import AsyncIterator, Iterator

import structlog
from tornado.web import Application

from config.settings import Settings
from handlers.admin import HealthChecks, SharedCheck
from handlers.contexts import ROUTER, make_application, make_metrics_application
from handlers.http.limits.concurrency_limits import ConcurrencyLimit
from handlers.http.limits.in_flight import InFlight
from handlers.http.limits.write_order import WriteOrder
from handlers.http.manifest import ApplicationParts
from handlers.http.operation_runner import OperationRunner
from handlers.http.rest.application import BoundedApplication
from handlers.http.rest.request_bodies import BodyLimits
from handlers.live.base.admin_feeds import AdminFeeds
from handlers.live.base.connections import LiveConnections
from handlers.live.base.drain import CLOSING_S
from handlers.live.base.live_node import LiveNode
from handlers.live.base.node_figures import NodeNumbers
from handlers.live.base.send_buffer import WINDOW
from models.access.limits import OPEN_OF_NETWORK
from models.base import cancellation
from models.base.clock import utc_now
from models.base.errors import Unavailable
from models.base.metrics import Metrics
from models.base.periodic_jobs import PeriodicJob, PeriodicJobOwner
from models.wire.close_codes import CloseCode
from streams.admin.kpis import KpiView
from streams.admin.timeline import TimelineStreams
from streams.base import background_tasks
from streams.base.background_tasks import BackgroundJob, BackgroundTasks
from streams.channels.channels import Channels
from streams.channels.presence import Presence
from streams.consumers.consumer import Consumer
from streams.consumers.habit_learner import HabitLearner
from streams.consumers.notifier import NotificationConsumer
from streams.consumers.revocation import RevocationConsumer
from streams.consumers.runner import ConsumerDependencies, ConsumerRunner
from streams.consumers.slot_changes import SlotChanges
from streams.consumers.webhooks import WebhookConsumer
from streams.feed.hub import PRELOADED_EVENTS, Hub
from streams.feed.reader import Follower, StreamReader
from streams.feed.relay import Relay
from streams.feed.resume import Feeds
from streams.limits.held_writes import HeldWrites
from streams.limits.prepaid_rate_limiter import PrepaidRateLimiter
from streams.limits.rate_limiter import SharedRateLimiter
from streams.redis.connection import RedisConnections, RedisError
from streams.redis.connection_tickets import ConnectionTickets
from streams.redis.lease import claim
from streams.redis.stream_trimming import StreamTrimming
from upcoach.node.assembly import Assembly
from upcoach.node.connecting import open_schema, warn_without_redis, when_reached
from upcoach.node.process import shutdown
from upcoach.node.process.listener import HttpListener
from upcoach.services.base.periodic_jobs import PeriodicJobRunner
from upcoach.services.webhooks.delivery_runner import DeliveryRunner
from upcoach.store.base.database import Database
from upcoach.store.log.event_log import EventLog
from upcoach.store.outbox.outboxes import Outboxes
from upcoach.store.schema.installation import load_installation
from upcoach.store.schema.orphan_transactions import OrphanTransactions
from upcoach.store.schema.schema import Schema
from upcoach.store.secrets.keyring import KeyRing, MasterKeys
from upcoach.store.write.committer import Committer
from upcoach.store.write.overdue_timers import OverdueTimers

RESTART_S = 1.0  # before work that broke begins again
# How long the loop waits for a thread that computes, each time that it comes back from a socket:
# Python's own 5 ms make 50 of one request.
SWITCH_S = 0.0005

_log = structlog.get_logger(__name__)


class Node:
    """A node: one process with its services, its stream consumers and its sockets."""

    def __init__(
        self,
        settings: Settings,
        database: Database,
        schema: Schema,
        redis: RedisConnections,
        epoch: str,
    ) -> None:
        self._settings = settings
        self.database = database
        self._schema = schema
        self._redis = redis
        self.metrics = Metrics()
        self.metrics.broken.set_function(lambda: len(database.broken))
        masters = MasterKeys(next(iter(settings.master_keys)), settings.master_keys)
        self.keyring = KeyRing(database, masters)
        self.log = EventLog(database, self.keyring)
        self.relay = Relay(redis.writer, self.log, utc_now)
        outboxes = Outboxes.of(database, masters, utc_now)
        self.committer = Committer(database, self.keyring, outboxes, utc_now, self.relay.publish)
        self.assembly = Assembly(
            settings,
            database,
            masters,
            self.keyring,
            self.log,
            self.committer,
            outboxes,
            self.metrics,
        )
        self.services = self.assembly.services
        self.hub = Hub(self.log, self.committer.heads, self.metrics)
        self._connections = LiveConnections(self.metrics, settings.live_sockets)
        self.services.account.keys.on_revoked = self._connections.revoke_keys
        self._open_requests = ConcurrencyLimit()
        numbers = NodeNumbers(self._connections, self.metrics)
        self._kpis = KpiView(redis.writer, self._connections.node, numbers, utc_now)
        self._admin_feeds = AdminFeeds(
            self.services.account.accounts, self._kpis, TimelineStreams(redis.reader)
        )
        self._background_tasks = BackgroundTasks()
        self._channels = Channels(
            redis.writer, redis.reader, self._background_tasks, self._connections.replace
        )
        self._presence = Presence(redis.writer, self._channels, self._background_tasks, utc_now)
        self._revocation_consumer = RevocationConsumer(
            self.services.account.revocations,
            self._connections.revoke,
            self._connections.check_channels,
            lambda user: self._background_tasks.run(self._admin_feeds.check_user(user)),
        )
        hooks = self.services.webhooks
        self.webhooks = DeliveryRunner(
            hooks, self.log, self.committer.heads, utc_now, epoch, self.metrics
        )
        self._consumers = self._make_consumers()
        self._reader = StreamReader(redis.reader, self._followers())
        self._in_flight = InFlight()
        self._leaving = False
        self._ends_at = math.inf
        checks = self._checks()
        self.application = self._make_application(epoch, checks)
        self.metrics_application = make_metrics_application(self.metrics, checks)
        self._tasks: list[asyncio.Task[None]] = []

    def _make_consumers(self) -> ConsumerRunner:
        ground = ConsumerDependencies(
            log=self.log,
            database=self.database,
            redis=self._redis.writer,
            secret=self._settings.index_key,
            clock=utc_now,
            metrics=self.metrics,
        )
        slots = SlotChanges(self._channels, utc_now)
        consumers: list[Consumer] = [self._revocation_consumer, self._kpis, slots]
        if "schedule" in self._settings.roles:
            notifications = self.services.notifications
            consumers.append(WebhookConsumer(self.webhooks))
            consumers.append(NotificationConsumer(notifications.occasions, notifications.held))
        if "learn" in self._settings.roles:
            consumers.append(HabitLearner(self.services.insights.insights))
        return ConsumerRunner(consumers, ground)

    def _make_runner(
        self,
        epoch: str,
        credit: PrepaidRateLimiter,
        limits: SharedRateLimiter,
        order: WriteOrder,
    ) -> OperationRunner:
        services, heads = self.services, self.committer.heads
        snapshots, views = services.sync.snapshots, services.sharing.feed_views
        state_of = services.account.sessions.state_of
        return OperationRunner(
            services=services,
            router=ROUTER,
            feeds=Feeds(self.hub, self.log, heads, snapshots, views, epoch, credit),
            tickets=ConnectionTickets(self._redis.writer, state_of, utc_now),
            epoch=epoch,
            metrics=self.metrics,
            order=order,
            in_flight=self._in_flight,
            limits=limits,
            proxies=self._settings.proxies,
        )

    def _make_application(self, epoch: str, checks: HealthChecks) -> BoundedApplication:
        settings = self._settings
        counter = self._redis.counter if settings.limits == "on" else None
        limits = self._limits = SharedRateLimiter(counter, settings.index_key)
        credit = PrepaidRateLimiter(limits)
        order = WriteOrder(self.committer.refused_writes, HeldWrites(counter))
        runner = self.runner = self._make_runner(epoch, credit, limits, order)
        self.tickets = runner.tickets
        self.bodies = BodyLimits(self.services.account, settings.proxies, settings.data)
        live = LiveNode(
            runner=runner,
            router=runner.router,
            feeds=runner.feeds,
            connections=self._connections,
            channels=self._channels,
            background_tasks=self._background_tasks,
            presence=self._presence,
            positions=self.services.sync.positions,
            admin_feeds=self._admin_feeds,
            open_requests=self._open_requests,
            sockets_by_network=ConcurrencyLimit(OPEN_OF_NETWORK),
            tickets=runner.tickets,
            clock=utc_now,
            credit=credit,
            bodies=self.bodies,
            window=WINDOW,
            writes_s=self._settings.live_writes_s,
        )
        parts = ApplicationParts(
            runner=runner,
            live=live,
            checks=checks,
            mailbox=self.assembly.mailbox,
            pushes=self.assembly.push.folder,
        )
        return make_application(parts)

    def _followers(self) -> tuple[Follower, ...]:
        is_web = "web" in self._settings.roles
        return (self._consumers, self.hub) if is_web else (self._consumers,)

    def _checks(self) -> HealthChecks:
        return HealthChecks(
            required={
                "mongodb": SharedCheck(self.database.ping),  # which strangers may ask for
                "schema": self._schema.check,
                "node": self._staying,
            },
            reported={"redis": SharedCheck(self._redis.ping)},
        )

    async def _staying(self) -> None:
        if self._leaving:
            raise Unavailable("draining", "This node is going away.")

    async def start(self) -> None:
        """Start all background tasks and jobs."""
        await when_reached(self.database, self.services.account.keys.load)
        await when_reached(self.database, self.services.account.revocations.look)
        with contextlib.suppress(RedisError):
            await self.hub.preload(await self._reader.recent(PRELOADED_EVENTS))
        jobs = PeriodicJobRunner(self._jobs(), self._claim).tasks
        work = background_tasks.by_name((*self._tasks_to_keep(), *jobs.items()))
        for name, task in work.items():
            self._tasks.append(asyncio.create_task(_run_forever(task, name), name=name))

    def _tasks_to_keep(self) -> Iterator[tuple[str, BackgroundJob]]:
        """The tasks that run as long as the node, by name."""
        yield "reader", self._reader.run
        yield "relay", self.relay.run
        yield "channels", self._channels.run
        yield "schema", self._schema.run
        if "schedule" in self._settings.roles:
            yield "webhooks deliveries", self.webhooks.run
        yield from self._presence.tasks.items()
        yield from self._consumers.tasks.items()

    def _jobs(self) -> Iterator[PeriodicJob]:
        """The periodic jobs of everything that a node has."""
        owners: tuple[PeriodicJobOwner, ...] = (
            self.relay,
            self._presence,
            self._connections,
            self._admin_feeds,
            self._consumers,
            self.services,
            self.assembly.mail,
            self._limits,
            StreamTrimming(self._redis.writer, utc_now),
            OrphanTransactions(self.database),
            OverdueTimers(self.database, utc_now, self.metrics),
        )
        if "schedule" in self._settings.roles:
            owners = (*owners, self.assembly.timers)
        for owner in owners:
            yield from owner.periodic_jobs

    async def _claim(self, name: str, for_s: float) -> bool:
        return await claim(self._redis.writer, name, for_s)

    async def drain(
        self, public: HttpListener | None, drain_s: float, ends_at: float = math.inf
    ) -> None:
        """Send clients to other nodes within *drain_s*; requests in flight are answered.

        Parameters
        ----------
        ends_at
            When all has to be over, by the loop's clock, `stop` included.

        """
        self._leaving = True
        self._ends_at = ends_at - shutdown.CLOSING_S
        if public is not None:
            public.refuse()
        requests = shutdown.ShutdownStep("requests", self._in_flight.join, 1.0, math.inf)
        kept_s = shutdown.reserved_s((requests, *self._last_steps()))
        left_s = self._ends_at - asyncio.get_running_loop().time() - kept_s
        await self._connections.drain(max(0.0, min(drain_s, left_s - CLOSING_S)))
        await shutdown.run_steps(
            [requests], self._ends_at - shutdown.reserved_s(self._last_steps())
        )

    async def stop(self) -> None:
        """Finish requests and writes, flush buffers, save learners' snapshots, end all tasks."""
        self._connections.close_all(CloseCode.DRAINING, "draining")
        await shutdown.run_steps(self._last_steps(), self._ends_at)
        self.services.account.passwords.close()
        self.assembly.outbound.close()
        self.assembly.chosen_outbound.close()
        await self.assembly.push.close()

    def _last_steps(self) -> tuple[shutdown.ShutdownStep, ...]:
        """The last steps of the shutdown, the most important first."""
        return (
            # What cannot be finished in time is due in MongoDB, and another process finds it.
            shutdown.ShutdownStep("writes", self.committer.drain, 2.0),
            shutdown.ShutdownStep("tasks", self._end_tasks, 1.0),
            shutdown.ShutdownStep("relay", self.relay.flush, 1.0),
            shutdown.ShutdownStep("audit", self.services.audit.log.close, 1.0),
            shutdown.ShutdownStep("consumers", self._consumers.stop, 2.0),
            shutdown.ShutdownStep("positions", self.services.sync.positions.flush, 0.5),
            shutdown.ShutdownStep("arrivals", self.services.account.arrivals.flush, 0.25),
            shutdown.ShutdownStep("errands", self._background_tasks.over, 0.25),
        )

    async def _end_tasks(self) -> None:
        # Durable consumers end tasks of their own, hence the longer patience.
        await cancellation.end(*self._tasks, ask_again_s=1.0)


@contextlib.asynccontextmanager
async def running_node(settings: Settings, mongo_url: str, redis_url: str) -> AsyncIterator[Node]:
    """Run a node while the context lasts, without its ports."""
    sys.setswitchinterval(SWITCH_S)
    async with (
        open_schema(mongo_url, settings) as (database, schema),
        contextlib.aclosing(RedisConnections(redis_url)) as redis,
    ):
        await warn_without_redis(redis)
        installation = await when_reached(database, lambda: load_installation(database))
        node = Node(settings, database, schema, redis, installation.epoch)
        await node.start()
        try:
            yield node
        finally:
            await node.stop()


@contextlib.asynccontextmanager
async def listening(application: Application, host: str, port: int) -> AsyncIterator[int]:
    """Serve *application* on a port while the context lasts; 0 takes a free one."""
    async with HttpListener(application, host, port) as listener:
        yield listener.port


async def _run_forever(work: BackgroundJob, name: str) -> None:
    """Run *work* until cancelled, and restart it when it fails."""
    while True:
        try:
            return await work()
        # A supervisor: without its reader or its relay a node would serve on, deaf.  Whatever ended
        # the work is logged with its trace.
        except Exception:  # noqa: BLE001
            _log.exception("task_failed", task=name)
        await asyncio.sleep(RESTART_S)
