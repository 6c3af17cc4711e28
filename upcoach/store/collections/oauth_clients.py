"""The collection of OAuth clients."""

from typing import Final

import msgspec

from models.oauth import OAuthClient
from upcoach.store.base.database import Database
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
        return (
            None if stored is None else msgspec.convert(stored | {"id": stored["_id"]}, OAuthClient)
        )

    async def redirects(self) -> list[str]:
        """The redirects of all clients, each once."""
        async with self._database.connection():
            redirects: list[str] = await self._database[COLLECTION].distinct("redirects")
        return redirects

    async def add(self, client: OAuthClient) -> None:
        """Insert *client*."""
        stored = msgspec.to_builtins(client, builtin_types=(bytes,))
        stored["_id"] = stored.pop("id")
        async with self._database.connection():
            await self._database[COLLECTION].insert_one(stored)
