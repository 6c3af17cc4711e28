"""What people bring from elsewhere: all of a file, or nothing of it.

`archive` and `table` read what a stranger sent, within bounds; `loop` and its two modules know the
format; `flaws` collects what is wrong, with the line; `service` keeps what was read.
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
    """What can be brought in."""

    imports: Imports
    zones: TimeZones

    @classmethod
    def make(cls, dependencies: Dependencies) -> Self:
        documents, committer = dependencies.documents, dependencies.committer
        imports = Imports(documents, committer, Workers(FILE_READERS), dependencies.clock)
        return cls(imports=imports, zones=dependencies.zones)
