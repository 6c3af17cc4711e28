"""Sync: the feed over plain HTTP, batches of mutations, positions of devices."""

from typing import Final

from handlers.http.manifest import Context
from handlers.http.operations.areas import Area
from handlers.sync import devices, feed, mutations
from handlers.sync.answer_bodies import brief, encoded_body, size_of
from handlers.sync.feed import (
    EVENTS,
    FeedPosition,
    FeedServices,
    StreamQuery,
    WaitQuery,
    check_access,
    cursor_of,
    events_page,
    named_views,
    position_of,
    read_recent,
    split_cursor,
)
from handlers.sync.mutation_frames import MutFrame, mutate, refusal_frame

__all__ = [
    "CONTEXT",
    "EVENTS",
    "FeedPosition",
    "MutFrame",
    "StreamQuery",
    "WaitQuery",
    "brief",
    "check_access",
    "cursor_of",
    "encoded_body",
    "events_page",
    "mutate",
    "named_views",
    "position_of",
    "read_recent",
    "refusal_frame",
    "size_of",
    "split_cursor",
]

CONTEXT: Final = Context(
    service=lambda runner: FeedServices(runner.services.sync, runner.feeds, runner),
    operations=(*devices.OPERATIONS, *feed.OPERATIONS, *mutations.OPERATIONS),
    areas=(
        Area(
            name="Live and sync",
            meaning="All changes of a person: live, after being offline, and in batches.",
            paths=("/v1/events", "/v1/snapshot", "/v1/mutations", "/v1/live"),
        ),
    ),
)
