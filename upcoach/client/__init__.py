"""The reference client: REST calls, and a device that follows its owner's feed.

The parts that neither read nor write are `machine` (what happens when, as a table), `replica` (the
copy of a feed) and `followed_feeds` (what a frame means).  Around them, `driver` carries out the
actions over a channel: a WebSocket, an event stream, a long-poll, or plain REST.  They all tell the
same frames, so a device changes from one to another with the position that it has.  `device` is
what an application holds.

`upcoach.mjs` is the same client for browsers and Node.  `docs/client.md` explains both.
"""

from upcoach.client.device import SyncDevice
from upcoach.client.driver import Stopped
from upcoach.client.replica import Replica, apply_event, sums_of
from upcoach.client.rest import ClientError, Response, RestClient

__all__ = [
    "ClientError",
    "Replica",
    "Response",
    "RestClient",
    "Stopped",
    "SyncDevice",
    "apply_event",
    "sums_of",
]
