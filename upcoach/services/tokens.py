"""Access tokens: who somebody is, for some minutes, without asking the database.

`user.session.end.mac.device`, where *end* is in seconds since 1970 and *mac* is HMAC-SHA256 over
everything else.  A session that ends before its tokens do is known to every node, see
`upcoach.services.revocations`.
"""

import base64
import datetime as dt
import hashlib
import hmac

import msgspec

from models.clock import Clock
from models.errors import Unauthenticated
from models.scope import Scope
from upcoach.services.revocations import Revocations

_PURPOSE = b"access token\0"


class Caller(msgspec.Struct, frozen=True):
    """Somebody whose token holds, and until when."""

    scope: Scope
    expires_at: dt.datetime


class Tokens:
    """Gives tokens out, and reads them."""

    def __init__(
        self, key: bytes, lifetime: dt.timedelta, revocations: Revocations, clock: Clock
    ) -> None:
        self._key = key
        self._lifetime = lifetime
        self._revocations = revocations
        self._clock = clock

    def issue(self, scope: Scope, until: dt.datetime) -> tuple[str, dt.datetime]:
        """A token for *scope* and its end, which is that of the session, *until*, at the latest."""
        end = int(min(self._clock() + self._lifetime, until).timestamp())
        mac = self._mac(scope.user, scope.session, str(end), scope.device)
        token = f"{scope.user}.{scope.session}.{end}.{mac}.{scope.device}"
        return token, dt.datetime.fromtimestamp(end, dt.UTC)

    def read(self, token: str) -> Caller:
        """Who holds *token*, or `Unauthenticated`."""
        user, session, end, mac, device = (token.split(".", 4) + [""] * 5)[:5]
        if not hmac.compare_digest(mac.encode(), self._mac(user, session, end, device).encode()):
            raise token_invalid()
        expires_at = dt.datetime.fromtimestamp(int(end), dt.UTC)
        if expires_at <= self._clock() or self._revocations.holds(session):
            raise token_invalid()
        return Caller(Scope(user=user, session=session, device=device), expires_at)

    def has_ended(self, session: str) -> bool:
        """Whether *session* has ended, as far as this node knows."""
        return self._revocations.holds(session)

    def revoke(self, session: str) -> None:
        """Let no token of *session* hold here any more; other nodes hear of it by themselves."""
        self._revocations.note([session])

    def _mac(self, *parts: str) -> str:
        signed = _PURPOSE + "\0".join(parts).encode(errors="surrogatepass")
        digest = hmac.digest(self._key, signed, hashlib.sha256)
        return base64.urlsafe_b64encode(digest).rstrip(b"=").decode()


def token_invalid() -> Unauthenticated:
    """The refusal of a token that is forged, over, or of an ended session."""
    return Unauthenticated("token_invalid", "This token does not hold (any more). Log in again.")
