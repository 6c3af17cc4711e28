"""Removal of everything unconfirmed when an account's owner claims it (pre-hijacking).

Somebody who knows the password, or made the account with the address of another, can leave a way
back in (a factor, a provider, an app), or a way out for what its owner writes, or for when they are
there (a share, a coach's client).  Each of these ways is announced by mail, and counts as the
owner's only when the click of somebody who reads the mails has confirmed it
(`upcoach.services.account.additions.additions`).  Whatever nobody has confirmed falls when the
owner comes back through their mails.  Sessions and the password are the affair of whoever lets the
owner in.
"""

import datetime as dt
from typing import Final

from models.account import Factors, Identity, Passkey, Session, TrustedDevice
from models.base.document import Document
from models.contexts import MIRRORS, WAYS
from models.journal import ClientEntry, EntryShare, client_entry_id, share_id
from models.oauth import Grant
from models.sharing import CoachClient, OpenInvitations, Share
from models.webhooks import Webhook
from upcoach.store.write.changes import WriteContext
from upcoach.store.write.refs import Listing, Ref, ref_of

# A coach who forgets the password must not lose all clients for it: after so long without a word to
# a mail that told of a client, that one stays.
TOLD: Final = dt.timedelta(days=30)


def access_method_listings(user: str) -> tuple[Listing, ...]:
    """The listings that a write with `remove_unconfirmed` has to read."""
    kinds = (kind for kind in (*WAYS, *MIRRORS) if kind is not Session)
    return tuple(Listing(kind, user) for kind in kinds)


def remove_unconfirmed(
    changes: WriteContext, user: str, *, before: dt.datetime | None = None
) -> tuple[str, ...]:
    """Delete what nobody has confirmed; with *before*, also what was confirmed from then on.

    Returns the clients whose grants are gone: their sessions are to end.
    """

    def falls(confirmed_at: dt.datetime | None) -> bool:
        return confirmed_at is None or (before is not None and confirmed_at >= before)

    gone: list[Document] = [
        method
        for kind in (Identity, Grant, Share, EntryShare, Webhook)
        for method in changes.all(kind, user)
        if falls(method.confirmed_at)
    ]
    gone += [
        client
        for client in changes.all(CoachClient, user)
        if falls(client.confirmed_at) and client.began_since(changes.at - TOLD)
    ]
    gone += [*changes.all(TrustedDevice, user), *changes.all(OpenInvitations, user)]
    for factors in changes.all(Factors, user):
        kept = {name for name, at in factors.confirmed.items() if not falls(at)}
        gone += [passkey for passkey in changes.all(Passkey, user) if passkey.id not in kept]
        changes.update(factors, factors.keeping_only(kept, changes.at))
    gone += [broken for kind in WAYS for broken in changes.all_broken(kind, user)]
    mirrors = [ref for document in gone for ref in _mirrors(changes, ref_of(document))]
    changes.find_refs(mirrors)  # so that they are read
    for document in gone:
        changes.delete(document)
    for ref in mirrors:
        changes.discard(*ref)
    return tuple(document.id for document in gone if isinstance(document, Grant))


def remove_factors(changes: WriteContext, user: str) -> int:
    """Delete every second factor of *user*, confirmed or not; return how many.

    A document that cannot be read counts for one.
    """
    factors, passkeys = changes.all(Factors, user), changes.all(Passkey, user)
    kinds = (Passkey, TrustedDevice, Factors)
    broken = [document for kind in kinds for document in changes.all_broken(kind, user)]
    for document in (*factors, *passkeys, *changes.all(TrustedDevice, user), *broken):
        changes.delete(document)
    return (
        sum(document.totp_secret is not None for document in factors) + len(passkeys) + len(broken)
    )


def _mirrors(changes: WriteContext, way: Ref) -> tuple[Ref, ...]:
    """The other side's documents of *way*, and what was shared in the relation."""
    if way.kind is Share:
        return (Ref(CoachClient, way.id, way.owner),)
    if way.kind is EntryShare:
        entry, _, coach = way.id.partition("/")
        return (Ref(ClientEntry, coach, client_entry_id(way.owner, entry)),)
    if way.kind is CoachClient:
        return Ref(Share, way.id, way.owner), *_entries_of(changes, way.owner, way.id)
    return ()


def _entries_of(changes: WriteContext, coach: str, client: str) -> tuple[Ref, ...]:
    """Both sides of each entry share that *client* has given to *coach*."""
    begins = client_entry_id(client, "")
    held = (*changes.all(ClientEntry, coach), *changes.all_broken(ClientEntry, coach))
    return tuple(
        ref
        for name in (entry.id for entry in held if entry.id.startswith(begins))
        for ref in (
            Ref(ClientEntry, coach, name),
            Ref(EntryShare, client, share_id(name.removeprefix(begins), coach)),
        )
    )
