"""The audit log, as operators read it; that they read it is in it."""

from typing import Final

from handlers.audit import audit
from handlers.http.areas import Area
from handlers.http.manifest import Context

CONTEXT: Final = Context(
    service=lambda runner: runner.services.audit,
    operations=audit.OPERATIONS,
    areas=(Area(name="Admin", meaning="For operators.", paths=("/v1/admin",), place=11),),
)
