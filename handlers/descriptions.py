"""The routes of the documents that describe the server: OpenAPI, AsyncAPI, and a page.

Beside them, the client for browsers and its types, so that a page has that of its server's version.
"""

import functools
import importlib.resources
from collections.abc import Callable
from typing import Final

from handlers import asyncapi, openapi
from handlers.http.manifest import ApplicationParts, Context, HandlerRoute
from handlers.http.operations import Router
from handlers.http.operations.areas import Area
from handlers.openapi.static_documents import Redirection, StaticDocument
from handlers.pages import home
from handlers.pages.home import DOCS
from models.base.merge_patch import Json

# The client's files, and the media type of each.
CLIENT_FILES: Final = {
    "upcoach.mjs": "text/javascript; charset=utf-8",
    "upcoach.d.mts": "application/typescript; charset=utf-8",
}


@functools.cache  # it takes as long as a hundred requests
def _openapi(router: Router) -> tuple[Json, Json]:
    return openapi.served_documents(router)


def _served(path: str, document: Callable[[Router], Json]) -> HandlerRoute:
    """The row of a document that describes what a router leads to."""
    return HandlerRoute(
        path,
        StaticDocument,
        lambda parts: {"runner": parts.runner, **document(parts.runner.router)},
    )


@functools.cache
def _client_file(name: str) -> Json:
    content = importlib.resources.files("upcoach").joinpath("client", name).read_bytes()
    return {"content": content, "media_type": CLIENT_FILES[name]}


def _served_client(name: str) -> HandlerRoute:
    """The row of a file of the client for browsers."""
    return _served(f"/{name}", lambda _: _client_file(name))


def _to_docs(parts: ApplicationParts) -> Json:
    return {"runner": parts.runner, "to": DOCS}


CONTEXT: Final = Context(
    service=lambda runner: runner.router,
    areas=(
        Area(
            name="Server",
            meaning="Health checks, and descriptions of the API.",
            paths=(
                *("/livez", "/readyz", "/openapi.json", "/asyncapi.json", DOCS),
                *(f"/{name}" for name in CLIENT_FILES),
            ),
        ),
    ),
    routes=(
        _served("/asyncapi.json", lambda _: asyncapi.served_document()),
        _served("/openapi.json", lambda router: _openapi(router)[0]),
        *map(_served_client, CLIENT_FILES),
        _served(DOCS, lambda router: _openapi(router)[1]),
        *home.ROUTES,
        # What a browser may make of the page's address.
        HandlerRoute(f"{DOCS}/", Redirection, _to_docs),
    ),
)
