"""The services of all contexts, each made after those of the contexts that it needs."""

import inspect
from collections.abc import Callable
from graphlib import TopologicalSorter
from typing import Any

import msgspec

from models.base.periodic_jobs import PeriodicJob, PeriodicJobOwner
from upcoach.services.account import AccountServices
from upcoach.services.audit import AuditServices
from upcoach.services.base.dependencies import Dependencies
from upcoach.services.calendar import CalendarServices
from upcoach.services.coaches import CoachServices
from upcoach.services.goals import GoalServices
from upcoach.services.habits import HabitServices
from upcoach.services.imports import ImportServices
from upcoach.services.insights import InsightServices
from upcoach.services.jobs import JobServices
from upcoach.services.journal import JournalServices
from upcoach.services.moods import MoodServices
from upcoach.services.notifications import NotificationServices
from upcoach.services.oauth import OAuth
from upcoach.services.scheduling import SchedulingServices
from upcoach.services.sharing import SharingServices
from upcoach.services.sync import SyncServices
from upcoach.services.tasks import TaskServices
from upcoach.services.webhooks import WebhookServices


class Services(msgspec.Struct, frozen=True, kw_only=True):
    """The services of each context."""

    account: AccountServices
    oauth: OAuth
    goals: GoalServices
    habits: HabitServices
    tasks: TaskServices
    moods: MoodServices
    journal: JournalServices
    sharing: SharingServices
    coaches: CoachServices
    scheduling: SchedulingServices
    calendar: CalendarServices
    imports: ImportServices
    jobs: JobServices
    sync: SyncServices
    insights: InsightServices
    notifications: NotificationServices
    webhooks: WebhookServices
    audit: AuditServices

    @property
    def periodic_jobs(self) -> tuple[PeriodicJob, ...]:
        """The periodic jobs of all contexts."""
        contexts = (getattr(self, name) for name in self.__struct_fields__)
        owners = (context for context in contexts if isinstance(context, PeriodicJobOwner))
        return tuple(job for owner in owners for job in owner.periodic_jobs)


def make_services(dependencies: Dependencies) -> Services:
    """Create the services of each context from *dependencies* and the contexts that it names."""
    makers = {field.name: field.type.make for field in msgspec.structs.fields(Services)}
    needs = {name: _contexts_of(make) for name, make in makers.items()}
    services: dict[str, Any] = {}
    for name in TopologicalSorter(needs).static_order():
        services[name] = makers[name](dependencies, *(services[need] for need in needs[name]))
    return Services(**services)


def _contexts_of(make: Callable[..., Any]) -> tuple[str, ...]:
    """The contexts that *make* names behind the dependencies of all."""
    _, *names = inspect.signature(make).parameters
    return tuple(names)
