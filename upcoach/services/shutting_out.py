"""Shutting out whoever made an account with the address of somebody else, to wait for them there.

Until its address is verified nobody knows whose an account is.  When its owner comes, what a
stranger may have left in it as a way back goes: providers, passkeys, trusted devices.  The password
and the sessions are the affair of whoever lets the owner in.
"""

from models.documents import Document, Factors, Identity, Passkey, TrustedDevice
from models.documents.factors import FACTORS
from upcoach.store.changes import Changes, Ref
from upcoach.store.documents import Documents

WAYS: tuple[type[Document], ...] = (Identity, Passkey, TrustedDevice)


async def ways_into(documents: Documents, user: str) -> tuple[Ref, ...]:
    """What a write has to see that shuts strangers out of the account *user*."""
    pages = [(kind, await documents.page_of_all(kind, user)) for kind in WAYS]
    refs = (Ref(kind, user, one.id) for kind, page in pages for one in page)
    return (*refs, Ref(Factors, user, FACTORS))


def shut_out(changes: Changes, ways: tuple[Ref, ...], *, codes: bool) -> None:
    """Take *ways* into an account away; with *codes*, the app that makes them does not count."""
    for kind, owner, name in ways:
        found = changes.find(kind, owner, name)
        if isinstance(found, Factors):
            if codes:
                changes.delete(found)
            elif found.passkeys:
                changes.update(found, found.without_passkeys(changes.at))
        else:
            changes.discard(kind, owner, name)
