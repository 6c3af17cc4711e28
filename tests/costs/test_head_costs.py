"""What it costs to read the head of a request grows as the head does: twice for twice as much.

Some of it is read before anybody is counted, and all of it on the loop.
"""

import contextlib
import ipaddress
from collections.abc import Callable
from typing import Final, NamedTuple

import pytest
from tornado.httputil import HTTPHeaders, HTTPServerRequest, RequestStartLine

from handlers.http import token_auth
from handlers.http.client_ip import address_of
from handlers.http.cookies import cookie_of
from handlers.http.rest import request_bodies, request_reader
from handlers.live.websocket import deflate
from models.base.errors import Refusal
from models.oauth.origin_list import OriginList
from tests.costs.adversarial import UNITS, repeated, units
from tests.costs.cpu import NOISE_S, TRIES, Work, cost_s, flaw

MOST: Final = 15_000  # characters, of the 16 KiB that a head may have
PROXIES: Final = (ipaddress.IPv6Network("::/0"), ipaddress.IPv4Network("0.0.0.0/0"))


class Reader(NamedTuple):
    """Something that reads the header *name*, in which a text stands between two others."""

    name: str
    read: Callable[[HTTPServerRequest], object]
    before: str = ""
    after: str = ""


ORIGINS: Final = OriginList.of(["https://app.example.org/cb", "http://localhost/cb"])
READERS: Final = {
    "a cookie": Reader("Cookie", lambda request: cookie_of(request, "sid")),
    "a quoted cookie": Reader("Cookie", lambda request: cookie_of(request, "sid"), 'sid="', '"'),
    "who sends much": Reader("Cookie", request_bodies._shows_credentials),
    "who sends much, quoted": Reader("Cookie", request_bodies._shows_credentials, 'sid="', '"'),
    "a token": Reader("Authorization", request_bodies._shows_credentials, "Bearer "),
    "a scheme": Reader("Authorization", token_auth.scheme_of),
    "a way": Reader("X-Forwarded-For", lambda request: address_of(request, PROXIES)),
    "versions": Reader("If-Match", request_reader.base_of_write),
    "quoted versions": Reader("If-Match", request_reader.base_of_write, '"v1", "', '"'),
    "no versions": Reader(
        "If-None-Match", lambda request: request_reader.is_not_modified(request, 1), 'W/"v1",'
    ),
    "an origin": Reader("Origin", lambda request: ORIGINS.admits(request.headers["Origin"])),
    "an origin of here": Reader(
        "Origin", lambda request: ORIGINS.admits(request.headers["Origin"]), "http://localhost:"
    ),
    "what is followed": Reader("Upcoach-Follows", request_reader.follows_of),
    "extensions": Reader("Sec-WebSocket-Extensions", lambda one: deflate.agree(one.headers)),
    "nothing": Reader("X-Any", lambda _: None),
}


@pytest.mark.parametrize("every", [6, pytest.param(1, marks=pytest.mark.chaos)])
@pytest.mark.parametrize("name", READERS)
def test_twice_the_head_is_twice_the_work(name: str, every: int) -> None:
    found = {
        unit: told
        for unit in dict.fromkeys((*units()[::every], *UNITS))
        if (told := flaw(_work(READERS[name], unit), MOST))
    }

    assert found == {}


def test_a_way_through_masses_of_proxies_costs_nothing() -> None:
    def ready(size: int) -> Callable[[], object]:
        request = _request(f"Host: a\r\nX-Forwarded-For: {'::1,' * (size // 4)}::1\r\n")
        return lambda: address_of(request, PROXIES)

    assert cost_s(ready, MOST, TRIES) < NOISE_S


def _work(reader: Reader, unit: str) -> Work:
    """Read a head that holds *unit* again and again, from its bytes on."""

    def ready(size: int) -> Callable[[], object]:
        text = reader.before + _printable(repeated(unit, size)) + reader.after
        head = f"Host: a\r\n{reader.name}: {text}\r\n"

        def work() -> None:
            request = _request(head)
            with contextlib.suppress(Refusal):
                reader.read(request)

        return work

    return ready


def _request(head: str) -> HTTPServerRequest:
    line, headers = RequestStartLine("GET", "/", "HTTP/1.1"), HTTPHeaders.parse(head)
    request = HTTPServerRequest(start_line=line, headers=headers)
    request.remote_ip = "::1"
    return request


def _printable(text: str) -> str:
    """*text* as far as a header may hold it; else it is refused before anybody reads it."""
    latin = text.encode("latin-1", errors="replace").decode("latin-1")
    return "".join(one if one.isprintable() else "x" for one in latin)
