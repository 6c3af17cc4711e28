"""Every operation that there is."""

from typing import cast

from handlers.contexts import operations
from handlers.http.rest import Edge
from streams.feed.subscription import Feeds
from streams.redis.tickets import Tickets


def surface(*, live: bool, below: tuple[str, ...] = ("/",)) -> set[tuple[str, str]]:
    """Every operation that writes *below* some paths, by method and path."""
    # Only looked at when an operation runs.
    feeds, edge, tickets = cast("Feeds", None), cast("Edge", None), cast("Tickets", None)
    return {
        (operation.method, operation.path)
        for operation in operations(feeds, edge, tickets)
        if operation.writes and operation.live == live and operation.path.startswith(below)
    }


# These are only looked at when an operation runs.
SURFACE = operations(cast("Feeds", None), cast("Edge", None), cast("Tickets", None))
