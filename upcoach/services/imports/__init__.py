"""What people bring from elsewhere: read whole before any of it is written.

A reader (`readers`) makes a plan (`planning`) of a file (`files`), or says what is wrong and where.
That happens in a process of its own (`workers`); `imports` writes the plan in parts, at once or in
a job.
"""

import atexit
from typing import Final, Self

import msgspec

from upcoach.services.base.dependencies import Dependencies
from upcoach.services.base.time_zones import TimeZones
from upcoach.services.imports.imports import Imports, ImportWork
from upcoach.services.imports.workers import ForkServer, Workers
from upcoach.services.jobs import JobServices

# One for all nodes of this process, since it takes a second to start: the interpreter that it
# spares is one, too.
FILE_READERS: Final = ForkServer()
atexit.register(FILE_READERS.close)


class ImportServices(msgspec.Struct, frozen=True, kw_only=True):
    """The services of imports."""

    imports: Imports
    zones: TimeZones

    @classmethod
    def make(cls, dependencies: Dependencies, jobs: JobServices) -> Self:
        documents, committer = dependencies.documents, dependencies.committer
        jobs.runner.does("import", ImportWork())
        workers, clock = Workers(FILE_READERS), dependencies.clock
        imports = Imports(documents, committer, workers, jobs.jobs, clock)
        return cls(imports=imports, zones=dependencies.zones)
