"""The time zones of accounts."""

from models.access.scope import Scope
from models.account import User
from upcoach.store.collections.documents import Documents
from upcoach.store.write.changes import WriteContext
from upcoach.store.write.refs import Ref


class TimeZones:
    """The time zones of accounts."""

    def __init__(self, documents: Documents) -> None:
        self._documents = documents

    async def of(self, scope: Scope) -> str:
        """The zone of the caller's account."""
        return (await self._documents.get(User, scope.user, scope.user)).tz


def account_ref(scope: Scope) -> Ref:
    """What a write has to read that asks for the zone of its owner."""
    return Ref(User, scope.user, scope.user)


def zone_of_owner(changes: WriteContext, scope: Scope) -> str:
    """The zone of the caller's account, as it is when the write is decided."""
    user = changes.find(User, scope.user, scope.user)
    return "UTC" if user is None else user.tz  # whoever cannot be read is nowhere
