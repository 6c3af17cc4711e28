"""Accounts: users, sessions, second factors, identities at providers, passwords."""

from models.access.model_context import ModelContext
from models.access.permissions import Permission
from models.account.access_method import AccessMethod
from models.account.email_addresses import is_mailbox, normalised_email, with_ascii_domain
from models.account.factors import NEVER, TRUST, Factors, Passkey, TrustedDevice
from models.account.identity import Identity
from models.account.mails import (
    AccessMethodAddedMail,
    Addition,
    AdditionDetails,
    AddressVerificationMail,
    EmailChangeAskedMail,
    EmailChangedMail,
    EmailChangeMail,
    EmailChangeUndoneMail,
    FactorChange,
    FactorsChangedMail,
    FactorsRemovedMail,
    PasswordChangedMail,
    PasswordOrigin,
    PasswordResetMail,
    ProviderLinkedMail,
    ProviderUnlinkedMail,
    WayName,
)
from models.account.quoting import quoted
from models.account.session import BROWSERS, OWN_CLIENT, Credentials, Session, SessionTerms
from models.account.session_lifetimes import LIFETIMES, SessionKind
from models.account.session_state import LoginFacts, SessionState, session_state
from models.account.user import Registration, User

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
        AddressVerificationMail,
        PasswordResetMail,
        EmailChangeMail,
        PasswordChangedMail,
        EmailChangeAskedMail,
        EmailChangedMail,
        EmailChangeUndoneMail,
        ProviderLinkedMail,
        AccessMethodAddedMail,
        FactorsRemovedMail,
        ProviderUnlinkedMail,
        FactorsChangedMail,
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
    "OWN_CLIENT",
    "TRUST",
    "AccessMethod",
    "AccessMethodAddedMail",
    "Addition",
    "AdditionDetails",
    "AddressVerificationMail",
    "Credentials",
    "EmailChangeAskedMail",
    "EmailChangeMail",
    "EmailChangeUndoneMail",
    "EmailChangedMail",
    "FactorChange",
    "Factors",
    "FactorsChangedMail",
    "FactorsRemovedMail",
    "Identity",
    "LoginFacts",
    "Passkey",
    "PasswordChangedMail",
    "PasswordOrigin",
    "PasswordResetMail",
    "ProviderLinkedMail",
    "ProviderUnlinkedMail",
    "Registration",
    "Session",
    "SessionKind",
    "SessionState",
    "SessionTerms",
    "TrustedDevice",
    "User",
    "WayName",
    "is_mailbox",
    "normalised_email",
    "quoted",
    "session_state",
    "with_ascii_domain",
]
