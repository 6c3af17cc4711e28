"""Accounts: users, sessions, second factors, identities at providers, passwords."""

from models.access.model_context import ModelContext
from models.account.factors import Factors, Passkey, TrustedDevice
from models.account.identity import Identity
from models.account.session import Session
from models.account.user import User

CONTEXT = ModelContext(
    documents=(
        User,
        Session,
        Identity,
        Factors,
        Passkey,
        TrustedDevice,
    ),
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
