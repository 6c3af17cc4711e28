"""Who publishes for the FastAPI server."""

import asyncio
import json
import os
from typing import Any

from pace import obey
from redis.asyncio import Redis

redis = Redis.from_url(os.environ["REDIS_URL"])


async def broadcast(event: dict[str, Any]) -> None:
    await redis.publish("events", json.dumps(event))


async def unicast(user: int, event: dict[str, Any]) -> None:
    await redis.publish(f"user:{user}", json.dumps(event))


asyncio.run(obey(broadcast, unicast))
