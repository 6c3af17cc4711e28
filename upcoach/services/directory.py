"""Finding a user by their address, of which the database knows a keyed hash."""

import hashlib
import hmac

from models.documents import User
from models.documents.user import normalised_email
from upcoach.store.documents import Documents


class Directory:
    """Users by their addresses."""

    def __init__(self, documents: Documents, key: bytes) -> None:
        self._documents = documents
        self._key = key

    async def find(self, email: str) -> User | None:
        """The user of an address, however it is spelt.

        Mails go to the address of the user that is found, never to the one that was asked for: of
        two that mean the same account, another mail server may be behind each.
        """
        owner = await self._documents.find_owner(User, "email_index", self.index(email))
        if owner is None:
            return None
        return await self._documents.get(User, owner, owner)

    def index(self, email: str) -> str:
        """What is kept of *email* to find it by."""
        address = normalised_email(email).encode()
        return hmac.digest(self._key, b"email\0" + address, hashlib.sha256).hex()
