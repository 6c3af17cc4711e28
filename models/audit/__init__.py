"""The audit log: its entries, and how it is verified."""

from models.audit.audit_verification import AuditVerification, Damage
from models.audit.entries import (
    STREAM,
    Action,
    ActorKind,
    AuditAction,
    AuditEntry,
    AuditHead,
    Checkpoint,
)

__all__ = [
    "STREAM",
    "Action",
    "ActorKind",
    "AuditAction",
    "AuditEntry",
    "AuditHead",
    "AuditVerification",
    "Checkpoint",
    "Damage",
]
