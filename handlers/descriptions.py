"""The routes of the documents that describe the server: OpenAPI, AsyncAPI, and a page."""

import functools
from typing import Final

from handlers import asyncapi, openapi
from handlers.http.manifest import Context, HandlerRoute
from handlers.http.operations import Router
from handlers.http.operations.areas import Area
from handlers.openapi.static_documents import Redirection, StaticDocument
from models.base.merge_patch import Json

DOCS: Final = "/docs"


@functools.cache  # it takes as long as a hundred requests
def _openapi(router: Router) -> tuple[Json, Json]:
    return openapi.served_documents(router)


CONTEXT: Final = Context(
    service=lambda runner: runner.router,
    areas=(
        Area(
            name="Server",
            meaning="Whether it lives, and what it can do.",
            paths=("/livez", "/readyz", "/openapi.json", "/asyncapi.json", DOCS),
        ),
    ),
    routes=(
        HandlerRoute("/asyncapi.json", StaticDocument, lambda _: asyncapi.served_document()),
        HandlerRoute(
            "/openapi.json", StaticDocument, lambda parts: _openapi(parts.runner.router)[0]
        ),
        HandlerRoute(DOCS, StaticDocument, lambda parts: _openapi(parts.runner.router)[1]),
        # The address that a start prints, and what a browser may make of the page's.
        HandlerRoute("/", Redirection, lambda _: {"to": DOCS}),
        HandlerRoute(f"{DOCS}/", Redirection, lambda _: {"to": DOCS}),
    ),
)
