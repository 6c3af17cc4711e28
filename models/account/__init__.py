"""Accounts: users, sessions, second factors, identities at providers, passwords."""

from models.access.model_context import ModelContext
from models.access.permissions import Permission
from models.account.factors import Factors, Passkey, TrustedDevice
from models.account.identity import Identity
from models.account.session import Session
from models.account.user import User

CONTEXT = ModelContext(
    content=(User,),
    ways=(
        Session,
        Factors,
        Passkey,
        TrustedDevice,
        Identity,
    ),
    permissions={
        "account:read": Permission("see your account, your devices and your sessions", True),
        "account:write": Permission("change your account and how you sign in", True),
    },
)

__all__ = [
    "CONTEXT",
    "Factors",
    "Identity",
    "Passkey",
    "Session",
    "TrustedDevice",
    "User",
]
