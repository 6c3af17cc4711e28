"""Shutting out whoever made an account with the address of somebody else, to wait for them there.

Until its address is verified nobody knows whose an account is.  When its owner comes, what a
stranger may have left in it as a way back goes: providers, passkeys, trusted devices.  The password
and the sessions are the affair of whoever lets the owner in.
"""

from models.documents import Document, Factors, Identity, Passkey, TrustedDevice
from upcoach.store.changes import Changes, Listing

WAYS: tuple[type[Document], ...] = (Identity, Passkey, TrustedDevice)


def ways_into(user: str) -> tuple[Listing, ...]:
    """What a write has to list that shuts strangers out of the account *user*."""
    return (*(Listing(kind, user) for kind in WAYS), Listing(Factors, user))


def shut_out(changes: Changes, user: str, *, codes: bool) -> None:
    """Take all ways into an account away; with *codes*, the app that makes them does not count."""
    for way in (one for kind in WAYS for one in changes.all(kind, user)):
        changes.delete(way)
    for factors in changes.all(Factors, user):
        if codes:
            changes.delete(factors)
        elif factors.passkeys:
            changes.update(factors, factors.without_passkeys(changes.at))
