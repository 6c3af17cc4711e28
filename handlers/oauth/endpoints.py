"""The endpoints that clients call."""

from typing import Final

from tornado.web import HTTPError

from handlers.http import token_auth
from handlers.http.operations import Call
from handlers.oauth.base.endpoint import OAuthEndpoint
from handlers.oauth.client_operations import (
    GIVE_TOKENS,
    INTROSPECT,
    PUSH,
    REFRESH_TOKENS,
    REVOKE_TOKEN,
    TELL_USER,
)
from upcoach.services.base.oauth_errors import OAuthError
from upcoach.services.oauth import resource_metadata, resource_metadata_path

KEYS_AGE_S: Final = 300
METADATA_AGE_S: Final = 3_600
REFRESH: Final = "refresh_token"


class TokenEndpoint(OAuthEndpoint):
    """`POST /oauth/token`."""

    any_origin = True

    async def post(self) -> None:
        """Issue tokens."""
        ask = self.client_request()
        grant = ask.form["grant_type"]
        operation = REFRESH_TOKENS if grant == REFRESH else GIVE_TOKENS
        self.answer((await self.run_for_client(operation, ask, grant=grant)).body)


class PushedAuthorizationEndpoint(OAuthEndpoint):
    """`POST /oauth/par`."""

    async def post(self) -> None:
        """Store a pushed authorization request."""
        reply = await self.run_for_client(PUSH, self.client_request())
        self.answer(reply.body, reply.status)


class RevocationEndpoint(OAuthEndpoint):
    """`POST /oauth/revoke`."""

    any_origin = True  # a page that logs out

    async def post(self) -> None:
        """Revoke a token."""
        await self.run_for_client(REVOKE_TOKEN, self.client_request())
        self.set_status(200)


class IntrospectionEndpoint(OAuthEndpoint):
    """`POST /oauth/introspect`."""

    async def post(self) -> None:
        """Introspect a token."""
        self.answer((await self.run_for_client(INTROSPECT, self.client_request())).body)


class UserInfoEndpoint(OAuthEndpoint):
    """`GET` and `POST /oauth/userinfo`."""

    limit = TELL_USER.limit
    any_origin = True

    async def get(self) -> None:
        """Answer with the claims of the user whose token it is."""
        call = Call(caller=await self.identify(), names={}, origin=self.origin)
        self.answer((await self.run(TELL_USER, call)).body)

    post = get

    def challenge(self, failure: OAuthError) -> str:
        """See `OAuthEndpoint.challenge` (RFC 6750, 3)."""
        scheme = "DPoP" if token_auth.scheme_of(self.request)[0] == token_auth.DPOP else "Bearer"
        return f'{scheme} error="{failure.error}"'


class JwksEndpoint(OAuthEndpoint):
    """`GET /oauth/jwks`."""

    any_origin = True
    limit = "public"

    def get(self) -> None:
        """Show the public keys."""
        self.set_header("Cache-Control", f"public, max-age={KEYS_AGE_S}")
        self.answer(self.oauth.jwks())

    head = get


class ResourceMetadataEndpoint(OAuthEndpoint):
    """The metadata of a protected resource (RFC 9728)."""

    any_origin = True
    limit = "public"

    def get(self) -> None:
        """Answer with the metadata."""
        path = self.request.path.removeprefix(resource_metadata_path(""))
        self.set_header("Cache-Control", f"public, max-age={METADATA_AGE_S}")
        self.answer(resource_metadata(self.oauth.issuer, path))

    head = get


class MetadataEndpoint(OAuthEndpoint):
    """The metadata of the server (RFC 8414, OpenID Connect Discovery)."""

    any_origin = True
    limit = "public"

    def get(self) -> None:
        """Answer with the metadata."""
        if self.request.query:
            raise HTTPError(400)
        self.set_header("Cache-Control", f"public, max-age={METADATA_AGE_S}")
        self.answer(self.oauth.metadata())

    head = get
