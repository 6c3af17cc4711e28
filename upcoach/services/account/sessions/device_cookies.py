"""Device cookies: devices on which an account's password was right before.

They have tries of their own: whoever guesses at an account from elsewhere, and so uses its tries
up, keeps its owner out nowhere (OWASP, "device cookies").  What such a device shows is worth
nothing else, and is written down nowhere.
"""

import base64
import hmac
import secrets
from typing import Final

LIFE_S: Final = 180 * 24 * 3600  # of the cookie that holds it
_ID_BYTES: Final = 16
_PURPOSE: Final = b"known device\0"


class DeviceCookies:
    """Issues and verifies device cookies.

    Examples
    --------
    >>> devices = DeviceCookies(bytes(32))
    >>> shown = devices.token("ann@example.org")
    >>> devices.name(shown, "ann@example.org") == shown.partition(".")[0]
    True
    >>> devices.name(shown, "ben@example.org")
    ''

    """

    def __init__(self, key: bytes) -> None:
        self._key = key

    def token(self, address: str) -> str:
        """Issue a cookie for a device on which the password of *address* was right."""
        name = secrets.token_urlsafe(_ID_BYTES)
        return f"{name}.{self._mac(name, address)}"

    def name(self, token: str, address: str) -> str:
        """The name of the device with the cookie *token*; empty if it is not one of *address*."""
        name, _, mac = token.partition(".")
        right = self._mac(name, address)
        return name if hmac.compare_digest(mac.encode(errors="replace"), right.encode()) else ""

    def _mac(self, name: str, address: str) -> str:
        message = _PURPOSE + f"{name}\0{address}".encode(errors="replace")
        digest = hmac.digest(self._key, message, "sha256")
        return base64.urlsafe_b64encode(digest).rstrip(b"=").decode()
