"""The origin of a request: address, user agent, request id."""

import hashlib
import ipaddress
from typing import Final

import msgspec


class RequestOrigin(msgspec.Struct, frozen=True, kw_only=True):
    """The sender of a request.

    Attributes
    ----------
    address
        Their IP address; empty for who is not on a network.
    agent
        What their program calls itself.
    request
        The name of the request in our log.

    """

    address: str = ""
    agent: str = ""
    request: str = ""

    @property
    def network(self) -> str:
        """The network of the address (/24 or /48), which is what is stored: where, and not who.

        Examples
        --------
        >>> RequestOrigin(address="203.0.113.77").network
        '203.0.113.0/24'
        >>> RequestOrigin(address="2001:db8:1:2::9").network
        '2001:db8:1::/48'
        >>> RequestOrigin(address="::ffff:203.0.113.77").network
        '203.0.113.0/24'

        """
        return _shortened(self.address, 24, 48)

    @property
    def household(self) -> str:
        """The block of addresses that one subscriber has: one in IPv4 (/32), a /64 in IPv6.

        Examples
        --------
        >>> RequestOrigin(address="203.0.113.77").household
        '203.0.113.77/32'
        >>> RequestOrigin(address="2001:db8:1:2::9").household
        '2001:db8:1:2::/64'

        """
        return _shortened(self.address, 32, 64)

    @property
    def agent_hash(self) -> str:
        """A hash of the user agent, which tells one program from another and nothing else."""
        return hashlib.sha256(self.agent.encode(errors="replace")).hexdigest()[:16]


NOWHERE: Final = RequestOrigin()


def _shortened(address: str, bits: int, bits_of_6: int) -> str:
    try:
        parsed = ipaddress.ip_address(address)
    except ValueError:
        return ""
    mapped = parsed.ipv4_mapped if isinstance(parsed, ipaddress.IPv6Address) else None
    plain = mapped or parsed
    length = bits if plain.version == 4 else bits_of_6
    return str(ipaddress.ip_network((plain, length), strict=False))
