"""Parsers of the texts of settings; a text of the wrong form is a `ValueError`."""

import base64
import ipaddress
import json
import re
from collections.abc import Callable
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

Network = ipaddress.IPv4Network | ipaddress.IPv6Network

KEY_BYTES = 32
LAST_PORT = 65535
MAKE_KEY = "python3 -c 'import secrets; print(secrets.token_urlsafe(32))'"
MAKE_NAMED_KEY = f"echo k1:$({MAKE_KEY})"


def one_of(*choices: str) -> Callable[[str], str]:
    def read(text: str) -> str:
        return choices[choices.index(text)]

    return read


def some_of(*choices: str) -> Callable[[str], frozenset[str]]:
    read_one = one_of(*choices)

    def read(text: str) -> frozenset[str]:
        return frozenset(read_one(part.strip()) for part in text.split(","))

    return read


def between(least: int, most: int) -> Callable[[str], int]:
    def read(text: str) -> int:
        number = int(text)
        if not least <= number <= most:
            raise ValueError(text)
        return number

    return read


port = between(0, LAST_PORT)


def url(*schemes: str) -> Callable[[str], str]:
    def read(text: str) -> str:
        parts = urlsplit(text)
        place = parts.path if parts.scheme == "unix" else parts.hostname
        # `port` raises a ValueError of its own.
        if parts.scheme not in schemes or not place or parts.port == 0:
            raise ValueError(parts.scheme)
        return text

    return read


def redis_url(text: str) -> str:
    """*text*, if it names a Redis; of this machine where it names a database alone.

    Examples
    --------
    >>> redis_url("redis:///0")
    'redis:///0'

    """
    is_here = re.fullmatch(r"rediss?:///[0-9]+", text)
    return text if is_here else url("redis", "rediss", "unix")(text)


def mongo_url(text: str) -> str:
    """*text*, if it names the scheme and the hosts of a MongoDB.

    Examples
    --------
    >>> mongo_url("mongodb://user:password@one:27017,two/?replicaSet=rs0")
    'mongodb://user:password@one:27017,two/?replicaSet=rs0'

    """
    # `urlsplit` knows one host only, and no password with a bare # or [.
    scheme, _, rest = text.partition("://")
    if scheme not in ("mongodb", "mongodb+srv"):
        raise ValueError(scheme)
    place = rest.partition("/")[0].rpartition("@")[2].partition("?")[0]
    for host in place.split(","):
        _check_host(host)
    return text


def _check_host(text: str) -> None:
    """Refuse *text* unless it is a host, with or without a port."""
    parts = re.fullmatch(r"(?:\[([^\[\]]+)\]|[^\s\[\]:/?#@]+)(?::([0-9]{1,5}))?", text)
    if parts is None:
        raise ValueError("no host")
    address, port_number = parts.groups()
    if address is not None:
        ipaddress.IPv6Address(address)
    if port_number is not None:
        between(1, LAST_PORT)(port_number)


def matching(pattern: str) -> Callable[[str], str]:
    def read(text: str) -> str:
        if re.fullmatch(pattern, text) is None:
            raise ValueError(text)
        return text

    return read


origin = matching(r"https?://[A-Za-z0-9.-]+(:[0-9]{1,5})?|https?://\[[0-9a-f:]+\](:[0-9]{1,5})?")
domain = matching(r"(?!-)[a-z0-9.-]{1,253}")
_passkey_origin = matching(
    r"https?://[A-Za-z0-9.-]+(:[0-9]{1,5})?|android:apk-key-hash:[A-Za-z0-9_-]{43}"
)
database = matching(r"[A-Za-z0-9_-]{1,38}")
mailbox = matching(r"[^<>@\r\n\"]{1,64} <[^<>@\s]+@[^<>@\s]+>|[^<>@\s]+@[^<>@\s]+")
# Of 64 octets before the @ (RFC 5321, 4.5.3.1.1), 49 are a + and what it is followed by.
bounces_address = matching(r"[A-Za-z0-9._-]{1,15}@[A-Za-z0-9.-]{1,253}")
key_id = matching(r"[A-Za-z0-9_-]{1,32}")


def members(text: str) -> dict[str, Any]:
    """The JSON object in *text*, or in the file that it names.

    Examples
    --------
    >>> members('{"team": "T1"}')
    {'team': 'T1'}

    """
    try:
        value = json.loads(text if text.startswith("{") else Path(text).read_text())
    except (OSError, RecursionError) as failure:
        raise ValueError(text) from failure
    if not isinstance(value, dict):
        raise ValueError(text)  # noqa: TRY004 - as all forms do
    return value


def rows(text: str) -> tuple[dict[str, Any], ...]:
    """The objects of the JSON list in *text*, or in the file that it names.

    Examples
    --------
    >>> rows('[{"name": "google"}]')
    ({'name': 'google'},)

    """
    try:
        value = json.loads(text if text.startswith("[") else Path(text).read_text())
    except (OSError, RecursionError) as failure:
        raise ValueError(text) from failure
    if not isinstance(value, list) or not all(isinstance(row, dict) for row in value):
        raise ValueError(text)
    return tuple(value)


def passkey_origins(text: str) -> tuple[str, ...]:
    return tuple(_passkey_origin(part.strip()) for part in text.split(","))


def web_origins(text: str) -> tuple[str, ...]:
    return tuple(origin(part.strip()) for part in text.split(","))


def networks(text: str) -> tuple[Network, ...]:
    """The addresses that *text* lists, as networks.

    Examples
    --------
    >>> networks("10.0.0.1, fd00::/8")
    (IPv4Network('10.0.0.1/32'), IPv6Network('fd00::/8'))

    """
    return tuple(ipaddress.ip_network(part.strip()) for part in text.split(","))


def is_relying_party(domain: str, host: str) -> bool:
    """Whether a page at *host* may bind passkeys to *domain* (WebAuthn, 5.1.3, step 8).

    Domains under which others register theirs, such as co.uk, are known to browsers only; those of
    one label are refused here.

    Examples
    --------
    >>> domains = ("example.org", "ample.org", "org")
    >>> [is_relying_party(domain, "api.example.org") for domain in domains]
    [True, False, False]

    """
    if domain == host:
        return True
    is_label = "." not in domain.strip(".")
    return not is_label and not _is_address(host) and host.endswith(f".{domain}")


def _is_address(host: str) -> bool:
    try:
        return bool(ipaddress.ip_address(host))
    except ValueError:
        return False


def key(text: str) -> bytes:
    """The 32 bytes that *text* writes in base64url, padded or not.

    Examples
    --------
    >>> key("AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA") == bytes(32)
    True

    """
    padding = "=" * (-len(text) % 4)
    decoded = base64.b64decode(text + padding, altchars=b"-_", validate=True)
    if len(decoded) != KEY_BYTES:
        raise ValueError("wrong length")
    return decoded


def keys(text: str) -> dict[str, bytes]:
    """Keys by id, in the order written."""
    pairs = [part.strip().partition(":") for part in text.split(",")]
    named = {key_id(name): key(encoded) for name, _, encoded in pairs}
    if len(named) != len(pairs):
        raise ValueError("an id occurs twice")
    return named
