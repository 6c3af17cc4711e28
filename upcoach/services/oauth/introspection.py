"""Token introspection (RFC 7662) and revocation (RFC 7009)."""

from models.access.caller import Caller
from models.access.scope import Scope
from models.account import Session
from models.base.errors import NotFound, Unauthenticated
from models.base.merge_patch import Json
from models.oauth.client import OAuthClient
from upcoach.services.account import AUDIENCES, AccessTokens, Sessions
from upcoach.services.base.oauth_errors import OAuthError, invalid_grant
from upcoach.services.base.request_parameters import Parameters
from upcoach.services.oauth.base.token_issuing import unauthorized_client

_INACTIVE: Json = {"active": False}


class TokenIntrospection:
    """Introspects and revokes tokens, each for the client that has it."""

    def __init__(self, sessions: Sessions, tokens: AccessTokens) -> None:
        self._sessions = sessions
        self._tokens = tokens

    async def introspect(self, client: OAuthClient, form: Parameters) -> Json:
        """Describe a token of *client*; any other is inactive."""
        token = form.required("token")
        if client.kind == "public":
            raise unauthorized_client()  # anybody could go fishing (RFC 7662, 4)
        if token.startswith("v1."):
            return await self._refresh_token(client, token)
        caller = await self._caller(token)
        if caller is None or caller.client != client.id:
            return _INACTIVE
        if not caller.is_client and not await self._sessions.is_open(caller.scope):
            return _INACTIVE
        return self._described(caller)

    async def revoke(self, client: OAuthClient, form: Parameters) -> None:
        """End the session of a token; an invalid token is ignored."""
        token = form.required("token")
        scope = await self._owner(client, token)
        if scope is not None:
            await self._sessions.endings.end(scope, scope.session)

    async def _owner(self, client: OAuthClient, token: str) -> Scope | None:
        if token.startswith("v1."):
            session = await self._session_of(token)
            holder = "" if session is None else session[0].client
            scope = None if session is None else _scope(session[0])
        else:
            caller = await self._caller(token)
            holder = "" if caller is None else caller.client
            if caller is not None and caller.is_client:
                raise OAuthError("unsupported_token_type", "It ends by itself, within minutes.")
            scope = None if caller is None else caller.scope
        if scope is not None and holder != client.id:
            raise invalid_grant("This token was given to another client.")
        return scope

    async def _refresh_token(self, client: OAuthClient, token: str) -> Json:
        session_and_generation = await self._session_of(token)
        if session_and_generation is None or session_and_generation[0].client != client.id:
            return _INACTIVE
        session, generation = session_and_generation
        if not await self._sessions.is_exchangeable(session, generation):
            return _INACTIVE
        return {
            "active": True,
            "client_id": session.client,
            "sub": session.owner,
            "scope": " ".join(session.permissions or ()),
            "exp": int(session.expires_at.timestamp()),
            "iss": self._tokens.issuer,
        }

    async def _session_of(self, token: str) -> tuple[Session, int] | None:
        try:
            return await self._sessions.find(token)
        except (Unauthenticated, NotFound):
            return None

    async def _caller(self, token: str) -> Caller | None:
        await self._tokens.load_key_of(token)
        try:
            return self._tokens.read(token)
        except Unauthenticated:
            return None

    def _described(self, caller: Caller) -> Json:
        shown: Json = {
            "active": True,
            "client_id": caller.client,
            "sub": caller.scope.user,
            "scope": " ".join(sorted(caller.permissions | caller.identity)),
            "exp": int(caller.expires_at.timestamp()),
            "iss": self._tokens.issuer,
            "aud": [self._tokens.issuer + AUDIENCES[name] for name in sorted(caller.audiences)],
            "token_type": "DPoP" if caller.key else "Bearer",
        }
        return shown | ({"cnf": {"jkt": caller.key}} if caller.key else {})


def _scope(session: Session) -> Scope:
    return Scope(user=session.owner, session=session.id, device=session.device)
