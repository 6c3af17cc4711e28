"""The whole surface as data: every path of the server, and what answers there."""

import functools
import re
from collections.abc import Mapping
from typing import cast

from tornado.routing import URLSpec
from tornado.web import Application

from handlers import asyncapi, openapi
from handlers.account import (
    accounts,
    email_verification,
    factors,
    federation,
    passkeys,
    passwords,
    sessions,
)
from handlers.account.pages import oauth_callbacks
from handlers.account.pages import routes as pages
from handlers.admin import admin_live
from handlers.admin.admin_live import AdminLive
from handlers.admin.health import Check, Livez, Metrics, Readyz
from handlers.audit import audit
from handlers.goals import goals
from handlers.habits import habits
from handlers.http.application import BoundedApplication
from handlers.http.operations import Operation, Router
from handlers.http.rest import Edge, Missing, OperationHandler
from handlers.imports import imports
from handlers.insights import insights
from handlers.journal import journal, journals
from handlers.live import tickets
from handlers.live.connection import Node
from handlers.live.events import Events
from handlers.live.socket import LiveSocket
from handlers.live.sse import OneFeed
from handlers.moods import moods
from handlers.oauth import grants
from handlers.oauth import routes as oauth
from handlers.openapi.static_documents import Published
from handlers.pages import mailbox
from handlers.sharing import invitations, shares
from handlers.sync import devices, feed, mutations
from handlers.sync.feed import EVENTS
from handlers.tasks import tasks
from models.access.limits import FRAME_BYTES
from models.base.merge_patch import Json
from models.base.metrics import Measures
from streams.feed.subscription import Feeds
from streams.redis.tickets import Tickets
from upcoach.services.base.mail import Folder


def operations(feeds: Feeds, edge: Edge, issued: Tickets) -> tuple[Operation, ...]:
    """Every operation."""
    rows = (
        *accounts.OPERATIONS,
        *email_verification.OPERATIONS,
        *passwords.OPERATIONS,
        *federation.OPERATIONS,
        *factors.OPERATIONS,
        *passkeys.OPERATIONS,
        *sessions.OPERATIONS,
        *goals.OPERATIONS,
        *habits.OPERATIONS,
        *insights.OPERATIONS,
        *journals.OPERATIONS,  # before the entries, whose ids could be any of their words
        *journal.OPERATIONS,
        *moods.OPERATIONS,
        *imports.OPERATIONS,
        *invitations.OPERATIONS,
        *shares.OPERATIONS,
        *tasks.OPERATIONS,
        *devices.OPERATIONS,
        *grants.OPERATIONS,
        *audit.OPERATIONS,
        *feed.operations(feeds),
        *tickets.operations(issued),
    )
    return (*rows, mutations.operation(edge, Router(rows)))


def described_router() -> Router:
    """The surface with nothing to run on, for those who describe it."""
    nothing = cast("Feeds", None), cast("Edge", None), cast("Tickets", None)
    return Router(operations(*nothing))


def make_application(
    edge: Edge,
    router: Router,
    node: Node,
    checks: Mapping[str, Check],
    mailed: Folder | None = None,
) -> BoundedApplication:
    """The application that serves the public port; mails in a *mailed* folder are for anybody."""
    events = {"node": node, "wrap": OneFeed(edge.epoch)}
    specs = [
        URLSpec(f"{route.pattern}$", Events, {"edge": edge, "route": route} | events)
        if route.path == EVENTS
        else URLSpec(f"{route.pattern}$", OperationHandler, {"edge": edge, "route": route})
        for route in router.routes
    ]
    live = {"node": node}
    described, as_page = _descriptions()
    return BoundedApplication(
        [
            URLSpec("/livez$", Livez),
            URLSpec("/readyz$", Readyz, {"checks": checks}),
            URLSpec(r"/asyncapi\.json$", Published, asyncapi.published()),
            URLSpec(r"/openapi\.json$", Published, described),
            URLSpec("/docs$", Published, as_page),
            URLSpec("/v1/live$", LiveSocket, live),
            URLSpec(f"{admin_live.PATH}$", AdminLive, {"edge": edge} | live),
            *specs,
            *_plain_specs(edge),
            *oauth_callbacks.specs(edge),
            *mailbox.specs(edge, mailed),
        ],
        edge=edge,
        bodies=node.bodies,
        default_handler_class=Missing,
        default_handler_args={"edge": edge},
        log_function=lambda _: None,  # each handler logs its own line
        websocket_max_message_size=FRAME_BYTES,
        is_secure=edge.services.oauth.issuer.startswith("https://"),
    )


def _plain_specs(edge: Edge) -> list[URLSpec]:
    """What is no operation: the authorization server, and the pages."""
    return [
        URLSpec(f"{re.escape(path)}$", handler, {"edge": edge, "path": path})
        for path, handler in (*oauth.ROUTES, *pages.ROUTES)
    ]


@functools.cache  # it takes as long as a hundred requests
def _descriptions() -> tuple[Json, Json]:
    return openapi.published(described_router())


def make_metrics_application(measures: Measures, checks: Mapping[str, Check]) -> Application:
    """The application that serves the operators' port."""
    return Application(
        [
            URLSpec("/metrics$", Metrics, {"measures": measures}),
            URLSpec("/livez$", Livez),
            URLSpec("/readyz$", Readyz, {"checks": checks}),
        ],
        log_function=lambda _: None,
    )
