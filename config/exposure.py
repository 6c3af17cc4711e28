"""Checks of an installation that others can reach.

Development is what only its developer reaches: all of it listens on this machine, and its address
is one of this machine.  Whoever serves others says so, and is held to more.
"""

import ipaddress
import itertools
from collections.abc import Iterator
from typing import TYPE_CHECKING, Final
from urllib.parse import urlsplit

from config.forms import MAKE_KEY, MAKE_NAMED_KEY, Network

if TYPE_CHECKING:
    from config.settings import Settings

LOOPBACK: Final = "127.0.0.1"
# 32 random bytes have some 30 different values: fewer than this once in 10^20 keys.
MIN_DISTINCT_BYTES: Final = 16
_PRINTABLE: Final = frozenset(range(0x20, 0x7F))
# Networks larger than this belong to more than one, whoever they are; of private ones any will do.
_LARGEST: Final = {4: 8, 6: 16}
_PRIVATE: Final = ipaddress.IPv6Network("fc00::/7")


def is_loopback(host: str) -> bool:
    """Whether *host* is a name or an address that means this machine only.

    Examples
    --------
    >>> [is_loopback(host) for host in ("localhost", "app.localhost", "127.1.2.3", "::1", "[::1]")]
    [True, True, True, True, True]
    >>> [is_loopback(host) for host in ("0.0.0.0", "api.example.org", "localhost.example.org")]
    [False, False, False]

    """
    name = host.strip("[]").rstrip(".").lower()
    if name == "localhost" or name.endswith(".localhost"):
        return True
    try:
        return ipaddress.ip_address(name).is_loopback
    except ValueError:
        return False


def is_unspecified(host: str) -> bool:
    """Whether *host* stands for all addresses of this machine."""
    try:
        return ipaddress.ip_address(host.strip("[]")).is_unspecified
    except ValueError:
        return not host


def reached_at(settings: "Settings") -> str | None:
    """The setting by which others reach this installation, with its value; None if they cannot."""
    url = urlsplit(settings.public_url or "")
    if settings.public_url and (url.scheme == "https" or not is_loopback(url.hostname or "")):
        return f"UPCOACH_PUBLIC_URL is {settings.public_url}"
    for name, host in (("HOST", settings.host), ("METRICS_HOST", settings.metrics_host)):
        if not is_loopback(host):
            return f"UPCOACH_{name} is {host}"
    return None


def faults(settings: "Settings") -> Iterator[str]:
    """The settings that are not allowed in production, each as a sentence."""
    if not (settings.public_url or "").startswith("https://"):
        yield (
            "UPCOACH_PUBLIC_URL must begin with https:// in production: over http:// everybody on "
            "the way reads tokens and cookies."
        )
    if settings.limits == "off":
        yield "UPCOACH_LIMITS must be on in production: without limits passwords can be guessed."
    if any(origin.startswith("http://") for origin in settings.passkey_origins):
        yield "UPCOACH_PASSKEY_ORIGINS must begin with https:// in production."
    if any(_is_plain_http(origin) for origin in settings.web_origins):
        yield (
            "UPCOACH_WEB_ORIGINS must begin with https:// in production, but for pages of one's "
            "own device."
        )
    if wide := next((network for network in settings.proxies if _is_wide(network)), None):
        yield (
            f"UPCOACH_PROXIES must name your balancers, not {wide}: whoever is in it says for "
            "themselves where they come from."
        )
    yield from _faults_of_keys(settings)


def _is_plain_http(origin: str) -> bool:
    url = urlsplit(origin)
    return url.scheme == "http" and not is_loopback(url.hostname or "")


def _faults_of_keys(settings: "Settings") -> Iterator[str]:
    keys = {f"UPCOACH_MASTER_KEYS ({name})": key for name, key in settings.master_keys.items()}
    keys["UPCOACH_INDEX_KEY"] = settings.index_key
    if settings.vapid_key:
        keys["UPCOACH_VAPID_KEY"] = settings.vapid_key
    seen: dict[bytes, str] = {}
    for name, key in keys.items():
        make = f"make one with: {MAKE_NAMED_KEY if ' ' in name else MAKE_KEY}"
        if is_guessable(key):
            yield f"{name} is not random, so others can guess it; {make}"
        elif key in seen:
            yield f"{name} is the same key as {seen[key]}, and each must be one of its own; {make}"
        seen[key] = name


def is_guessable(key: bytes) -> bool:
    """Whether *key* is not random: an example, a pattern or a text.

    Examples
    --------
    >>> keys = (bytes(32), bytes(range(32)), b"no secret, but many words")
    >>> [is_guessable(key) for key in keys]
    [True, True, True]

    """
    steps = {(after - before) % 256 for before, after in itertools.pairwise(key)}
    return len(set(key)) < MIN_DISTINCT_BYTES or len(steps) == 1 or _PRINTABLE.issuperset(key)


def _is_wide(network: Network) -> bool:
    private = network.version == 6 and network.subnet_of(_PRIVATE)
    return network.prefixlen < _LARGEST[network.version] and not private
