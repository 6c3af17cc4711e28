"""Grants: the consents of users to clients, saved, listed and revoked."""

import datetime as dt
from collections.abc import Iterable

from models.access.scope import Scope
from models.account import User
from models.base.errors import NotFound
from models.oauth import Grant
from models.oauth.client import OAuthClient
from upcoach.services.account import Sessions, announce_document, caller_ref
from upcoach.services.base.resources import deletion_outcome, write_outcome
from upcoach.store.collections.documents import Documents
from upcoach.store.write.changes import WriteContext
from upcoach.store.write.committer import Committer
from upcoach.store.write.outcomes import Outcome
from upcoach.store.write.refs import Ref
from upcoach.store.write.requests import Write


class Grants:
    """The grants of users to clients of others."""

    def __init__(
        self,
        documents: Documents,
        committer: Committer,
        sessions: Sessions,
    ) -> None:
        self._documents = documents
        self._committer = committer
        self._sessions = sessions

    async def page(self, scope: Scope, *, after: str = "", limit: int = 100) -> list[Grant]:
        """The caller's grants, in order of the clients' ids."""
        return await self._documents.page(Grant, scope.user, after=after, limit=limit)

    async def rest_on(self, user: str, client: OAuthClient) -> tuple[int, dt.datetime | None]:
        """The state that a consent of *user* to *client* rests on.

        `User.lockouts`, and when the grant was made; `NotFound` if it was taken back already.
        """
        lockouts = (await self._documents.get(User, user, user)).lockouts
        if client.first_party:
            return lockouts, None
        return lockouts, (await self._documents.get(Grant, user, client.id)).created_at

    async def covers(self, user: str, client: OAuthClient, permissions: Iterable[str]) -> bool:
        """Whether *user* has granted all *permissions* to *client*."""
        try:
            return (await self._documents.get(Grant, user, client.id)).covers(permissions)
        except NotFound:
            return False

    async def remember(
        self, scope: Scope, client: OAuthClient, permissions: tuple[str, ...]
    ) -> Outcome[Grant]:
        """Add *permissions* to the caller's grant to *client*."""

        def decide(changes: WriteContext) -> Outcome[Grant]:
            before = changes.find(Grant, scope.user, client.id)
            if before is not None and before.covers(permissions) and before.client == client.name:
                return write_outcome("unchanged", before)
            after = (
                Grant(
                    id=client.id,
                    owner=scope.user,
                    created_at=changes.at,
                    updated_at=changes.at,
                    client=client.name,
                    permissions=permissions,
                )
                if before is None
                else before.widened(client.name, permissions, changes.at)
            )
            granted = changes.set(before, after)
            announce_document(changes, scope, "grant", granted)
            return write_outcome("updated" if before else "created", granted)

        reads = (Ref(Grant, scope.user, client.id), caller_ref(scope))
        return await self._committer.commit(Write(scope=scope, reads=reads, decide=decide))

    async def take_back(self, scope: Scope, client_id: str) -> Outcome[None]:
        """Revoke a grant: the client's session ends, and it has to ask again."""

        def decide(changes: WriteContext) -> Outcome[None]:
            grant = changes.get_any(Grant, scope.user, client_id)
            changes.delete(grant)
            return deletion_outcome(grant)

        write = Write(scope=scope, reads=(Ref(Grant, scope.user, client_id),), decide=decide)
        return await self._sessions.endings.end_client_with(write, client_id)
