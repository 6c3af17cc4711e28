"""Refresh tokens: what they say, authenticated by a keyed hash and written down nowhere.

A token is `v1.user.session.generation.mac`; the database knows which generation is the newest
(`upcoach.store.secrets.refresh_generations`).
"""

import base64
import hashlib
import hmac
from typing import Final

from upcoach.services.account.sessions.access_tokens import token_invalid

_PURPOSE: Final = b"refresh token\0"


class RefreshTokens:
    """Issues refresh tokens, and verifies them."""

    def __init__(self, key: bytes) -> None:
        self._key = key

    def issue(self, user: str, session_id: str, generation: int) -> str:
        """The refresh token of *generation* of a session."""
        name = f"v1.{user}.{session_id}.{generation}"
        return f"{name}.{self._mac(name)}"

    def read(self, refresh_token: str) -> tuple[str, str, int]:
        """Verify *refresh_token*; return its user, session and generation."""
        name, _, mac = refresh_token.rpartition(".")
        if not hmac.compare_digest(mac.encode(errors="replace"), self._mac(name).encode()):
            raise token_invalid()
        _, user, session_id, generation = name.split(".")
        return user, session_id, int(generation)

    def _mac(self, name: str) -> str:
        signed = _PURPOSE + name.encode(errors="surrogatepass")
        digest = hmac.digest(self._key, signed, hashlib.sha256)
        return base64.urlsafe_b64encode(digest).rstrip(b"=").decode()
