"""Accounts: users, sessions, second factors, identities at providers, passwords."""

from models.access.model_context import ModelContext
from models.access.permissions import Permission
from models.account.factors import NEVER, TRUST, Factors, Passkey, TrustedDevice
from models.account.identity import Identity
from models.account.mails import (
    Addition,
    AdditionDetails,
    FactorChange,
    FactorsChanged,
    FactorsRemoved,
    Forgotten,
    Linked,
    Move,
    MoveAsked,
    Moved,
    MoveUndone,
    PasswordChanged,
    PasswordOrigin,
    Unlinked,
    WayAdded,
    WayName,
    Welcome,
)
from models.account.quoting import quoted
from models.account.session import BROWSERS, LIFETIMES, Credentials, Kind, Session, Terms
from models.account.session_state import LoginFacts, SessionState, session_state
from models.account.user import Registration, User, normalised_email
from models.account.way import Way

CONTEXT = ModelContext(
    content=(User,),
    ways=(
        Session,
        Factors,
        Passkey,
        TrustedDevice,
        Identity,
    ),
    mails=(
        Welcome,
        Forgotten,
        Move,
        PasswordChanged,
        MoveAsked,
        Moved,
        MoveUndone,
        Linked,
        WayAdded,
        FactorsRemoved,
        Unlinked,
        FactorsChanged,
    ),
    permissions={
        "account:read": Permission("see your account, your devices and your sessions", True),
        "account:write": Permission("change your account and how you sign in", True),
    },
)

__all__ = [
    "BROWSERS",
    "CONTEXT",
    "LIFETIMES",
    "NEVER",
    "TRUST",
    "Addition",
    "AdditionDetails",
    "Credentials",
    "FactorChange",
    "Factors",
    "FactorsChanged",
    "FactorsRemoved",
    "Forgotten",
    "Identity",
    "Kind",
    "Linked",
    "LoginFacts",
    "Move",
    "MoveAsked",
    "MoveUndone",
    "Moved",
    "Passkey",
    "PasswordChanged",
    "PasswordOrigin",
    "Registration",
    "Session",
    "SessionState",
    "Terms",
    "TrustedDevice",
    "Unlinked",
    "User",
    "Way",
    "WayAdded",
    "WayName",
    "Welcome",
    "normalised_email",
    "quoted",
    "session_state",
]
