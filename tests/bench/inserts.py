"""What ours is measured against: bare `insert_one`s, and a stream with nothing around it."""

import asyncio
import os
import time
from typing import Any

from pymongo import AsyncMongoClient
from pymongo.asynchronous.collection import AsyncCollection

from models.base.clock import utc_now
from models.goals import Goal
from streams.redis.connection import RedisConnections
from tests.bench.child import obey
from tests.bench.node import draft
from upcoach.store.base import codec
from upcoach.store.base.database import DURABLE, Bson
from upcoach.store.base.sealing import DataKey


class Hops:
    """The measure for deliveries: one entry through a Redis stream, and nothing around it."""

    def __init__(self, redis: RedisConnections) -> None:
        self._redis = redis

    async def hop(self, entries: int, every_s: float) -> list[float]:
        """Append now and then; how long each entry took to reach a waiting reader."""
        reading = asyncio.create_task(self._read(entries))
        sent = []
        for _ in range(entries):
            await asyncio.sleep(every_s)
            sent.append(time.monotonic())
            await self._redis.writer.xadd("bench", {"b": b"." * 400})
        arrived = await reading
        return [at - began for began, at in zip(sent, arrived, strict=True)]

    async def _read(self, entries: int) -> list[float]:
        arrived: list[float] = []
        last: bytes | str = "$"
        while len(arrived) < entries:
            answer: Any = await self._redis.reader.xread({"bench": last}, block=1_000)
            for _, some in answer or ():
                arrived += [time.monotonic()] * len(some)
                last = some[-1][0]
        return arrived


class Inserts:
    """Inserts documents exactly as a goal is stored; they are made before the clock runs."""

    def __init__(self, collection: AsyncCollection[Bson]) -> None:
        self._collection = collection

    async def write(self, writers: int, writes: int) -> dict[str, object]:
        """Insert *writes* documents from *writers* tasks."""
        documents = _documents(writes)
        took: list[float] = []

        async def insert_some() -> None:
            while documents:
                began = time.perf_counter()
                await self._collection.insert_one(documents.pop())
                took.append(time.perf_counter() - began)

        began = time.perf_counter()
        await asyncio.gather(*(insert_some() for _ in range(writers)))
        return {"seconds": time.perf_counter() - began, "took": took}


def _documents(count: int) -> list[Bson]:
    key = DataKey(os.urandom(32))
    goals = (Goal.drafted(draft(), owner="usr_bench", at=utc_now()) for _ in range(count))
    return [codec.to_bson(goal, key) for goal in goals]


async def main() -> None:
    client: AsyncMongoClient[Bson] = AsyncMongoClient(os.environ["UPCOACH_MONGO_URL"])
    database = client[os.environ["UPCOACH_MONGO_DATABASE"]]
    inserts = Inserts(database.get_collection("bare", write_concern=DURABLE))
    redis = RedisConnections(os.environ["UPCOACH_REDIS_URL"])
    await obey({"write": inserts.write, "hop": Hops(redis).hop})
    await redis.aclose()
    await client.close()


if __name__ == "__main__":
    asyncio.run(main())
