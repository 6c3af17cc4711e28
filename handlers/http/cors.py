"""Cross-origin requests of browser apps (WHATWG Fetch, 3.2).

Pages of listed origins (`upcoach.services.oauth.base.web_origins`) may call `/v1` with a token, and
read the answers.  Credentials are never allowed: a cookie opens nothing for a page of another
origin, whichever it is.
"""

from typing import Final

from tornado.httputil import HTTPServerRequest

from upcoach.services.oauth import WebOrigins

API: Final = "/v1/"
SETTING: Final = "web_origins"  # of the application
MAX_AGE_S: Final = 7_200  # the longest that Chromium keeps the answer to a preflight
ALLOWED_HEADERS: Final = (
    *("Accept", "Authorization", "Content-Type", "DPoP", "Idempotency-Key", "If-Match"),
    *("If-None-Match", "Last-Event-ID", "Upcoach-Follows", "Upcoach-Known-Device"),
    "X-Request-Id",
)
EXPOSED_HEADERS: Final = (
    *("Allow", "ETag", "Idempotency-Replayed", "Link", "Location", "RateLimit", "RateLimit-Policy"),
    *("Retry-After", "Upcoach-Cursor", "Upcoach-Known-Device", "Upcoach-Merged"),
    *("Upcoach-Up-To-Date", "WWW-Authenticate", "X-Request-Id"),
)


def origin_of(request: HTTPServerRequest) -> str:
    """The origin of the page that sends *request*; empty if no page says one."""
    return request.headers.get("Origin", "")


def is_same_origin(request: HTTPServerRequest) -> bool:
    """Whether no page, or one of the host that was asked, sends *request*."""
    origin = origin_of(request)
    if not origin or request.headers.get("Sec-Fetch-Site") == "same-origin":
        return True
    return origin.partition("://")[2].lower() == request.host.lower()


def readable_headers(request: HTTPServerRequest, origins: WebOrigins | None) -> dict[str, str]:
    """The headers by which a page may read the answer to *request*; none for most."""
    origin = origin_of(request)
    if origins is None or not origin or not request.path.startswith(API):
        return {}
    return allowing(origin) if origins.admits(origin) else {}


def allowing(origin: str) -> dict[str, str]:
    """The headers by which pages of *origin* may read an answer."""
    return {
        "Access-Control-Allow-Origin": origin,
        "Access-Control-Expose-Headers": ", ".join(EXPOSED_HEADERS),
    }


async def preflight_headers(
    request: HTTPServerRequest, origins: WebOrigins | None, methods: str
) -> dict[str, str]:
    """The headers of the answer to a preflight *request* for a path that has *methods*."""
    origin = origin_of(request)
    is_asked = "Access-Control-Request-Method" in request.headers and request.path.startswith(API)
    if origins is None or not is_asked or not await origins.look_again(origin):
        return {}
    return allowing(origin) | {
        "Access-Control-Allow-Methods": methods,
        "Access-Control-Allow-Headers": ", ".join(ALLOWED_HEADERS),
        "Access-Control-Max-Age": str(MAX_AGE_S),
    }


async def may_connect(request: HTTPServerRequest, origins: WebOrigins | None) -> bool:
    """Whether the page that sends *request* may open a live connection."""
    if is_same_origin(request):
        return True
    return origins is not None and await origins.look_again(origin_of(request))
