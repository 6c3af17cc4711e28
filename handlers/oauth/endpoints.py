"""The endpoints that clients call."""

from typing import Final

import msgspec
from tornado.web import HTTPError

from handlers.http import token_auth
from handlers.oauth.base.endpoint import OAuthEndpoint, claimed_client
from models.audit import Act
from upcoach.services.base.oauth_errors import OAuthError

KEYS_AGE_S: Final = 300
METADATA_AGE_S: Final = 3_600
REFRESH: Final = "refresh_token"


class TokenEndpoint(OAuthEndpoint):
    """`POST /oauth/token`."""

    shared = True

    async def post(self) -> None:
        """Give tokens."""
        ask = await self.asked_by_client()
        grant = ask.form["grant_type"]
        act = Act(action="token.given", kind="client", user=claimed_client(ask), target=grant)
        if grant == REFRESH:
            act = msgspec.structs.replace(act, action="token.refreshed")
        self.answer(await self.noted(act, self.of_client(ask, self.oauth.token(ask))))


class PushedAuthorizationEndpoint(OAuthEndpoint):
    """`POST /oauth/par`."""

    async def post(self) -> None:
        """Keep an authorization request."""
        ask = await self.asked_by_client()
        self.answer(await self.of_client(ask, self.oauth.push(ask)), 201)


class RevocationEndpoint(OAuthEndpoint):
    """`POST /oauth/revoke`."""

    async def post(self) -> None:
        """Take a token back."""
        ask = await self.asked_by_client()
        act = Act(action="token.revoked", kind="client", user=claimed_client(ask))
        await self.noted(act, self.of_client(ask, self.oauth.revoke(ask)))
        self.set_status(200)


class IntrospectionEndpoint(OAuthEndpoint):
    """`POST /oauth/introspect`."""

    async def post(self) -> None:
        """Say what a token is."""
        ask = await self.asked_by_client()
        self.answer(await self.of_client(ask, self.oauth.introspect(ask)))


class UserInfoEndpoint(OAuthEndpoint):
    """`GET` and `POST /oauth/userinfo`."""

    limit = "authorize"
    shared = True

    async def get(self) -> None:
        """Say who the holder of the token is."""
        self.answer(await self.oauth.userinfo.of(await self.identify()))

    post = get

    def challenge(self, failure: OAuthError) -> str:
        """See `OAuthEndpoint.challenge` (RFC 6750, 3)."""
        scheme = "DPoP" if token_auth.scheme_of(self.request)[0] == token_auth.DPOP else "Bearer"
        return f'{scheme} error="{failure.error}"'


class JwksEndpoint(OAuthEndpoint):
    """`GET /oauth/jwks`."""

    shared = True

    def get(self) -> None:
        """Show the public keys."""
        self.set_header("Cache-Control", f"public, max-age={KEYS_AGE_S}")
        self.answer(self.oauth.jwks())

    head = get


class MetadataEndpoint(OAuthEndpoint):
    """What this server can do, under the names of both standards."""

    shared = True

    def get(self) -> None:
        """Show it."""
        if self.request.query:
            raise HTTPError(400)
        self.set_header("Cache-Control", f"public, max-age={METADATA_AGE_S}")
        self.answer(self.oauth.metadata())

    head = get
