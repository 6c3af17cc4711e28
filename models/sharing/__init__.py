"""Sharing between clients and coaches: invitations, relations, shares."""

from models.access.limits import Quota
from models.access.model_context import ModelContext
from models.access.permissions import Permission
from models.sharing.invitation import (
    INVITATION_ID_PREFIX,
    INVITATIONS,
    RELATION_PREFIX,
    InvitationCode,
    InvitationDraft,
    OpenInvitations,
)
from models.sharing.share import MOST_COACHES, CoachClient, Share, SharedKind, ShareDraft

CONTEXT = ModelContext(
    id_prefixes=(INVITATION_ID_PREFIX, RELATION_PREFIX),
    ways=(
        Share,
        CoachClient,
        OpenInvitations,
    ),
    permissions={
        "shares:read": Permission("see with whom you share, and who shares with you", True),
        "shares:write": Permission("share your documents with a coach", True),
    },
    quotas={
        Share: Quota(MOST_COACHES, 4),
    },
)

__all__ = [
    "CONTEXT",
    "INVITATIONS",
    "INVITATION_ID_PREFIX",
    "MOST_COACHES",
    "RELATION_PREFIX",
    "CoachClient",
    "InvitationCode",
    "InvitationDraft",
    "OpenInvitations",
    "Share",
    "ShareDraft",
    "SharedKind",
]
