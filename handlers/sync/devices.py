"""The positions of a person's devices in feeds."""

import datetime as dt

import msgspec

from handlers.http.operations import Call, Operation, Reply
from handlers.http.pagination import Items
from handlers.sync.feed import FeedServices


class DevicePosition(msgspec.Struct, frozen=True):
    """*device* has kept *feed* up to the number *seq*, as it said at *at*.

    Attributes
    ----------
    device
        The device.
    feed
        The feed.
    seq
        The number up to which the device has kept it.
    at
        When it said so.

    """

    device: str
    feed: str
    seq: int
    at: dt.datetime


async def list_positions(services: FeedServices, call: Call) -> Reply:
    """List the caller's devices, each with the number up to which it has kept each feed."""
    positions = await services.sync.positions.page(call.scope)
    return Reply(
        body=Items(
            [
                DevicePosition(position.device, position.feed, position.seq, position.at)
                for position in positions
            ]
        )
    )


OPERATIONS = (
    Operation(
        method="GET",
        path="/v1/devices",
        run=list_positions,
        needs="account:read",
        gives=Items[DevicePosition],
    ),
)
