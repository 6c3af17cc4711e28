"""Sharing between clients and coaches: invitations, shares, and shares of single entries."""

from typing import Self

import msgspec

from upcoach.services.base.dependencies import Dependencies
from upcoach.services.sharing.entry_shares import EntryShares, delete_shares, share_refs
from upcoach.services.sharing.feed_views import FeedViews
from upcoach.services.sharing.invitations import Invitations
from upcoach.services.sharing.shares import Shares

__all__ = ["EntryShares", "SharingServices", "delete_shares", "share_refs"]


class SharingServices(msgspec.Struct, frozen=True, kw_only=True):
    """The services of clients and coaches."""

    invitations: Invitations
    shares: Shares
    entry_shares: EntryShares
    feed_views: FeedViews

    @classmethod
    def make(cls, dependencies: Dependencies) -> Self:
        documents, committer = dependencies.documents, dependencies.committer
        once, clock = dependencies.once, dependencies.clock
        return cls(
            invitations=Invitations(documents, committer, once, clock),
            shares=Shares(documents, committer),
            entry_shares=EntryShares(documents, committer, clock),
            feed_views=FeedViews(documents, dependencies.log),
        )
