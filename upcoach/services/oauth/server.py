"""The authorization server: its endpoints, as functions of what a client sent."""

from collections.abc import Awaitable, Callable
from typing import Any, Final, Self

import msgspec

from models.base.clock import Clock
from models.base.merge_patch import Json
from models.base.periodic_jobs import PeriodicJob
from models.oauth.client import OAuthClient
from upcoach.services.account import AccessTokens, AccountServices, Logins, Sessions, SigningKeys
from upcoach.services.base.dependencies import Dependencies
from upcoach.services.base.oauth_errors import OAuthError
from upcoach.services.base.request_parameters import Parameters
from upcoach.services.oauth.authorization import Authorization
from upcoach.services.oauth.base.client_registry import ClientRegistry
from upcoach.services.oauth.base.clients import OAuthClients
from upcoach.services.oauth.base.dpop import DpopProofs
from upcoach.services.oauth.base.grants import Grants
from upcoach.services.oauth.base.token_issuing import Issuing
from upcoach.services.oauth.base.web_origins import WebOrigins
from upcoach.services.oauth.grant_types import token_exchange
from upcoach.services.oauth.grant_types.authorization_code import AuthorizationCodes
from upcoach.services.oauth.grant_types.client_credentials import ClientCredentials
from upcoach.services.oauth.grant_types.device_code import PATH as DEVICE_PATH
from upcoach.services.oauth.grant_types.device_code import DeviceGrant
from upcoach.services.oauth.grant_types.refresh_token import RefreshGrant
from upcoach.services.oauth.grant_types.token_exchange import IdTokenVerifier, TokenExchange
from upcoach.services.oauth.introspection import TokenIntrospection
from upcoach.services.oauth.logout import Logout
from upcoach.services.oauth.metadata import metadata
from upcoach.services.oauth.par import PushedRequests
from upcoach.services.oauth.userinfo import UserInfo
from upcoach.store.collections.documents import Documents
from upcoach.store.collections.oauth_clients import OAuthClientStore
from upcoach.store.secrets.one_time_tokens import OneTimeTokens

TOKEN: Final = "/oauth/token"  # noqa: S105 - a path
PAR: Final = "/oauth/par"
REVOKE: Final = "/oauth/revoke"
INTROSPECT: Final = "/oauth/introspect"

GiveTokens = Callable[[OAuthClient, Parameters, str], Awaitable[Json]]


class EndpointRequest(msgspec.Struct, frozen=True):
    """A request of a client: its form, and the two headers that matter."""

    form: Parameters
    authorization: str = ""
    proofs: tuple[str, ...] = ()


class OAuth:
    """The authorization server of this installation."""

    def __init__(
        self,
        *,
        clients: OAuthClients,
        web_origins: WebOrigins,
        registry: ClientRegistry,
        once: OneTimeTokens,
        documents: Documents,
        sessions: Sessions,
        logins: Logins,
        grants: Grants,
        tokens: AccessTokens,
        keys: SigningKeys,
        clock: Clock,
        key: bytes,
    ) -> None:
        issuer = tokens.issuer
        issuing = Issuing(sessions, tokens, clock)
        codes = AuthorizationCodes(once, issuing, sessions, clock)
        self.issuer = issuer
        self.once = once
        self.clients = clients
        self.web_origins = web_origins
        self.registry = registry
        self.grants = grants
        self.proofs = DpopProofs(issuer, once, clock)
        self.userinfo = UserInfo(documents)
        self.logout = Logout(clients, sessions, tokens)
        self._issuing = issuing
        self._logins = logins
        self._keys = keys
        self._pushed_requests = PushedRequests(once, tokens)
        self._introspection = TokenIntrospection(sessions, tokens)
        self.devices = DeviceGrant(once, clients, grants, issuing, issuer, key=key)
        self.authorization = Authorization(
            clients, self._pushed_requests, codes, grants, tokens, once, clock
        )
        self._grants: dict[str, GiveTokens] = {
            "authorization_code": codes.redeem,
            "refresh_token": RefreshGrant(issuing, sessions, issuer).refresh,
            "client_credentials": ClientCredentials(issuing, issuer).give,
            "urn:ietf:params:oauth:grant-type:device_code": self.devices.poll,
        }

    @classmethod
    def make(cls, dependencies: Dependencies, account: AccountServices) -> Self:
        """The server for the people who have accounts here."""
        documents, once, clock = dependencies.documents, dependencies.once, dependencies.clock
        sessions, tokens = account.sessions, account.tokens
        secret, store = dependencies.configuration.secret, OAuthClientStore(dependencies.database)
        grants = Grants(documents, dependencies.committer, sessions)
        server = cls(
            clients=OAuthClients(store, once, tokens.issuer, clock, key=secret),
            web_origins=WebOrigins(store, (tokens.issuer, *dependencies.configuration.web_origins)),
            once=once,
            documents=documents,
            sessions=sessions,
            logins=account.logins,
            registry=ClientRegistry(store, documents, grants, sessions),
            grants=grants,
            tokens=tokens,
            keys=account.keys,
            clock=clock,
            key=secret,
        )
        if account.federation.offers:
            server.federate(account.federation, clock)
        return server

    @property
    def periodic_jobs(self) -> tuple[PeriodicJob, ...]:
        """The periodic reload of the origins of browser apps."""
        return self.web_origins.periodic_jobs

    def federate(self, federation: IdTokenVerifier, clock: Clock) -> None:
        """Enable token exchange for the ID tokens that *federation* verifies."""
        exchange = TokenExchange(federation, self._logins, self._issuing, self.issuer, clock)
        self._grants[token_exchange.GRANT] = exchange.exchange

    async def token(self, ask: EndpointRequest) -> Json:
        """The token endpoint (RFC 6749, 3.2)."""
        give = self._grants.get(ask.form.required("grant_type"))
        if give is None:
            raise OAuthError("unsupported_grant_type", "There is no such grant here.")
        client = await self.clients.authenticated(ask.form, ask.authorization, TOKEN)
        key = await self.proofs.key(ask.proofs, "POST", TOKEN)
        return await give(client, ask.form, key)

    async def push(self, ask: EndpointRequest) -> Json:
        """The pushed authorization request endpoint (RFC 9126)."""
        client = await self.clients.authenticated(ask.form, ask.authorization, PAR)
        key = await self.proofs.key(ask.proofs, "POST", PAR)
        return await self._pushed_requests.push(client, ask.form, key)

    async def ask_device(self, ask: EndpointRequest) -> Json:
        """The device authorization endpoint (RFC 8628, 3.1)."""
        client = await self.clients.authenticated(ask.form, ask.authorization, DEVICE_PATH)
        return await self.devices.ask(client, ask.form)

    async def introspect(self, ask: EndpointRequest) -> Json:
        """The introspection endpoint (RFC 7662)."""
        client = await self.clients.authenticated(ask.form, ask.authorization, INTROSPECT)
        return await self._introspection.introspect(client, ask.form)

    async def revoke(self, ask: EndpointRequest) -> None:
        """The revocation endpoint (RFC 7009)."""
        client = await self.clients.authenticated(ask.form, ask.authorization, REVOKE)
        await self._introspection.revoke(client, ask.form)

    def metadata(self) -> Json:
        """The metadata document."""
        return metadata(self.issuer, self._grants)

    def jwks(self) -> dict[str, Any]:
        """The public keys of its tokens (JWKS)."""
        return self._keys.jwks()
