"""The time zones of accounts."""

from models.access.scope import Scope
from models.account import User
from upcoach.store.collections.documents import Documents


class TimeZones:
    """The time zones of accounts."""

    def __init__(self, documents: Documents) -> None:
        self._documents = documents

    async def of(self, scope: Scope) -> str:
        """The zone of the caller's account."""
        return (await self._documents.get(User, scope.user, scope.user)).tz
