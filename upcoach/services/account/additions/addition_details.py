"""Details of an addition: its name, what it allows, and the device that added it.

It is looked up whenever it is told: names are kept nowhere but in their documents, sealed.
"""

from typing import Final, TypeVar

from models.account import Addition, AdditionDetails, Identity, Passkey, Session, User, WayName
from models.account.access_method import AccessMethod
from models.account.session import APP_NAMES
from models.base.document import Document
from models.base.errors import Conflict, NotFound
from models.base.merge_patch import Json
from models.contexts import SCOPES, SHAREABLE
from models.journal import EntryShare, JournalEntry
from models.oauth import Grant
from models.sharing import CoachClient, Share
from models.webhooks import Webhook
from upcoach.store.collections.documents import Documents

D = TypeVar("D", bound=Document)

KINDS: Final[dict[WayName, type[AccessMethod]]] = {
    "identity": Identity,
    "coach": Share,
    "client": CoachClient,
    "share": Share,
    "entry share": EntryShare,
    "grant": Grant,
    "webhook": Webhook,
}


class AdditionReader:
    """Reads the details of additions."""

    def __init__(self, documents: Documents) -> None:
        self._documents = documents

    async def details(self, user: str, session: str, added: Addition) -> AdditionDetails:
        """The details of what was *added* to the account *user* in *session*."""
        login = await self.find(Session, user, session)
        way = await self.find(KINDS.get(added.way, Passkey), user, added.id)
        if isinstance(way, AccessMethod) and way.since != added.since:  # it is another one by now
            way = None
        return AdditionDetails(**_device(login), **_own(way), **await self._shared(added, way))

    async def _shared(self, added: Addition, way: Document | None) -> Json:
        """With whom something is shared, and how long."""
        if KINDS.get(added.way) in (Share, CoachClient):  # called as the other one is
            return {"name": await self._name_of(added.id)}
        if isinstance(way, EntryShare):
            entry = await self.find(JournalEntry, way.owner, way.entry)
            day = None if entry is None else entry.local_date
            return {"name": await self._name_of(way.coach), "day": day, "until": way.until}
        return {}

    async def _name_of(self, user: str) -> str:
        other = await self.find(User, user, user)
        return "" if other is None else other.name

    async def stands(self, user: str, added: Addition) -> bool:
        """Whether what was *added* still exists unchanged."""
        if added.way not in KINDS:
            return True
        way = await self.find(KINDS[added.way], user, added.id)
        return way is not None and way.since == added.since

    async def find(self, kind: type[D], owner: str, document_id: str) -> D | None:
        """A document; None where it is gone, or cannot be read."""
        try:
            return await self._documents.get(kind, owner, document_id)
        except (NotFound, Conflict):
            return None


def _device(login: Session | None) -> Json:
    if login is None:
        return {}
    return {"device": login.device_name or "", "app": APP_NAMES[login.app]}


def _own(way: Document | None) -> Json:
    """The details in *way* itself."""
    if isinstance(way, Passkey):
        return {"name": way.name}
    if isinstance(way, Identity):
        return {"name": way.email or ""}
    if isinstance(way, Grant):
        permissions = [
            permission for permission in map(SCOPES.get, way.permissions) if permission is not None
        ]
        return {
            "name": way.client,
            "allows": tuple(permission.meaning for permission in permissions),
        }
    if isinstance(way, Webhook):
        return {"name": way.host}
    if isinstance(way, Share):
        allows = tuple(words for kind, words in SHAREABLE.items() if kind in way.kinds)
        return {"allows": allows}
    return {}
