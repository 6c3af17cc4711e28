"""The authorization server over HTTP: endpoints for clients, and pages for people.

`endpoints` answers clients in OAuth's words; `authorize`, `devices` and `logout` answer browsers
with plain pages that work without a script.  What they do stands as rows in `client_operations` and
`browser_operations`, with its limits and what the audit log is told.
"""

from typing import Final

from handlers.http.manifest import Context
from handlers.http.operations.areas import Area
from handlers.oauth import grants, routes

CONTEXT: Final = Context(
    service=lambda runner: runner.services.oauth,
    operations=grants.OPERATIONS,
    areas=(
        Area(
            name="Authorization server",
            meaning="What third-party apps call to get access (OAuth 2.0, OpenID Connect).",
            paths=("/oauth", "/.well-known"),
        ),
    ),
    routes=routes.ROUTES,
)
