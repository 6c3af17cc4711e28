"""The operators' stream and socket."""

import contextlib
from collections.abc import AsyncIterator

from tornado.httpclient import HTTPRequest
from tornado.websocket import websocket_connect

from models.base.merge_patch import Json
from tests.support.server import Server
from tests.support.wire.event_streams import EventStreamReader, StreamEvent
from tests.support.wire.sockets import Wire

LIVE = "/v1/admin/live"


async def ready(reader: EventStreamReader) -> StreamEvent:
    """The word that the timeline is followed from here."""
    *_, subd = await reader.until("subd")
    if subd.frame["f"] == "admin:kpi":
        *_, subd = await reader.until("subd")
    return subd


@contextlib.asynccontextmanager
async def upgrading(server: Server, query: str, token: str) -> AsyncIterator[Wire]:
    """A socket of the operators' path."""
    headers = {"Authorization": f"Bearer {token}"} if token else {}
    url = server.url.replace("http", "ws", 1) + LIVE + query
    wire = Wire(await websocket_connect(HTTPRequest(url, headers=headers)))
    try:
        yield wire
    finally:
        await wire.hang_up()


async def refused(wire: Wire, frame: Json) -> tuple[int, str]:
    """Why *frame* is not followed."""
    await wire.send(frame)
    *_, unsubd = await wire.until("unsubd")
    return unsubd["problem"]["status"], unsubd["problem"]["code"]
