"""What people bring from elsewhere: read whole before any of it is written.

`archive` and `csv_table` read what a stranger sent, within bounds; `loop`, `habitica`, `dayone` and
`csv_import` know a format each, and make a `plan`; `import_errors` collects what is wrong, with the
line.  All of that happens in a process of its own (`workers`); `imports` writes the plan in parts.
"""

import atexit
from typing import Final, Self

import msgspec

from upcoach.services.base.dependencies import Dependencies
from upcoach.services.base.time_zones import TimeZones
from upcoach.services.imports.imports import Imports
from upcoach.services.imports.workers import ForkServer, Workers

# One for all nodes of this process, since it takes a second to start: the interpreter that it
# spares is one, too.
FILE_READERS: Final = ForkServer()
atexit.register(FILE_READERS.close)


class ImportServices(msgspec.Struct, frozen=True, kw_only=True):
    """The services of imports."""

    imports: Imports
    zones: TimeZones

    @classmethod
    def make(cls, dependencies: Dependencies) -> Self:
        documents, committer = dependencies.documents, dependencies.committer
        imports = Imports(documents, committer, Workers(FILE_READERS), dependencies.clock)
        return cls(imports=imports, zones=dependencies.zones)
