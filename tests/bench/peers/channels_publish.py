"""Who publishes for the Channels server."""

import asyncio
from typing import Any

import channels_settings  # noqa: F401  Django is configured before anything of it is imported
from channels.layers import get_channel_layer
from pace import obey

layer = get_channel_layer()


async def broadcast(event: dict[str, Any]) -> None:
    await layer.group_send("events", {"type": "feed.event", "event": event})


async def unicast(user: int, event: dict[str, Any]) -> None:
    await layer.group_send(f"user.{user}", {"type": "feed.event", "event": event})


asyncio.run(obey(broadcast, unicast))
