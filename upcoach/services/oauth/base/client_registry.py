"""The registry of clients, as operators keep it: listed, changed, removed.

A client is out of the registry before what it was given is taken back, so nothing of it is begun
meanwhile that is not found.  A token without a session (`client_credentials`) holds until it
expires, ten minutes as a rule.
"""

from collections.abc import Callable
from typing import Any

import msgspec

from models.access.scope import Scope
from models.account import Session
from models.base.errors import Invalid, NotFound
from models.contexts import SCOPES
from models.oauth import Grant, OAuthClient
from models.oauth.client import checked
from upcoach.services.account import Sessions
from upcoach.services.oauth.base.grants import Grants
from upcoach.store.collections.documents import Documents
from upcoach.store.collections.oauth_clients import OAuthClientStore


class RemovedClient(msgspec.Struct, frozen=True):
    """What ended with a client: the sessions, and how many people had let it in."""

    people: int
    sessions: int


class ClientRegistry:
    """Lists, changes and removes registered clients."""

    def __init__(
        self, store: OAuthClientStore, documents: Documents, grants: Grants, sessions: Sessions
    ) -> None:
        self._store = store
        self._documents = documents
        self._grants = grants
        self._sessions = sessions

    async def list(self) -> list[OAuthClient]:
        """All clients, the first that was registered first."""
        return await self._store.all()

    async def change(self, client_id: str, fields: dict[str, Any]) -> int:
        """Change *fields* of a client; return how many sessions it loses that had more."""
        if not fields:
            raise Invalid("change_missing", "Say what to change.")
        before = await self._require(client_id)
        if "jwks" in fields and before.auth != "private_key_jwt":
            raise Invalid("auth_invalid", "This client shows who it is by no keys of its own.")
        after = checked(msgspec.structs.replace(before, **fields), SCOPES)
        if not await self._store.replace(after):
            raise _no_client(client_id)
        if _has_all(after, before.permissions, before.audiences):
            return 0
        return await self._end_sessions(
            client_id,
            lambda session: not _has_all(after, session.permissions or (), session.audiences),
        )

    async def remove(self, client_id: str) -> RemovedClient:
        """Remove a client, with the grants and the sessions that people have given it."""
        await self._require(client_id)
        await self._store.remove(client_id)
        sessions = await self._end_sessions(client_id, lambda _: True)
        people = 0
        for owner in await self._documents.owners_with(Grant, client_id):
            await self._grants.take_back(Scope(user=owner), client_id)
            people += 1
        return RemovedClient(people, sessions + await self._end_sessions(client_id, lambda _: True))

    async def _require(self, client_id: str) -> OAuthClient:
        client = await self._store.find(client_id)
        if client is None:
            raise _no_client(client_id)
        return client

    async def _end_sessions(self, client_id: str, is_over: Callable[[Session], bool]) -> int:
        where = {"client": client_id, "ended_at": None}
        owners = await self._documents.owners_where(Session, where)
        ended = 0
        for owner in owners:
            ended += await self._sessions.endings.end_some(
                Scope(user=owner), lambda session: session.client == client_id and is_over(session)
            )
        return ended


def _has_all(client: OAuthClient, permissions: tuple[str, ...], audiences: tuple[str, ...]) -> bool:
    return {*permissions} <= {*client.permissions} and {*audiences} <= {*client.audiences}


def _no_client(client_id: str) -> NotFound:
    return NotFound("client_unknown", f"There is no client {client_id}.")
