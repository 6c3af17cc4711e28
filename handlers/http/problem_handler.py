"""What every answer has in common: headers, and problems in the place of pages."""

import re
from collections.abc import Awaitable
from typing import Any, Final

import msgspec
import structlog
import uuid_utils
from tornado.web import HTTPError, RequestHandler

from handlers.http import challenges, cors, problems
from handlers.http.limits.rate_limit_headers import retry_after
from models.base.errors import Refusal
from upcoach.services.oauth import WebOrigins

_log = structlog.get_logger(__name__)

HSTS: Final = "max-age=63072000; includeSubDomains; preload"
# What no page of ours asks a browser for (Permissions Policy, W3C).
PERMISSIONS: Final = ", ".join(
    f"{name}=()"
    for name in (
        "accelerometer",
        "camera",
        "display-capture",
        "geolocation",
        "gyroscope",
        "magnetometer",
        "microphone",
        "midi",
        "payment",
        "usb",
    )
)
# Of every answer that does not say otherwise.
HEADERS: Final = {
    "X-Content-Type-Options": "nosniff",
    "Referrer-Policy": "no-referrer",
    "Cross-Origin-Resource-Policy": "same-origin",
    "Permissions-Policy": PERMISSIONS,
    "Cache-Control": "no-store",
    "Content-Security-Policy": "default-src 'none'; frame-ancestors 'none'",
}

_REQUEST_ID: Final = re.compile(r"^[A-Za-z0-9._:-]{1,128}\Z")


class ProblemHandler(RequestHandler):
    """Base of all handlers: what goes wrong is answered with a problem (RFC 9457)."""

    request_id: str = ""
    retry_after_s: int = 1

    def set_default_headers(self) -> None:
        """The headers of every answer."""
        if not self.request_id:  # Tornado asks for the headers again before it answers an error
            given = self.request.headers.get("X-Request-Id", "")
            self.request_id = given if _REQUEST_ID.match(given) else str(uuid_utils.uuid7())
        self.clear_header("Server")
        self.set_header("X-Request-Id", self.request_id)
        self.set_header("Vary", "Origin, Cookie, Authorization")
        for name, value in HEADERS.items():
            self.set_header(name, value)
        for name, value in cors.readable_headers(self.request, self.web_origins).items():
            self.set_header(name, value)
        if self.application.settings.get("is_secure"):
            self.set_header("Strict-Transport-Security", HSTS)

    @property
    def web_origins(self) -> WebOrigins | None:
        """The origins of pages that may call the API; None on the operators' port."""
        origins: WebOrigins | None = self.application.settings.get(cors.SETTING)
        return origins

    def options(self, *_: str, **__: str) -> Awaitable[None] | None:
        """Answer with the methods that are allowed."""
        self.set_header("Allow", self.allowed())
        self.set_status(204)
        return None

    def allowed(self) -> str:
        """The methods of this path, as `Allow` names them."""
        stock = RequestHandler._unimplemented_method  # noqa: SLF001 - what a missing method is
        methods = (name for name in self.SUPPORTED_METHODS if name.isupper())
        return ", ".join(
            sorted(name for name in methods if getattr(type(self), name.lower()) is not stock)
        )

    def write_error(self, status_code: int, **kwargs: Any) -> None:
        """Answer with a problem, whatever went wrong."""
        failure = kwargs.get("exc_info", (None, None, None))[1]
        self.finish(self.problem(status_code, failure))

    def problem(self, status: int, failure: BaseException | None) -> bytes:
        """The problem that *failure* is, with its status and headers set."""
        members = {"instance": self.request.path, "request_id": self.request_id}
        if isinstance(failure, Refusal):
            status = problems.status_of(failure)
            body = problems.problem(failure, **members)
            if failure.replayed:
                self.set_header("Idempotency-Replayed", "true")
        else:
            detail = (failure.log_message or "") if isinstance(failure, HTTPError) else ""
            body = problems.http_problem(status, detail, **members)
        self.set_status(status)
        # Here, because Tornado drops the headers that were set before an error.
        for name, value in self.headers_of(status).items():
            self.set_header(name, value)
        if isinstance(failure, Refusal) and (status == 401 or failure.code in challenges.ERRORS):
            self.set_header("WWW-Authenticate", self.challenge_of(failure))
        self.set_header("Content-Type", problems.MEDIA_TYPE)
        return msgspec.json.encode(body)

    def on_finish(self) -> None:
        """Release what is held of the request; see `handlers.http.rest.request_bodies`."""
        self.request.body = b""  # which a cycle would keep until it is collected
        reservation = getattr(self.request, "reservation", None)
        if reservation is not None:
            reservation.release()
        upload = getattr(self.request, "upload", None)
        if upload is not None:
            upload.close()

    def headers_of(self, status: int) -> dict[str, str]:
        """The headers that an answer of *status* must have (RFC 9110, 15.5)."""
        if status == 401:
            return {"WWW-Authenticate": self.challenge_of(None)}
        if status == 405:
            return {"Allow": self.allowed()}
        return retry_after(self.retry_after_s) if status in (429, 503) else {}

    def challenge_of(self, refusal: Refusal | None) -> str:
        """How to show who asks, after a *refusal*."""
        shown = self.request.headers.get("Authorization", "").lower()
        scheme = "DPoP" if shown.startswith("dpop ") else "Bearer"
        issuer = self.application.settings.get("issuer", "")
        return challenges.challenge(issuer, self.request.path, scheme, refusal)

    def log_exception(self, typ: Any, value: Any, tb: Any) -> None:
        """Log what nobody expected; refusals are answers."""
        if not isinstance(value, Refusal | HTTPError):
            _log.error("request_failed", request_id=self.request_id, exc_info=(typ, value, tb))

    def compute_etag(self) -> str | None:
        """Have Tornado set no ETag: only documents have one, their version's."""
        return None
