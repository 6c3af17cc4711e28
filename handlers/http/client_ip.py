"""The address that a request came from: that of its sender, also behind balancers of ours."""

import ipaddress
from collections.abc import Collection
from ipaddress import IPv4Network, IPv6Network
from typing import Final

from tornado.httputil import HTTPServerRequest

from models.access.request_origin import RequestOrigin

Network = IPv4Network | IPv6Network
AGENT: Final = 256  # characters of what a program calls itself
HOPS: Final = 16  # through proxies of ours: nobody has more, but a stranger may name thousands


def origin_of(
    request: HTTPServerRequest, proxies: Collection[Network], request_id: str
) -> RequestOrigin:
    """Where *request* came from, which the log calls *request_id*."""
    return RequestOrigin(
        address=address_of(request, proxies),
        agent=request.headers.get("User-Agent", "")[:AGENT],
        request=request_id,
    )


def address_of(request: HTTPServerRequest, proxies: Collection[Network]) -> str:
    """The last address on the way that is not one of our *proxies*.

    Only what a proxy of ours has added is believed: everybody can send `X-Forwarded-For`.
    """
    address = request.remote_ip or ""
    forwarded = ",".join(request.headers.get_list("X-Forwarded-For")).split(",")
    for _ in range(min(HOPS, len(forwarded))):
        if not is_among(address, proxies):
            break
        before = forwarded.pop().strip()
        if not _is_address(before):
            break
        address = before
    return address


def is_among(address: str, proxies: Collection[Network]) -> bool:
    """Whether *address* is one of our *proxies*."""
    if not proxies or not _is_address(address):
        return False
    ip = ipaddress.ip_address(address)
    return any(ip in network for network in proxies if network.version == ip.version)


def _is_address(text: str) -> bool:
    try:
        ipaddress.ip_address(text)
    except ValueError:
        return False
    return True
