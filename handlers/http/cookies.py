"""The cookies of a request.

Not by `http.cookies`, which reads a quoted value in the square of its length (CVE-2024-7592), and
which Tornado's `get_cookie` fills with an object for each name that somebody sends.
"""

from tornado.httputil import HTTPServerRequest, parse_cookie


def cookie_of(request: HTTPServerRequest, name: str) -> str:
    """The value of the cookie *name*; empty without one."""
    return parse_cookie(request.headers.get("Cookie", "")).get(name, "")
