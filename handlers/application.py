"""The public application: Tornado's, which takes no more of a body than its path may have."""

from typing import Any, Final

from tornado.http1connection import HTTP1Connection
from tornado.httputil import HTTPServerRequest
from tornado.web import Application

BODY_BYTES: Final = 1024 * 1024 + 64 * 1024  # more than any row takes: it refuses with a problem
UPLOADS: Final = "/v1/imports/"


class BoundedApplication(Application):
    """An application whose handlers get no body that nobody would look at."""

    def find_handler(self, request: HTTPServerRequest, **kwargs: Any) -> Any:
        """See `Application.find_handler`: the headers have come, and no body yet."""
        connection = request.connection
        if isinstance(connection, HTTP1Connection) and not _may_upload(request):
            connection.set_max_body_size(BODY_BYTES)
        return super().find_handler(request, **kwargs)


def _may_upload(request: HTTPServerRequest) -> bool:
    """Whether this could be an import of somebody's, which is larger than anything else."""
    shows_somebody = "Authorization" in request.headers or "Cookie" in request.headers
    return request.path.startswith(UPLOADS) and shows_somebody
