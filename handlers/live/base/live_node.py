"""What the connections of a node share, of whatever transport."""

import msgspec

from handlers.http.limits.concurrency_limits import ConcurrencyLimit
from handlers.http.operation_runner import OperationRunner
from handlers.http.operations import Router
from handlers.http.rest.request_bodies import BodyLimits
from handlers.live.base.admin_feeds import AdminFeeds
from handlers.live.base.connections import LiveConnections
from models.base.clock import Clock
from streams.base.background_tasks import BackgroundTasks
from streams.channels.channels import Channels
from streams.channels.presence import Presence
from streams.feed.resume import Feeds
from streams.limits.prepaid_rate_limiter import PrepaidRateLimiter
from streams.redis.connection_tickets import ConnectionTickets
from upcoach.services.sync.positions import Positions


class LiveNode(msgspec.Struct, frozen=True, kw_only=True):
    """What the connections of a node share."""

    runner: OperationRunner
    router: Router
    feeds: Feeds
    connections: LiveConnections
    channels: Channels
    background_tasks: BackgroundTasks
    presence: Presence
    positions: Positions
    admin_feeds: AdminFeeds
    open_requests: ConcurrencyLimit
    sockets_by_network: ConcurrencyLimit  # sockets by where they come from
    tickets: ConnectionTickets
    clock: Clock
    credit: PrepaidRateLimiter
    bodies: BodyLimits
    window: int
    writes_s: int
