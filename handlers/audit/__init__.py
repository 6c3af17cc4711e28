"""The audit log, as operators read it; that they read it is in it."""

from typing import Final

from handlers.audit import audit
from handlers.http.manifest import Context
from handlers.http.operations.areas import Area

CONTEXT: Final = Context(
    service=lambda runner: runner.services.audit,
    operations=audit.OPERATIONS,
    areas=(Area(name="Admin", meaning="For operators.", paths=("/v1/admin",)),),
)
