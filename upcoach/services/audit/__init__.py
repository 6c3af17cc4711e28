"""The audit log: a hash chain with signed checkpoints."""

from typing import Self

import msgspec

from models.base.periodic_jobs import PeriodicJob
from upcoach.services.audit.audit import Audit
from upcoach.services.audit.audit_signing import ADDRESS, AuditSigner
from upcoach.services.base.dependencies import Dependencies
from upcoach.store.collections.audit import AuditStore

__all__ = ["ADDRESS", "AuditServices"]


class AuditServices(msgspec.Struct, frozen=True, kw_only=True):
    """The services of the audit log."""

    log: Audit

    @property
    def periodic_jobs(self) -> tuple[PeriodicJob, ...]:
        """The periodic checkpoint."""
        return self.log.periodic_jobs

    @classmethod
    def make(cls, dependencies: Dependencies) -> Self:
        configuration = dependencies.configuration
        store, signer = AuditStore(dependencies.database), AuditSigner(configuration.secret)
        return cls(log=Audit(store, signer, dependencies.clock, configuration.checkpoints))
