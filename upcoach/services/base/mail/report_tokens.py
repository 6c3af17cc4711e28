"""The tokens by which reports about mails (bounces, complaints) are attributed.

A token stands in the return path of a mail (VERP), and in its Message-ID, of which one or the other
comes back with every report.  It is signed for one person and one address, names the moment of its
mail, and ends after `HELD`.  It is written in base32, because mail servers may change the case of
the part before the @, which has 64 octets at most (RFC 5321, 4.5.3.1.1).
"""

import base64
import binascii
import datetime as dt
import hmac
import re
import uuid
from typing import Final

import msgspec

from models.account import normalised_email
from models.base.clock import Clock

HELD: Final = dt.timedelta(days=30)  # complaints come weeks after their mail
LENGTH: Final = 48
PATTERN: Final = re.compile(rf"(?<=[+.])[a-z2-7]{{{LENGTH}}}(?=@)", re.IGNORECASE)
_PURPOSE: Final = b"upcoach mail reports"
_PREFIX: Final = "usr_"
_USER_BYTES: Final = 16
_TIME_BYTES: Final = 4
_MAC_BYTES: Final = 10  # 80 bits, which nobody can try out at our door


class ReportToken(msgspec.Struct, frozen=True):
    """What a token says; whether it is one of ours follows from its *mac* and the address."""

    user: str
    sent_at: dt.datetime
    mac: bytes


class ReportTokens:
    """Signs and checks tokens with the installation's secret."""

    def __init__(self, secret: bytes, clock: Clock) -> None:
        self._key = hmac.digest(secret, _PURPOSE, "sha256")
        self._clock = clock

    def issue(self, user: str, address: str, at: dt.datetime) -> str:
        """The token of a mail to *user* at *address*, which was asked for *at* a moment."""
        seconds = int(at.timestamp())
        payload = uuid.UUID(user.removeprefix(_PREFIX)).bytes + seconds.to_bytes(_TIME_BYTES)
        raw = payload + self._mac(user, seconds, address)
        return base64.b32encode(raw).decode().lower()

    def is_ours(self, token: ReportToken, address: str) -> bool:
        """Whether *token* was issued for a mail to *address*."""
        mac = self._mac(token.user, int(token.sent_at.timestamp()), address)
        return hmac.compare_digest(mac, token.mac)

    def is_over(self, token: ReportToken) -> bool:
        """Whether *token* has ended."""
        return self._clock() - token.sent_at > HELD

    def _mac(self, user: str, seconds: int, address: str) -> bytes:
        signed = f"{user}\0{seconds}\0{normalised_email(address)}"
        return hmac.digest(self._key, signed.encode(errors="replace"), "sha256")[:_MAC_BYTES]


def parse(text: str) -> ReportToken | None:
    """What the token *text* says, in whichever case it is; None if it is none."""
    try:
        raw = base64.b32decode(text, casefold=True)
    except (binascii.Error, ValueError):
        return None
    if len(raw) != _USER_BYTES + _TIME_BYTES + _MAC_BYTES:
        return None
    user, rest = raw[:_USER_BYTES], raw[_USER_BYTES:]
    at = dt.datetime.fromtimestamp(int.from_bytes(rest[:_TIME_BYTES]), dt.UTC)
    return ReportToken(f"{_PREFIX}{uuid.UUID(bytes=user)}", at, rest[_TIME_BYTES:])


def return_path(bounces: str, token: str) -> str:
    """The address of *bounces* with *token* in it.

    Examples
    --------
    >>> return_path("bounces@example.org", "abc")
    'bounces+abc@example.org'

    """
    local, _, domain = bounces.rpartition("@")
    return f"{local}+{token}@{domain}"
