"""The services of all contexts; a context stands after those that it needs."""

import inspect
from typing import Any

import msgspec

from models.base.jobs import JobOwner, PeriodicJob
from upcoach.services.account import AccountServices
from upcoach.services.audit import AuditServices
from upcoach.services.base.dependencies import Dependencies
from upcoach.services.goals import GoalServices
from upcoach.services.habits import HabitServices
from upcoach.services.imports import ImportServices
from upcoach.services.insights import InsightServices
from upcoach.services.journal import JournalServices
from upcoach.services.moods import MoodServices
from upcoach.services.oauth import OAuth
from upcoach.services.sharing import SharingServices
from upcoach.services.sync import SyncServices
from upcoach.services.tasks import TaskServices


class Services(msgspec.Struct, frozen=True, kw_only=True):
    """The services of each context."""

    account: AccountServices
    audit: AuditServices
    goals: GoalServices
    habits: HabitServices
    imports: ImportServices
    insights: InsightServices
    sharing: SharingServices
    journal: JournalServices
    moods: MoodServices
    oauth: OAuth
    sync: SyncServices
    tasks: TaskServices

    @property
    def jobs(self) -> tuple[PeriodicJob, ...]:
        """The periodic jobs of all contexts."""
        contexts = (getattr(self, name) for name in self.__struct_fields__)
        owners = (context for context in contexts if isinstance(context, JobOwner))
        return tuple(job for owner in owners for job in owner.jobs)


def make_services(dependencies: Dependencies) -> Services:
    """Create the services of each context from *dependencies* and the contexts that it names."""
    services: dict[str, Any] = {}
    for context in msgspec.structs.fields(Services):
        _, *needs = inspect.signature(context.type.make).parameters
        services[context.name] = context.type.make(
            dependencies, *(services[name] for name in needs)
        )
    return Services(**services)
