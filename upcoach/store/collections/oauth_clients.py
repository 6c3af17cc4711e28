"""The collection of OAuth clients."""

from typing import Final

import msgspec

from models.oauth import OAuthClient
from upcoach.store.base.database import Bson, Database
from upcoach.store.base.indexes import CollectionSpec

COLLECTION: Final = "oauth_clients"
COLLECTIONS: Final = (CollectionSpec(COLLECTION),)


class OAuthClientStore:
    """The clients of this installation."""

    def __init__(self, database: Database) -> None:
        self._database = database

    async def find(self, client_id: str) -> OAuthClient | None:
        """The client under *client_id*."""
        async with self._database.connection():
            stored = await self._database[COLLECTION].find_one({"_id": client_id})
        return None if stored is None else _client_of(stored)

    async def all(self) -> list[OAuthClient]:
        """All clients, in the order of their ids, which is that of their registration."""
        async with self._database.connection():
            rows = await self._database[COLLECTION].find({}, sort=[("_id", 1)]).to_list()
        return [_client_of(stored) for stored in rows]

    async def redirects(self) -> list[str]:
        """The redirects of all clients, each once."""
        async with self._database.connection():
            redirects: list[str] = await self._database[COLLECTION].distinct("redirects")
        return redirects

    async def add(self, client: OAuthClient) -> None:
        """Insert *client*."""
        async with self._database.connection():
            await self._database[COLLECTION].insert_one(_stored(client))

    async def replace(self, client: OAuthClient) -> bool:
        """Store *client* in the place of the one with its id; false if there is none."""
        async with self._database.connection():
            outcome = await self._database[COLLECTION].replace_one(
                {"_id": client.id}, _stored(client)
            )
        return outcome.matched_count == 1

    async def remove(self, client_id: str) -> None:
        """Delete a client."""
        async with self._database.connection():
            await self._database[COLLECTION].delete_one({"_id": client_id})


def _stored(client: OAuthClient) -> Bson:
    stored: Bson = msgspec.to_builtins(client, builtin_types=(bytes,))
    return stored | {"_id": stored.pop("id")}


def _client_of(stored: Bson) -> OAuthClient:
    return msgspec.convert(stored | {"id": stored["_id"]}, OAuthClient)
