"""Sharing between clients and coaches: invitations, relations, shares."""

from models.access.model_context import ModelContext
from models.sharing.invitation import InvitationCode, InvitationDraft, OpenInvitations
from models.sharing.share import CoachClient, Share, ShareDraft

CONTEXT = ModelContext(
    documents=(
        Share,
        CoachClient,
        OpenInvitations,
    ),
)

__all__ = [
    "CONTEXT",
    "CoachClient",
    "InvitationCode",
    "InvitationDraft",
    "OpenInvitations",
    "Share",
    "ShareDraft",
]
