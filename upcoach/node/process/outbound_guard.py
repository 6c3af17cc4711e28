"""The guard against SSRF (OWASP API 7): which URLs and addresses our own requests may go to.

A URL is https on port 443, of a name or an address in its one usual form: whatever other programs
read in another way (`0x7f.1`, a user's name, full-width digits) is refused, not understood.  Every
address that its name stands for must be one of the public internet, and the connection goes to the
very addresses that were checked: a name that stands for others a moment later changes nothing.

On a developer's machine, *loopback* lets programs of theirs be reached, which have no certificate.
"""

import asyncio
import ipaddress
import re
import socket
from collections.abc import Awaitable, Callable
from typing import Final
from urllib.parse import urlsplit

from tornado.netutil import Resolver

from upcoach.node.process.lookups import PEOPLES, Addresses, LookUpBounds, LookUps

LONGEST_URL: Final = 2_048
LOOPBACK: Final = ("127.0.0.1", "::1", "localhost")

Address = ipaddress.IPv4Address | ipaddress.IPv6Address
Resolve = Callable[[str, int], Awaitable[Addresses]]

# RFC 3986, 2: all that a URL is made of; no fragment, which is sent to nobody.
_URL: Final = re.compile(r"[A-Za-z0-9\-._~:/?\[\]@!$&'()*+,;=%]+\Z")
_LABEL: Final = r"[A-Za-z0-9_](?:[A-Za-z0-9_-]{0,61}[A-Za-z0-9_])?"
# The last label begins with a letter: else it is the end of an IPv4 address (URL Standard, 3.5).
_NAME: Final = re.compile(rf"(?:{_LABEL}\.)+[A-Za-z](?:[A-Za-z0-9-]{{0,61}}[A-Za-z0-9])?\Z")

# Of the addresses that are for everybody, all unicast ones of version 6 are in here.
_UNICAST: Final = ipaddress.IPv6Network("2000::/3")
# How hosts that have version 6 alone reach version 4 (RFC 6052, 2.1).
_NAT64: Final = ipaddress.IPv6Network("64:ff9b::/96")
# What `ipaddress` of Python 3.11 takes for an address of everybody, and is not.
_OTHERS: Final = tuple(
    map(
        ipaddress.ip_network,
        (
            "168.63.129.16/32",  # of each machine of Azure: what it is told, and its name server
            "192.0.0.0/24",  # IETF protocols; the metadata of some clouds
            "192.88.99.0/24",  # relays of 6to4, of old (RFC 7526)
            "2001::/23",  # IETF protocols; Teredo, with an address of version 4 in it
            "2002::/16",  # 6to4, the same
            "2620:4f:8000::/48",  # AS112
            "3fff::/20",  # documentation (RFC 9637)
        ),
    )
)


class RefusedTarget(Exception):
    """The guard lets no request go there; its text says why."""


def check_url(url: str, *, loopback: bool) -> None:
    """Raise `RefusedTarget` unless *url* is one that requests may go to."""
    if len(url) > LONGEST_URL or not _URL.match(url):
        raise _no_url()
    try:
        parts = urlsplit(url)
        host, port = parts.hostname, parts.port
    except ValueError:
        raise _no_url() from None
    if not host or "@" in parts.netloc:
        raise _no_url()
    if loopback and host in LOOPBACK and parts.scheme in ("http", "https"):
        return
    if parts.scheme != "https" or port not in (None, 443) or parts.netloc.endswith(":"):
        raise _no_url()
    if parts.netloc.startswith("[") or _is_number(host):
        check_address(host)
    elif len(host) > 253 or not _NAME.match(host) or host.endswith(".localhost"):
        raise RefusedTarget("its host is no name of the internet")


def check_address(text: str) -> None:
    """Raise `RefusedTarget` unless *text* is an address of the public internet."""
    try:
        address = ipaddress.ip_address(text)
    except ValueError:
        raise RefusedTarget("its host is no address in the usual form") from None
    if not is_public(address):
        raise RefusedTarget("its address is not on the public internet")


def is_public(address: Address) -> bool:
    """Whether everybody on the internet can reach *address*, which is one host's.

    Examples
    --------
    >>> is_public(ipaddress.ip_address("1.1.1.1")), is_public(ipaddress.ip_address("10.0.0.1"))
    (True, False)
    >>> is_public(ipaddress.ip_address("64:ff9b::a00:1"))  # 10.0.0.1 behind a translator
    False

    """
    if isinstance(address, ipaddress.IPv6Address):
        if address.scope_id is not None:
            return False
        if address in _NAT64:
            return is_public(ipaddress.IPv4Address(int(address) & 0xFFFF_FFFF))
        # Neither ::ffff:0:0/96 nor ::/96, which hold addresses of version 4 (RFC 4291, 2.5.5); and
        # of no tunnel of a site to one (ISATAP; RFC 5214, 6.1).
        if address not in _UNICAST or (int(address) >> 32) & 0xFDFF_FFFF == 0x5EFE:
            return False
    is_other = any(address in network for network in _OTHERS if network.version == address.version)
    return address.is_global and not address.is_multicast and not is_other


class GuardedResolver(Resolver):
    """Resolves names to addresses that may be connected to, or raises `RefusedTarget`.

    One that may not be spoils the rest: who mixes them wants to be asked again.
    """

    def initialize(
        self,
        *,
        loopback: bool,
        bounds: LookUpBounds = PEOPLES,
        patience_s: float = 5.0,
        resolve: Resolve | None = None,
    ) -> None:
        """See `Resolver`; *resolve* asks for the addresses of a name."""
        self._loopback = loopback
        self._patience_s = patience_s
        self._look_ups = LookUps(bounds)
        self._resolve = resolve or self._look_ups

    async def resolve(
        self, host: str, port: int, family: socket.AddressFamily = socket.AF_UNSPEC
    ) -> Addresses:
        """See `Resolver.resolve`."""
        addresses = _as_address(host, port) or await self._asked(host, port)
        for _, (text, *_rest) in addresses:
            if not (self._loopback and host in LOOPBACK and _is_loopback(text)):
                check_address(text)
        return [row for row in addresses if family in (socket.AF_UNSPEC, row[0])]

    def close(self) -> None:
        """See `Resolver.close`; whoever still waits for a name gets none."""
        self._look_ups.close()

    async def _asked(self, host: str, port: int) -> Addresses:
        try:
            async with asyncio.timeout(self._patience_s):
                return await self._resolve(host, port)
        except TimeoutError:
            raise TimeoutError("Timeout while its name was looked up") from None


def _as_address(host: str, port: int) -> Addresses:
    """The address that *host* is; nothing for a name, which alone is looked up."""
    try:
        address = ipaddress.ip_address(host)
    except ValueError:
        return []
    if address.version == 4:
        return [(socket.AF_INET, (host, port))]
    return [(socket.AF_INET6, (host, port, 0, 0))]


def _is_number(host: str) -> bool:
    """Whether a reader of URLs may take *host* for an IPv4 address (URL Standard, 3.5)."""
    last = host.rstrip(".").rpartition(".")[2]
    return last.isdigit() or re.match(r"0[xX][0-9A-Fa-f]*\Z", last) is not None


def _is_loopback(text: str) -> bool:
    return ipaddress.ip_address(text).is_loopback


def _no_url() -> RefusedTarget:
    return RefusedTarget("it is no https URL of port 443")
