"""Jobs: long work of a person, which goes on after the request that began it."""

from models.access.model_context import ModelContext
from models.access.permissions import Permission
from models.jobs.job import (
    ID_PREFIX,
    JOB_DUE,
    KEPT,
    MOST,
    MOST_OPEN,
    Job,
    JobError,
    JobType,
    NewJob,
)

CONTEXT = ModelContext(
    content=(Job,),
    permissions={
        "jobs:read": Permission(
            "see how imports go on, and what came of them, with words of what was imported"
        ),
        "jobs:write": Permission("cancel imports that are under way, and delete their records"),
    },
    timers={Job: (JOB_DUE,)},
)

__all__ = [
    "CONTEXT",
    "ID_PREFIX",
    "JOB_DUE",
    "KEPT",
    "MOST",
    "MOST_OPEN",
    "Job",
    "JobError",
    "JobType",
    "NewJob",
]
