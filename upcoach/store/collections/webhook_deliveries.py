"""The log of deliveries to webhooks, for thirty days: sealed under the key of their owner.

Of one webhook it keeps about the newest thousand: what is older is deleted now and then.
"""

import contextlib
import datetime as dt
import random
from typing import Final

import msgspec
from pymongo.write_concern import WriteConcern

from models.webhooks import WebhookDelivery
from upcoach.store.base import codec
from upcoach.store.base.database import Bson, Database
from upcoach.store.base.indexes import CollectionSpec, Index
from upcoach.store.base.sealing import Unreadable, associated_data, seal, unseal
from upcoach.store.collections.webhook_progress import WebhookKey
from upcoach.store.secrets.keyring import KeyRing

COLLECTION: Final = "webhook_deliveries"
KEPT: Final = dt.timedelta(days=30)
KEPT_ROWS: Final = 1_000  # of one webhook
TRIM_EVERY: Final = 50  # deliveries, on the average
TRIMMED_ROWS: Final = 500  # at once at most, which is more than come in between
COLLECTIONS: Final = (CollectionSpec(COLLECTION, (Index(name="kept", keys=("at",), kept=KEPT),)),)

_QUICK: Final = WriteConcern(w=1, j=False)  # it is a record of what was done, and no more
_decoder: Final = msgspec.msgpack.Decoder(WebhookDelivery)


class WebhookDeliveries:
    """The deliveries to all webhooks."""

    def __init__(self, database: Database, keyring: KeyRing) -> None:
        self._database = database
        self._keyring = keyring

    async def add(self, *entries: tuple[WebhookKey, WebhookDelivery]) -> None:
        """Insert what was sent to each; nothing where the owner's key is gone."""
        await self._keyring.load(key.owner for key, _ in entries)
        rows = []
        for key, delivery in entries:
            with contextlib.suppress(Unreadable):
                rows.append(self._sealed(key, delivery))
        if not rows:
            return
        collection = self._database[COLLECTION].with_options(write_concern=_QUICK)
        async with self._database.connection():
            await collection.insert_many(rows, ordered=False)

    async def trim_sometimes(self, key: WebhookKey) -> None:
        """Trim the log of a webhook after one delivery of many, by chance."""
        if random.randrange(TRIM_EVERY) == 0:  # noqa: S311 - no secret
            await self.trim(key)

    async def trim(self, key: WebhookKey, kept: int = KEPT_ROWS, most: int = TRIMMED_ROWS) -> None:
        """Delete up to *most* of what is older than the newest *kept* of a webhook."""
        collection = self._database[COLLECTION].with_options(write_concern=_QUICK)
        async with self._database.connection():
            query = {"_id": codec.below(*key)}
            cursor = collection.find(query, {"_id": 1}, sort=[("_id", -1)]).skip(kept)
            names = [stored["_id"] for stored in await cursor.limit(most).to_list()]
            if names:
                await collection.delete_many({"_id": {"$in": names}})

    async def page(self, key: WebhookKey, before: str, limit: int) -> list[WebhookDelivery]:
        """Up to *limit* deliveries to a webhook, the newest first, before the one called so."""
        span = codec.below(*key)
        if before:
            span["$lt"] = _name_of(key, before)
        await self._keyring.load([key.owner])
        async with self._database.connection():
            cursor = self._database[COLLECTION].find({"_id": span}, sort=[("_id", -1)])
            rows = await cursor.limit(limit).to_list()
        return [self._opened(key, stored) for stored in rows]

    async def remove(self, key: WebhookKey) -> None:
        """Delete all deliveries to a webhook that is no more."""
        async with self._database.connection():
            await self._database[COLLECTION].delete_many({"_id": codec.below(*key)})

    def _sealed(self, key: WebhookKey, delivery: WebhookDelivery) -> Bson:
        name, plain = _name_of(key, delivery.id), msgspec.msgpack.encode(delivery)
        sealed = seal(self._keyring[key.owner], plain, associated_data(COLLECTION, name))
        return {"_id": name, "at": delivery.at, "body": sealed}

    def _opened(self, key: WebhookKey, stored: Bson) -> WebhookDelivery:
        plain = unseal(
            self._keyring[key.owner], stored["body"], associated_data(COLLECTION, stored["_id"])
        )
        return _decoder.decode(plain)


def _name_of(key: WebhookKey, delivery: str) -> str:
    return f"{codec.key_of(*key)}/{delivery}"
