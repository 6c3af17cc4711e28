"""Redirects: where a browser may be sent with a code, and why it may not be sent elsewhere."""

import re
from collections.abc import Iterable
from typing import Final, Literal
from urllib.parse import SplitResult, urlsplit

ClientKind = Literal["public", "confidential"]

LONGEST: Final = 2_000  # characters of a redirect
LAST_PORT: Final = 65_535
FORMS: Final[dict[ClientKind, str]] = {
    "confidential": "https://…",
    "public": "https://…, http://localhost/…, http://127.0.0.1/…, http://[::1]/… or "
    "reversed.domain:/…",
}

_LOOPBACK: Final = re.compile(
    r"(http://(?:localhost|127\.0\.0\.1|\[::1\]))(?::([0-9]{1,5}))?((?:/.*)?)"
)
_PLAIN: Final = re.compile(r"[A-Za-z0-9:/?\[\]@!$&()+,;=._~%-]+")  # no wildcard, and no fragment
_PARTS: Final = ("scheme", "host", "port", "path", "query")


def without_loopback_port(uri: str) -> str | None:
    """*uri* without its port, if it leads to this very device (RFC 8252, 7.3).

    Examples
    --------
    >>> without_loopback_port("http://localhost:4711/cb"), without_loopback_port("https://x.org/")
    ('http://localhost/cb', None)

    """
    match = _LOOPBACK.fullmatch(uri)
    if match is None or int(match[2] or 80) > LAST_PORT:
        return None
    return match[1] + match[3]


def flaw_of(uri: str, kind: ClientKind) -> str:
    """Why *uri* may not be registered (RFC 8252, 7; RFC 9700, 2.1); empty if it may.

    Examples
    --------
    >>> flaw_of("https://app.example.org/cb", "confidential")
    ''
    >>> flaw_of("http://localhost/cb", "public"), flaw_of("org.example.app:/cb", "public")
    ('', '')
    >>> flaw_of("http://app.example.org/cb", "public")
    'http is for this very device only'
    >>> flaw_of("https://*.example.org/cb", "public")
    'it is compared character by character, and * is none of a redirect'

    """
    if text_flaw := _text_flaw(uri):
        return text_flaw
    parts = _split(uri)
    if parts is None:
        return "it is no URI with a port from 1 to 65535"
    if parts.username is not None or parts.password is not None:
        return "it names a user"
    if parts.scheme == "https":
        return "" if parts.hostname else "it names no host"
    return _flaw_without_tls(uri, parts, kind)


def _text_flaw(uri: str) -> str:
    if len(uri) > LONGEST:
        return f"it is longer than {LONGEST} characters"
    if "#" in uri:
        return "it has a fragment"
    odd = _PLAIN.sub("", uri)[:1] or ("" if uri else "nothing")
    return f"it is compared character by character, and {odd} is none of a redirect" if odd else ""


def _flaw_without_tls(uri: str, parts: SplitResult, kind: ClientKind) -> str:
    if kind == "confidential":
        return "only https is for a client with a secret"
    if parts.scheme == "http":
        return "" if without_loopback_port(uri) else "http is for this very device only"
    if not parts.scheme:
        return "it has no scheme"
    if "." not in parts.scheme:  # a domain name turned round (RFC 8252, 7.1)
        return "a scheme of an app's own has a dot in it"
    return "a scheme of an app's own has no host behind it" if parts.netloc else ""


def difference(redirect: str, registered: Iterable[str]) -> str:
    """How *redirect* differs from the one of *registered* that is most like it, in words.

    Examples
    --------
    >>> difference("https://app.example.org/cb/", ["https://app.example.org/cb"])
    'its path differs from that of https://app.example.org/cb'
    >>> difference("", ["https://app.example.org/cb"]), difference("https://a.org/", [])
    ('there is none', 'the app has registered none')

    """
    if not redirect:
        return "there is none"
    given = _parts_of(redirect)
    candidates = [(_differing(given, _parts_of(uri)), uri) for uri in registered]
    if not candidates:
        return "the app has registered none"
    names, nearest = min(candidates, key=lambda candidate: len(candidate[0]))
    if given is None or len(names) == len(_PARTS):
        return "it is like none that the app has registered"
    what = " and ".join(names) or "spelling"
    verb = "differ" if len(names) > 1 else "differs"
    whose = "those" if len(names) > 1 else "that"
    return f"its {what} {verb} from {whose} of {nearest}"


def _parts_of(uri: str) -> tuple[object, ...] | None:
    parts = _split(uri)
    if parts is None:
        return None
    # A loopback may have any port.
    port = None if without_loopback_port(uri) else parts.port
    return (parts.scheme, parts.netloc.partition(":")[0], port, parts.path, parts.query)


def _differing(given: tuple[object, ...] | None, other: tuple[object, ...] | None) -> list[str]:
    if given is None or other is None:
        return list(_PARTS)
    triples = zip(_PARTS, given, other, strict=True)
    return [name for name, mine, theirs in triples if mine != theirs]


def _split(uri: str) -> SplitResult | None:
    """The parts of *uri*; None if it is none, or has a port that is none."""
    try:
        parts = urlsplit(uri)
        port = parts.port
    except ValueError:
        return None
    return None if port == 0 else parts
