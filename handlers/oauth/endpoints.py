"""The endpoints that clients call."""

from typing import Final

from tornado.web import HTTPError

from handlers import proof
from handlers.oauth.base import Endpoint
from upcoach.services.oauth.errors import OAuthError

KEYS_AGE_S: Final = 300
METADATA_AGE_S: Final = 3_600


class Token(Endpoint):
    """`POST /oauth/token`."""

    shared = True

    async def post(self) -> None:
        """Give tokens."""
        self.answer(await self.oauth.token(self.ask()))


class Push(Endpoint):
    """`POST /oauth/par`."""

    async def post(self) -> None:
        """Keep an authorization request."""
        self.answer(await self.oauth.push(self.ask()), 201)


class Revoke(Endpoint):
    """`POST /oauth/revoke`."""

    async def post(self) -> None:
        """Take a token back."""
        await self.oauth.revoke(self.ask())
        self.set_status(200)


class Introspect(Endpoint):
    """`POST /oauth/introspect`."""

    async def post(self) -> None:
        """Say what a token is."""
        self.answer(await self.oauth.introspect(self.ask()))


class UserInfo(Endpoint):
    """`GET` and `POST /oauth/userinfo`."""

    shared = True

    async def get(self) -> None:
        """Say who the holder of the token is."""
        self.answer(await self.oauth.userinfo.of(await self.identify()))

    post = get

    def challenge(self, failure: OAuthError) -> str:
        """See `Endpoint.challenge` (RFC 6750, 3)."""
        scheme = "DPoP" if proof.scheme_of(self.request)[0] == proof.DPOP else "Bearer"
        return f'{scheme} error="{failure.error}"'


class Jwks(Endpoint):
    """`GET /oauth/jwks`."""

    shared = True

    def get(self) -> None:
        """Show the public keys."""
        self.set_header("Cache-Control", f"public, max-age={KEYS_AGE_S}")
        self.answer(self.oauth.jwks())

    head = get


class Metadata(Endpoint):
    """What this server can do, under the names of both standards."""

    shared = True

    def get(self) -> None:
        """Show it."""
        if self.request.query:
            raise HTTPError(400)
        self.set_header("Cache-Control", f"public, max-age={METADATA_AGE_S}")
        self.answer(self.oauth.metadata())

    head = get
