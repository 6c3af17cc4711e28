"""Access tokens, valid for minutes, and verified without the database.

A token is a JWT (RFC 9068).  A session that ends before its tokens do is known to every node, see
`upcoach.services.account.sessions.revocations`.
"""

import collections
import datetime as dt
import functools
import hashlib
import sys
from collections.abc import Callable, Collection
from typing import Any, Final, Literal, TypeVar

import msgspec
import uuid_utils
from joserfc import jws, jwt
from joserfc.errors import JoseError

from models.access.caller import Caller
from models.access.permissions import IDENTITY
from models.access.scope import Scope
from models.account import LoginFacts, Session, SessionState, session_state
from models.base.clock import Clock
from models.base.errors import Unauthenticated
from models.contexts import FIRST_PARTY, PERMISSIONS
from upcoach.services.account.sessions.revocations import RevocationCache
from upcoach.services.account.sessions.signing_keys import ALGORITHMS, SigningKeys

TYPE: Final = "at+jwt"
AUDIENCES: Final = {"api": "/v1", "live": "/v1/live", "admin": "/v1/admin"}
REMEMBERED: Final = 10_000

T = TypeVar("T")
_IDENTITY: Final = frozenset(IDENTITY)
# What joserfc raises besides its own for a header that is no object, or has members of odd types.
_NO_JWT: Final = (ValueError, TypeError, AttributeError, RecursionError)


class ConfirmationClaim(msgspec.Struct, frozen=True):
    """The key to which a token is bound (RFC 9449, 6.1)."""

    jkt: str


class Claims(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True):
    """The claims of an access token (RFC 9068, 2.2); *dev* is the device of the session.

    The user comes first: a balancer that cannot read JSON keeps somebody on a node by the first 64
    characters of the second part (config/deploy/nginx.conf).

    Attributes
    ----------
    gen
        The generation of the refresh token that was given with it; 0 if none was.

    """

    sub: str
    iss: str
    aud: tuple[str, ...]
    client_id: str
    sid: str = ""
    iat: int
    exp: int
    jti: str
    auth_time: int = 0  # of a client by itself: nobody has shown who they are
    acr: Literal["0", "1", "2"] = "0"
    dev: str = ""
    scope: str | None = None
    amr: tuple[str, ...] = ()
    cnf: ConfirmationClaim | None = None
    gen: int = 0


OnShown = Callable[[str, int], None]


class AccessTokens:
    """Issues and verifies access tokens.

    Attributes
    ----------
    issuer
        The URL of this installation (RFC 9207).

    """

    def __init__(
        self,
        keys: SigningKeys,
        issuer: str,
        lifetime: dt.timedelta,
        revocations: RevocationCache,
        clock: Clock,
        on_shown: OnShown = lambda _session, _generation: None,
    ) -> None:
        self.issuer = issuer
        self._keys = keys
        self._lifetime = lifetime
        self._revocations = revocations
        self._clock = clock
        self._on_shown = on_shown
        self._read: collections.OrderedDict[bytes, Caller] = collections.OrderedDict()

    def issue(self, session: Session, generation: int = 0) -> tuple[str, dt.datetime]:
        """Issue a token for *session*; return it with its end, at latest that of the session."""
        now = self._clock()
        end = int(min(now + self._lifetime, session.expires_at).timestamp())
        claims = Claims(
            iss=self.issuer,
            sub=session.owner,
            aud=tuple(self.issuer + AUDIENCES[name] for name in session.audiences),
            client_id=session.client,
            sid=session.id,
            iat=int(now.timestamp()),
            exp=end,
            jti=str(uuid_utils.uuid7()),
            auth_time=int(session.authenticated_at.timestamp()),
            acr="2" if session.acr == 2 else "1",
            dev=session.device,
            scope=None if session.permissions is None else " ".join(session.permissions),
            amr=session.amr,
            cnf=ConfirmationClaim(session.key) if session.key else None,
            gen=generation,
        )
        token = self.signed(TYPE, msgspec.to_builtins(claims))
        return token, dt.datetime.fromtimestamp(end, dt.UTC)

    def issue_to_client(
        self, client: str, scopes: Collection[str], audiences: Collection[str], key: str
    ) -> tuple[str, dt.datetime]:
        """Issue a token for *client* by itself (RFC 6749, 4.4)."""
        now = self._clock()
        end = int((now + self._lifetime).timestamp())
        claims = Claims(
            iss=self.issuer,
            sub=client,
            aud=tuple(self.issuer + AUDIENCES[name] for name in audiences),
            client_id=client,
            iat=int(now.timestamp()),
            exp=end,
            jti=str(uuid_utils.uuid7()),
            scope=" ".join(scopes),
            cnf=ConfirmationClaim(key) if key else None,
        )
        token = self.signed(TYPE, msgspec.to_builtins(claims))
        return token, dt.datetime.fromtimestamp(end, dt.UTC)

    def signed(self, kind: str, claims: dict[str, object]) -> str:
        """Sign a JWT of *kind* (its `typ`) with *claims*."""
        alg, key = self._keys.current
        header = {"alg": alg, "kid": key.kid, "typ": kind}
        return jwt.encode(header, claims, key, algorithms=list(ALGORITHMS))

    def read(self, token: str) -> Caller:
        """Verify *token*: its caller, or `Unauthenticated`."""
        name = _digest(token)
        caller = self._read.get(name)
        if caller is None:
            claims, key_id = self._claims(token, TYPE, Claims)
            caller = self._read[name] = self._caller(claims, key_id)
            self._on_shown(claims.sid, claims.gen)
            if len(self._read) > REMEMBERED:
                self._read.popitem(last=False)
        if self.state_of(caller) is not SessionState.ACTIVE:
            raise token_invalid()
        return caller

    async def load_key_of(self, token: str) -> None:
        """Load the key of *token* if this node does not have it: another may have made it."""
        if _digest(token) in self._read:
            return
        key_id = _key_id(token)
        if key_id and self._keys.find(key_id) is None and not self._keys.is_revoked(key_id):
            await self._keys.look_again()

    @property
    def algorithm(self) -> str:
        """The algorithm of the current signing key."""
        return self._keys.current[0]

    def read_id_token(self, token: str) -> dict[str, Any] | None:
        """The claims of an ID token of ours, which may be over; None when it is none."""
        try:
            claims, _ = self._claims(token, "JWT", dict[str, Any])
        except Unauthenticated:
            return None
        return claims if claims.get("iss") == self.issuer else None

    def state_of(self, caller: Caller) -> SessionState:
        """The state of the session of *caller*, as far as this node and their token know.

        A token is believed no more when its key was revoked; then its login counts as ended.
        """
        is_ended = self._revocations.holds(caller.scope.session)
        facts = LoginFacts(
            is_ended=is_ended or self._keys.is_revoked(caller.signed_by),
            expires_at=caller.expires_at,
        )
        return session_state(facts, self._clock())

    def revoke(self, sessions: Collection[str]) -> None:
        """Revoke all tokens of *sessions* on this node; other nodes hear of it by themselves."""
        self._revocations.note(sessions)

    def _claims(self, token: str, kind: str, form: type[T]) -> tuple[T, str]:
        """Verify *token*, a JWT of *kind*; return its claims and the id of its key."""
        try:
            signed = jws.extract_compact(token.encode())
            header = signed.headers()
            key_id = str(header.get("kid"))
            key = self._keys.find(key_id)
            if key is None or header.get("alg") != key[0] or header.get("typ") != kind:
                raise token_invalid()
            if not jws.validate_compact(signed, key[1], [key[0]]):
                raise token_invalid()
            return msgspec.json.decode(signed.payload or b"", type=form), sys.intern(key_id)
        except (JoseError, msgspec.DecodeError, *_NO_JWT):
            raise token_invalid() from None

    def _caller(self, claims: Claims, key_id: str) -> Caller:
        if claims.iss != self.issuer:
            raise token_invalid()
        requested = None if claims.scope is None else frozenset(claims.scope.split())
        return Caller(
            scope=Scope(user=claims.sub, session=claims.sid, device=claims.dev),
            expires_at=dt.datetime.fromtimestamp(claims.exp, dt.UTC),
            client=claims.client_id,
            permissions=FIRST_PARTY if requested is None else requested & PERMISSIONS.keys(),
            audiences=_audiences(self.issuer, claims.aud),
            identity=_IDENTITY if requested is None else requested & IDENTITY.keys(),
            acr=int(claims.acr),
            authenticated_at=dt.datetime.fromtimestamp(claims.auth_time, dt.UTC),
            key="" if claims.cnf is None else claims.cnf.jkt,
            signed_by=key_id,
        )


def token_invalid() -> Unauthenticated:
    """The refusal of a token that is forged, over, or of an ended session."""
    return Unauthenticated(
        "token_invalid", "This token is not valid, or has expired. Log in again."
    )


def _digest(token: str) -> bytes:
    return hashlib.sha256(token.encode(errors="surrogatepass")).digest()


def _key_id(token: str) -> str:
    """The unverified `kid` of *token*; empty if it is not a JWT."""
    try:
        return str(jws.extract_compact(token.encode()).headers().get("kid", ""))
    except (JoseError, *_NO_JWT):
        return ""


@functools.lru_cache(1_000)  # one set for all who have the same: callers stay as long as sockets
def _audiences(issuer: str, urls: tuple[str, ...]) -> frozenset[str]:
    return frozenset(name for name, path in AUDIENCES.items() if issuer + path in urls)
