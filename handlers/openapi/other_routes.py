"""What is served beside the operations: health, descriptions, and the live connections."""

from typing import Any, Final

import msgspec

from handlers.admin import Readiness
from handlers.http.operations.areas import Areas
from handlers.openapi import paths, problems
from handlers.openapi.operation_ids import operation_id
from handlers.openapi.parameters import WORDS
from handlers.openapi.schemas import Schemas
from models.base.merge_patch import Json


class OtherRoute(msgspec.Struct, frozen=True):
    """A path that answers GET and HEAD.

    Attributes
    ----------
    answers
        By good status: the media type, and what is in it; empty for an answer without a body.
    parameters
        The names of the parameters in the query.

    """

    path: str
    summary: str
    answers: dict[int, tuple[str, Any]]
    refused: tuple[int, ...] = ()
    parameters: tuple[str, ...] = ()
    security: tuple[str, ...] = ()


TEXT: Final = "text/plain"
HTML: Final = "text/html"
ASYNCAPI: Final = "application/vnd.aai.asyncapi+json"
_ANY: Final = {"type": "object"}
_ABOUT: Final = "Whose, or of which kinds separated by commas, the events are."
_TEXT: Final = {"type": "string"}

ROWS: Final[tuple[OtherRoute, ...]] = (
    OtherRoute("/livez", "Check whether the process is alive.", {200: (TEXT, _TEXT)}),
    OtherRoute(
        "/readyz",
        "Check whether the server is ready: 503 when another one would do better.",
        {200: (paths.JSON, Readiness), 503: (paths.JSON, Readiness)},
    ),
    OtherRoute(
        "/openapi.json", "Get this description.", {200: (paths.JSON, _ANY), 304: ("", None)}
    ),
    OtherRoute(
        "/asyncapi.json",
        "Get the description of the live protocol.",
        {200: (ASYNCAPI, _ANY), 304: ("", None)},
    ),
    OtherRoute(
        "/upcoach.mjs",
        "Get the client for browsers: a module of one file, for pages of every origin.",
        {200: ("text/javascript", _TEXT), 304: ("", None)},
    ),
    OtherRoute(
        "/upcoach.d.mts",
        "Get the types of the client for browsers.",
        {200: ("application/typescript", _TEXT), 304: ("", None)},
    ),
    OtherRoute("/docs", "Get this description as a page.", {200: (HTML, _TEXT), 304: ("", None)}),
    OtherRoute(
        "/v1/live",
        "Open a WebSocket that speaks `upcoach.v1`: see `/asyncapi.json`.",
        {101: ("", None)},
        refused=(400, 426),
    ),
    OtherRoute(
        "/v1/admin/live",
        "Follow the numbers and the timeline of the installation, as a WebSocket or a stream of "
        "events: see `/asyncapi.json`.  For everybody but operators there is nothing here.",
        {101: ("", None), 200: (paths.STREAM, _TEXT)},
        refused=(400, 404, 406, 426, 503),
        parameters=("feed", "since", "kind", "user", "ticket"),
        security=("token", "ticket"),
    ),
)


def item(schemas: Schemas, row: OtherRoute, areas: Areas) -> Json:
    """The path item of *row*."""
    query_parameters = [
        {"name": name, "in": "query", "description": WORDS.get(name, _ABOUT), "schema": _TEXT}
        for name in row.parameters
    ]
    good = {str(status): _answer(schemas, *answer) for status, answer in row.answers.items()}
    bad = {str(status): problems.reference(status) for status in row.refused}
    return {
        "get": {
            "operationId": operation_id("GET", row.path),
            "tags": [areas.of(row.path)],
            "summary": row.summary.partition(":")[0].rstrip("."),
            "description": row.summary,
            "security": [{name: []} for name in row.security],
            **({"parameters": query_parameters} if query_parameters else {}),
            "responses": dict(sorted((good | bad).items())),
        }
    }


def _answer(schemas: Schemas, media_type: str, content: Any) -> Json:
    answer = {"description": "As asked.", "headers": paths.headers()}
    if media_type:
        schema = content if isinstance(content, dict) else schemas.of(content, "answer")
        answer["content"] = {media_type: {"schema": schema}}
    return answer
