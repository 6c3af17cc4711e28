"""What operators watch: live feeds, health and metrics."""

from typing import Final

from handlers.admin import admin_live
from handlers.admin.admin_live import AdminSocket, AdminStream
from handlers.admin.health import HealthChecks, Livez, Readiness, Readyz, SharedCheck
from handlers.http.manifest import Context, HandlerRoute

__all__ = ["CONTEXT", "HealthChecks", "Readiness", "SharedCheck"]

CONTEXT: Final = Context(
    service=lambda runner: runner.services.audit,
    routes=(
        HandlerRoute("/livez", Livez, lambda _: {}),
        HandlerRoute("/readyz", Readyz, lambda parts: {"checks": parts.checks}),
        HandlerRoute(
            admin_live.PATH, AdminSocket, lambda parts: {"node": parts.live}, upgrades=True
        ),
        HandlerRoute(
            admin_live.PATH, AdminStream, lambda parts: {"runner": parts.runner, "node": parts.live}
        ),
    ),
)
