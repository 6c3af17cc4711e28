"""All contexts, folded into one router and the applications of both ports."""

from typing import Any, Final

from tornado.routing import URLSpec
from tornado.web import Application

from handlers import (
    account,
    admin,
    audit,
    calendar,
    coaches,
    descriptions,
    goals,
    habits,
    imports,
    insights,
    jobs,
    journal,
    live,
    moods,
    notifications,
    oauth,
    scheduling,
    sharing,
    sync,
    tasks,
    webhooks,
)
from handlers.admin.health import HealthChecks, Livez, Readyz
from handlers.admin.metrics import MetricsHandler
from handlers.http.manifest import ApplicationParts, Context, check_routes
from handlers.http.operations import Router
from handlers.http.rest.application import BoundedApplication
from handlers.http.rest.handler import NotFoundHandler
from handlers.http.rest.operation_handler import OperationHandler
from models.access.limits import FRAME_BYTES
from models.base.metrics import Metrics

# In the order in which the description lists their areas.
CONTEXTS: Final[tuple[Context[Any], ...]] = (
    account.CONTEXT,
    oauth.CONTEXT,
    goals.CONTEXT,
    habits.CONTEXT,
    tasks.CONTEXT,
    moods.CONTEXT,
    journal.CONTEXT,
    sharing.CONTEXT,
    coaches.CONTEXT,
    scheduling.CONTEXT,
    calendar.CONTEXT,
    imports.CONTEXT,
    jobs.CONTEXT,
    sync.CONTEXT,
    live.CONTEXT,
    insights.CONTEXT,
    notifications.CONTEXT,
    webhooks.CONTEXT,
    audit.CONTEXT,
    admin.CONTEXT,
    descriptions.CONTEXT,
)


ROUTER: Final = Router(
    (operation for context in CONTEXTS for operation in context.bound()),
    (area for context in CONTEXTS for area in context.areas),
)
HANDLER_ROUTES: Final = tuple(row for context in CONTEXTS for row in context.bound_routes())
check_routes(HANDLER_ROUTES, {route.path for route in ROUTER.routes})


def make_application(parts: ApplicationParts) -> BoundedApplication:
    """The application that serves the public port."""
    runner = parts.runner
    own = {row.path for row in HANDLER_ROUTES}
    specs = [
        URLSpec(f"{route.pattern}$", OperationHandler, {"runner": runner, "route": route})
        for route in runner.router.routes
        if route.path not in own
    ]
    return BoundedApplication(
        [*specs, *(spec for row in HANDLER_ROUTES for spec in row.specs(parts))],
        runner=runner,
        bodies=parts.live.bodies,
        default_handler_class=NotFoundHandler,
        default_handler_args={"runner": runner},
        log_function=lambda _: None,  # each handler logs its own line
        websocket_max_message_size=FRAME_BYTES,
        issuer=runner.services.oauth.issuer,
        web_origins=runner.services.oauth.web_origins,
        is_secure=runner.services.oauth.issuer.startswith("https://"),
    )


def make_metrics_application(metrics: Metrics, checks: HealthChecks) -> Application:
    """The application that serves the operators' port."""
    return Application(
        [
            URLSpec("/metrics$", MetricsHandler, {"metrics": metrics, "checks": checks}),
            URLSpec("/livez$", Livez),
            URLSpec("/readyz$", Readyz, {"checks": checks}),
        ],
        log_function=lambda _: None,
    )
