"""Shutting out whoever was in an account that is not theirs: what they left behind falls.

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
from upcoach.store.write.changes import WriteContext
from upcoach.store.write.refs import Listing, Ref, ref_of

# A coach who forgets the password must not lose all clients for it: after so long without a word to
# a mail that told of a client, that one stays.
TOLD: Final = dt.timedelta(days=30)


def ways_of(user: str) -> tuple[Listing, ...]:
    """What a write has to see all of that shuts strangers out of the account *user*."""
    kinds = (kind for kind in (*WAYS, *MIRRORS) if kind is not Session)
    return tuple(Listing(kind, user) for kind in kinds)


def shut_out(
    changes: WriteContext, user: str, *, before: dt.datetime | None = None
) -> tuple[str, ...]:
    """Take away what nobody has confirmed; with *before*, also what was confirmed from then on.

    Returns the clients whose grants are gone: their sessions are to end.
    """

    def falls(confirmed_at: dt.datetime | None) -> bool:
        return confirmed_at is None or (before is not None and confirmed_at >= before)

    gone: list[Document] = [
        one
        for kind in (Identity, Grant, Share, EntryShare)
        for one in changes.all(kind, user)
        if falls(one.confirmed_at)
    ]
    gone += [
        one
        for one in changes.all(CoachClient, user)
        if falls(one.confirmed_at) and one.began_since(changes.at - TOLD)
    ]
    gone += [*changes.all(TrustedDevice, user), *changes.all(OpenInvitations, user)]
    for factors in changes.all(Factors, user):
        kept = {name for name, at in factors.confirmed.items() if not falls(at)}
        gone += [one for one in changes.all(Passkey, user) if one.id not in kept]
        changes.update(factors, factors.fallen(kept, changes.at))
    gone += [one for kind in WAYS for one in changes.all_broken(kind, user)]
    mirrors = [ref for one in gone for ref in _mirrors(changes, ref_of(one))]
    changes.find_refs(mirrors)  # so that they are read
    for one in gone:
        changes.delete(one)
    for ref in mirrors:
        changes.discard(*ref)
    return tuple(one.id for one in gone if isinstance(one, Grant))


def remove_factors(changes: WriteContext, user: str) -> int:
    """Take every second factor of *user* away, whoever has confirmed it; return how many.

    A document that cannot be read counts for one.
    """
    factors, passkeys = changes.all(Factors, user), changes.all(Passkey, user)
    kinds = (Passkey, TrustedDevice, Factors)
    broken = [one for kind in kinds for one in changes.all_broken(kind, user)]
    for one in (*factors, *passkeys, *changes.all(TrustedDevice, user), *broken):
        changes.delete(one)
    return sum(one.totp_secret is not None for one in factors) + len(passkeys) + len(broken)


def _mirrors(changes: WriteContext, way: Ref) -> tuple[Ref, ...]:
    """What the other one of a relation has of *way*, and what was given in the relation."""
    if way.kind is Share:
        return (Ref(CoachClient, way.id, way.owner),)
    if way.kind is EntryShare:
        entry, _, coach = way.id.partition("/")
        return (Ref(ClientEntry, coach, client_entry_id(way.owner, entry)),)
    if way.kind is CoachClient:
        return Ref(Share, way.id, way.owner), *_entries_of(changes, way.owner, way.id)
    return ()


def _entries_of(changes: WriteContext, coach: str, client: str) -> tuple[Ref, ...]:
    """Both sides of each leave to read an entry that *client* has given to *coach*."""
    begins = client_entry_id(client, "")
    held = (*changes.all(ClientEntry, coach), *changes.all_broken(ClientEntry, coach))
    return tuple(
        ref
        for name in (one.id for one in held if one.id.startswith(begins))
        for ref in (
            Ref(ClientEntry, coach, name),
            Ref(EntryShare, client, share_id(name.removeprefix(begins), coach)),
        )
    )
