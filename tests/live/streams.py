"""The feed as a stream of events, as its tests ask for it."""

from handlers.live.sse import EventStream
from models.base.merge_patch import Json
from tests.support.laws.snapshots import snapshot
from tests.support.server import Server
from tests.support.wire.event_streams import EventStreamReader, StreamEvent
from upcoach.client import RestClient

EVENTS = "/v1/events"


def only_stream(server: Server) -> EventStream:
    """The server's end of the only stream."""
    [stream] = server.node._connections._open
    assert isinstance(stream, EventStream)
    return stream


async def from_here(person: RestClient) -> str:
    """The path of what comes next; `since=now` may bring what this node has not heard of yet."""
    return f"{EVENTS}?since={(await snapshot(person))[1]}"


def frames(events: list[StreamEvent]) -> list[Json]:
    """What *events* say."""
    return [event.frame for event in events]


async def next_goal(reader: EventStreamReader) -> Json:
    """The next event about a goal."""
    while True:
        [*_, event] = await reader.until("ev")
        if event.frame["type"] == "goal.created":
            return event.frame
