"""The OpenAPI 3.1 document of the HTTP API, made from the rows of the surface.

A row says what it takes, what it gives and who may ask; nothing is described a second time.
`python -m handlers.write_openapi FILE` writes the document; `docs/openapi.json` is that file.
"""

from typing import Final

from handlers.http.operations import Router
from handlers.openapi import batch, oauth_endpoints, other_routes, page, parameters, paths, problems
from handlers.openapi.schemas import Schemas
from handlers.openapi.static_documents import pretty_json
from models.base.merge_patch import Json
from models.contexts import PERMISSIONS

VERSION: Final = "1.0.0"
MEDIA_TYPE: Final = "application/json"

_DESCRIPTION: Final = """\
JSON in and out, `snake_case`, times as RFC 3339 in UTC, days as dates.  What is null is left out of
a document.

- **Errors** are problems (RFC 9457): `code` is stable, `errors` points at what is wrong.  A refused
  request has changed nothing.  A method that a path does not have is 405 with `Allow`; every path
  answers OPTIONS, and HEAD where it answers GET.
- **Versions**: a document's `version` is its `ETag`.  A change is a merge patch (RFC 7396) to the
  version in `If-Match`; under an `Idempotency-Key` it is merged with what others wrote since.
  `If-None-Match: *` writes only what is not there yet; conditions are compared as RFC 9110 says.
- **Lists** have `limit` and `after`, and say in `Link` where they go on.  A parameter that a path
  does not know is 400.
- **Ids** are a prefix and a UUID of version 7, made by the client or by the server.
- **Somebody else's** document answers as one that does not exist.
- **Live**: every write reaches every device of its owner; `/asyncapi.json` describes how.
"""


def served_documents(router: Router) -> tuple[Json, Json]:
    """The arguments of the handlers that serve the document, and the document as a page."""
    described = document(router)
    return (
        {"content": pretty_json(described), "media_type": MEDIA_TYPE},
        {"content": page.page(described), "media_type": page.MEDIA_TYPE, "policy": page.POLICY},
    )


def text(router: Router) -> bytes:
    """The document as indented JSON."""
    return pretty_json(document(router))


def document(router: Router) -> Json:
    """The document."""
    operations = [operation for route in router.routes for operation in route.operations.values()]
    answered = [operation.gives for operation in operations if operation.gives is not None]
    otherwise = [gives for operation in operations for _, gives in operation.otherwise]
    areas = router.areas
    schemas = Schemas([*answered, *otherwise, problems.Problem])
    items = {route.path: paths.item(schemas, route, areas) for route in router.routes}
    items |= {row.path: other_routes.item(schemas, row, areas) for row in other_routes.ROWS}
    items |= oauth_endpoints.items(schemas)
    used = {status for operation in operations for status in problems.statuses(operation)}
    used |= {status for row in other_routes.ROWS for status in row.refused}
    return {
        "openapi": "3.1.1",
        "info": {"title": "UpCoach", "version": VERSION, "description": _DESCRIPTION},
        "servers": [{"url": "/"}],
        "tags": areas.tags({areas.of(path) for path in items}),
        "paths": dict(sorted(items.items())),
        "components": {
            "parameters": parameters.components(schemas),
            "headers": paths.header_components(),
            "responses": problems.described(schemas, used),
            "securitySchemes": _security(),
            "schemas": batch.with_bodies(schemas, router),
        },
    }


def _security() -> Json:
    rows = "\n".join(
        f"| `{name}` | {permission.meaning} |" for name, permission in PERMISSIONS.items()
    )
    return {
        "token": {
            "type": "http",
            "scheme": "bearer",
            "description": "A token of `POST /v1/auth/login`, with the permissions that an "
            f"operation names.\n\n| Permission | It may |\n|---|---|\n{rows}\n",
        },
        "client": {
            "type": "http",
            "scheme": "basic",
            "description": "A client's id and secret (RFC 6749, 2.3.1); or in the form, as a "
            "secret or an assertion (RFC 7523).",
        },
        "cookie": {
            "type": "apiKey",
            "in": "cookie",
            "name": "__Host-sid",
            "description": "The cookie of a browser that logged in with `POST /v1/auth/login` as "
            "`web`, `remembered` or `admin`, or on a page of ours. What changes something is taken "
            "from our own origin, with the header `X-UpCoach-CSRF` that `GET /v1/auth/csrf` tells; "
            "beside a token the cookie counts for nothing.",
        },
        "ticket": {
            "type": "apiKey",
            "in": "query",
            "name": "ticket",
            "description": "A ticket of `POST /v1/live/tickets`: once, within 30 s.",
        },
    }
