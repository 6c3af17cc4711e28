"""What the connections of a node share, of whatever transport."""

import msgspec

from handlers.http.bodies import Bodies
from handlers.http.limits.concurrency_limits import Seats
from handlers.http.operations import Router
from handlers.http.rest import Edge
from handlers.live.base.admin_feeds import Desk
from handlers.live.base.connections import Connections
from models.base.clock import Clock
from streams.base.background_tasks import Errands
from streams.channels.channels import Channels
from streams.channels.presence import Presence
from streams.feed.subscription import Feeds
from streams.limits.credit import Credits
from streams.redis.tickets import Tickets
from upcoach.services.sync.positions import Positions


class LiveNode(msgspec.Struct, frozen=True, kw_only=True):
    """What the connections of a node share."""

    edge: Edge
    router: Router
    feeds: Feeds
    connections: Connections
    channels: Channels
    errands: Errands
    presence: Presence
    positions: Positions
    desk: Desk
    seats: Seats
    doors: Seats  # sockets by where they come from
    tickets: Tickets
    clock: Clock
    credit: Credits
    bodies: Bodies
    window: int
    writes_s: int
