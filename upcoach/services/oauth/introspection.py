"""Asking about a token (RFC 7662) and giving it back (RFC 7009), each by the client that has it."""

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
    """What becomes of tokens after they were given."""

    def __init__(self, sessions: Sessions, tokens: AccessTokens) -> None:
        self._sessions = sessions
        self._tokens = tokens

    async def introspect(self, client: OAuthClient, form: Parameters) -> Json:
        """What a token of *client* may be used for now; of any other, that it may not be used."""
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
        """End the session of a token; what is no token of ours has nothing to end."""
        token = form.required("token")
        scope = await self._owner(client, token)
        if scope is not None:
            await self._sessions.end(scope, scope.session)

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
        found = await self._session_of(token)
        if found is None or found[0].client != client.id:
            return _INACTIVE
        session, generation = found
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
