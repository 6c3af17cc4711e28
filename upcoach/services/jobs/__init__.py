"""Long work of people that goes on after the request that began it."""

from typing import Self

import msgspec

from models.jobs import JOB_DUE
from upcoach.services.base.dependencies import Dependencies
from upcoach.services.jobs.job_runner import JobPart, JobRunner
from upcoach.services.jobs.jobs import Jobs
from upcoach.store.collections.job_inputs import JobInputs

__all__ = ["JobPart", "JobServices", "Jobs"]


class JobServices(msgspec.Struct, frozen=True, kw_only=True):
    """The services of jobs."""

    jobs: Jobs
    runner: JobRunner

    @classmethod
    def make(cls, dependencies: Dependencies) -> Self:
        documents, committer = dependencies.documents, dependencies.committer
        inputs = JobInputs(dependencies.database, dependencies.keyring, dependencies.clock)
        runner = JobRunner(documents, committer, inputs)
        dependencies.timers.handles(JOB_DUE.name, runner)
        return cls(jobs=Jobs(documents, committer, inputs), runner=runner)
