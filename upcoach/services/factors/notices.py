"""Telling people that the ways into their account have changed."""

from models.documents import User
from models.mail import FactorChange, FactorsChanged, Letter
from upcoach.services.links import FORGOT, Links
from upcoach.services.mail import Mail, letters
from upcoach.store.documents import Documents


class FactorNotices:
    """Writes to whoever's second factors are others than before."""

    def __init__(self, documents: Documents, mail: Mail, links: Links) -> None:
        self._documents = documents
        self._mail = mail
        self._links = links
        mail.writes(FactorsChanged, self._write)

    async def tell(self, user_id: str, change: FactorChange) -> None:
        """Have *user_id* told of *change*."""
        user = await self._documents.get(User, user_id, user_id)
        await self._mail.send(FactorsChanged(user.email, change))

    async def _write(self, wish: FactorsChanged) -> Letter:
        return letters.factors_changed(wish.to, wish.change, self._links.to(FORGOT))
