"""The origins (RFC 6454) of browser apps that may call the API from their pages."""

from collections.abc import Iterable
from typing import Final, Self
from urllib.parse import urlsplit

import msgspec

from models.oauth.redirects import without_loopback_port

LONGEST_ORIGIN: Final = 300  # characters: a name of DNS has 253
_DEFAULT_PORTS: Final = {"https": 443, "http": 80}


class OriginList(msgspec.Struct, frozen=True):
    """A list of origins; of one on this very device, the port may differ.

    Examples
    --------
    >>> origins = OriginList.of(["https://app.example.org:443/cb", "http://localhost/cb"])
    >>> [origins.admits(origin) for origin in ("https://app.example.org", "http://localhost:5173")]
    [True, True]
    >>> [origins.admits(origin) for origin in ("http://app.example.org", "null", "")]
    [False, False, False]

    """

    origins: frozenset[str] = frozenset()
    loopbacks: frozenset[str] = frozenset()

    @classmethod
    def of(cls, addresses: Iterable[str]) -> Self:
        """The origins of *addresses*, such as the redirects of clients."""
        addresses = tuple(addresses)
        local = filter(None, map(without_loopback_port, addresses))
        origins = frozenset(filter(None, map(origin_of, addresses)))
        return cls(origins, frozenset(map(origin_of, local)))

    def admits(self, origin: str) -> bool:
        """Whether *origin*, as a browser sends it, is in the list."""
        if len(origin) > LONGEST_ORIGIN:
            return False
        return origin in self.origins or without_loopback_port(origin) in self.loopbacks


def origin_of(address: str) -> str:
    """The origin of *address* as browsers send it; empty if it has none, as apps' own schemes.

    Examples
    --------
    >>> origin_of("HTTPS://App.example.org:443/cb?x=1"), origin_of("org.example.app:/cb")
    ('https://app.example.org', '')

    """
    parts = urlsplit(address)
    if parts.scheme not in _DEFAULT_PORTS or not parts.hostname:
        return ""
    host = f"[{parts.hostname}]" if ":" in parts.hostname else parts.hostname
    is_default = parts.port in (None, _DEFAULT_PORTS[parts.scheme])
    return f"{parts.scheme}://{host}" if is_default else f"{parts.scheme}://{host}:{parts.port}"
