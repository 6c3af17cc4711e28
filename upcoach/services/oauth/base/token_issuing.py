"""Issues access, refresh and ID tokens to clients."""

import base64
import datetime as dt
import hashlib
from typing import Any, Final

import msgspec

from models.account import Session, SessionKind, SessionTerms
from models.base.clock import Clock
from models.base.errors import Unauthenticated
from models.base.merge_patch import Json
from models.oauth import Grant
from models.oauth.client import OAuthClient
from upcoach.services.account import AccessTokens, SessionCondition, Sessions
from upcoach.services.base.oauth_errors import OAuthError, invalid_grant
from upcoach.services.base.request_parameters import Parameters
from upcoach.services.oauth.base.resource_indicators import narrowed
from upcoach.store.write.refs import Ref

ID_TOKEN_TYPE: Final = "JWT"  # noqa: S105 - a type


class Allowed(msgspec.Struct, frozen=True, kw_only=True):
    """An authorization of a client by a user, with how the user had authenticated.

    Attributes
    ----------
    session
        That in which they allowed it: when it has ended, nothing comes of this any more.  Empty
        for what they allow by showing who they are to the client.
    lockouts
        `User.lockouts` when they did.
    granted_at
        When the grant was made that it rests on; None for a client that needs none.

    """

    user: str
    client: str
    scopes: tuple[str, ...]
    audiences: tuple[str, ...]
    acr: int
    amr: tuple[str, ...]
    authenticated_at: dt.datetime
    nonce: str = ""
    session: str = ""
    lockouts: int = 0
    granted_at: dt.datetime | None = None


class Issuing:
    """Builds the responses of the token endpoint."""

    def __init__(self, sessions: Sessions, tokens: AccessTokens, clock: Clock) -> None:
        self._sessions = sessions
        self._tokens = tokens
        self._clock = clock

    async def begin(
        self, allowed: Allowed, client: OAuthClient, key: str, form: Parameters
    ) -> tuple[Session, Json]:
        """Start a session of *client* with what is *allowed*; return it with the response."""
        scopes, audiences = narrowed(form, self._tokens.issuer, allowed.scopes, allowed.audiences)
        terms = self.terms(allowed, client, key)
        try:
            login, outcome = await self._sessions.start(
                allowed.user,
                terms,
                _still_allowed(allowed, client),
                lockouts=allowed.lockouts,
            )
        except Unauthenticated:
            raise invalid_grant("Access was revoked.") from None
        session = outcome.document
        refresh_token = login.refresh_token if "offline_access" in allowed.scopes else ""
        return session, self.answer(session, scopes, audiences, refresh_token, allowed.nonce)

    def terms(self, allowed: Allowed, client: OAuthClient, key: str) -> SessionTerms:
        """The terms of a session of *client* with what is *allowed*."""
        lasts: SessionKind = "mobile" if client.first_party else "partner"
        # What operators do is for hours at most, whatever their app asks for.
        is_short = "offline_access" not in allowed.scopes or "admin" in allowed.audiences
        return SessionTerms(
            device=client.id,
            device_name=client.name,
            app="visit" if is_short else lasts,
            client=client.id,
            permissions=allowed.scopes,
            audiences=allowed.audiences,
            key=key,
            acr=allowed.acr,
            amr=allowed.amr,
            authenticated_at=allowed.authenticated_at,
        )

    def answer(
        self,
        session: Session,
        scopes: tuple[str, ...] | None,
        audiences: tuple[str, ...],
        refresh_token: str,
        nonce: str = "",
        *,
        generation: int = 1,
    ) -> Json:
        """The answer (RFC 6749, 5.1) with a token for *scopes* at *audiences*.

        *generation* is that of *refresh_token*.
        """
        narrow = msgspec.structs.replace(session, permissions=scopes, audiences=audiences)
        token, expires_at = self._tokens.issue(narrow, generation)
        answer = self._described(token, expires_at, scopes or (), session.key)
        if refresh_token:
            answer["refresh_token"] = refresh_token
        if "openid" in (scopes or ()):
            answer["id_token"] = self._id_token(session, token, nonce)
        return answer

    def answer_client(
        self, client: OAuthClient, scopes: tuple[str, ...], audiences: tuple[str, ...], key: str
    ) -> Json:
        """The answer with a token for *client* by itself."""
        token, expires_at = self._tokens.issue_to_client(client.id, scopes, audiences, key)
        return self._described(token, expires_at, scopes, key)

    def _described(
        self, token: str, expires_at: dt.datetime, scopes: tuple[str, ...], key: str
    ) -> Json:
        return {
            "access_token": token,
            "token_type": "DPoP" if key else "Bearer",
            "expires_in": int((expires_at - self._clock()).total_seconds()),
            "scope": " ".join(scopes),
        }

    def _id_token(self, session: Session, token: str, nonce: str) -> str:
        now = int(self._clock().timestamp())
        claims: dict[str, Any] = {
            "iss": self._tokens.issuer,
            "sub": session.owner,
            "aud": session.client,
            "exp": now + 600,
            "iat": now,
            "auth_time": int(session.authenticated_at.timestamp()),
            "acr": str(session.acr),
            "amr": list(session.amr),
            "sid": session.id,
            "at_hash": half_hash(token, self._tokens.algorithm),
        }
        return self._tokens.signed(ID_TOKEN_TYPE, claims | ({"nonce": nonce} if nonce else {}))


def _still_allowed(allowed: Allowed, client: OAuthClient) -> list[SessionCondition]:
    """Conditions that nobody has revoked what is *allowed* before *client* redeems it."""
    provisos = []
    if allowed.session:
        ref = Ref(Session, allowed.user, allowed.session)
        provisos.append(SessionCondition(ref, Session.is_open))
    if not client.first_party:
        grant = Ref(Grant, allowed.user, client.id)
        provisos.append(SessionCondition(grant, lambda grant, _: _is_granted(grant, allowed)))
    return provisos


def _is_granted(grant: Grant, allowed: Allowed) -> bool:
    """Whether *grant* is the one that *allowed* rests on, and no later one of the same client."""
    return grant.covers(allowed.scopes) and allowed.granted_at in (None, grant.created_at)


def half_hash(token: str, alg: str) -> str:
    """The left half of the hash that goes with *alg* (OpenID Connect Core, 3.1.3.6).

    Examples
    --------
    >>> half_hash("dNZX1hEZ9wBCzNL40Upu646bdzQA", "ES256")
    'wfgvmE9VxjAudsl9lc6TqA'

    """
    make = hashlib.sha512 if alg == "Ed25519" else hashlib.sha256  # RFC 8032, 5.1
    digest = make(token.encode()).digest()
    return base64.urlsafe_b64encode(digest[: len(digest) // 2]).rstrip(b"=").decode()


def unauthorized_client() -> OAuthError:
    """The refusal of a grant that is not for such clients."""
    return OAuthError("unauthorized_client", "This client may not ask in this way.")
