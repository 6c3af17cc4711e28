"""Where the documents are served that describe the server."""

import functools
from typing import Final

from handlers import asyncapi, openapi
from handlers.http.areas import Area
from handlers.http.manifest import Context, HandlerRoute
from handlers.http.operations import Router
from handlers.openapi.static_documents import StaticDocument
from models.base.merge_patch import Json


@functools.cache  # it takes as long as a hundred requests
def _openapi(router: Router) -> tuple[Json, Json]:
    return openapi.published(router)


CONTEXT: Final = Context(
    service=lambda edge: edge.router,
    areas=(
        Area(
            name="Server",
            meaning="Whether it lives, and what it can do.",
            paths=("/livez", "/readyz", "/openapi.json", "/asyncapi.json", "/docs"),
            place=13,
        ),
    ),
    routes=(
        HandlerRoute("/asyncapi.json", StaticDocument, lambda _: asyncapi.published()),
        HandlerRoute("/openapi.json", StaticDocument, lambda parts: _openapi(parts.edge.router)[0]),
        HandlerRoute("/docs", StaticDocument, lambda parts: _openapi(parts.edge.router)[1]),
    ),
)
