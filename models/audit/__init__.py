"""The audit log: its entries, and how it is verified."""

from models.audit.audit_verification import Damage, Inspection
from models.audit.entries import STREAM, Act, Action, ActorKind, AuditEntry, Checkpoint, Head

__all__ = [
    "STREAM",
    "Act",
    "Action",
    "ActorKind",
    "AuditEntry",
    "Checkpoint",
    "Damage",
    "Head",
    "Inspection",
]
