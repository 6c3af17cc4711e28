"""Federated login and linking: the facade over providers, flows and identities."""

import datetime as dt
from collections.abc import Mapping
from typing import Final

import msgspec

from models.access.scope import Scope
from models.account import Identity, User
from models.account.identity import IdentityProof, NewIdentity
from models.account.session import SessionTerms
from models.base.clock import Clock
from models.base.errors import Conflict, Forbidden, Invalid, Unauthenticated
from upcoach.services.account.federation.authorization_flow import (
    AuthorizationFlows,
    PendingAuthorization,
    ProviderRedirect,
)
from upcoach.services.account.federation.discovery import Discovery
from upcoach.services.account.federation.id_tokens import Subject, id_token_invalid, subject_of
from upcoach.services.account.federation.linking import Linking
from upcoach.services.account.federation.providers import Provider
from upcoach.services.account.login.logins import Challenge, LoggedIn, Logins
from upcoach.services.account.sessions.sessions import Sessions
from upcoach.services.base.fetching import Fetch
from upcoach.services.base.oauth_errors import OAuthError
from upcoach.services.base.request_parameters import Parameters
from upcoach.store.secrets.one_time_tokens import OneTimeTokens
from upcoach.store.write.errors import not_found
from upcoach.store.write.outcomes import Outcome

NONCE_LIFE: Final = dt.timedelta(minutes=5)
_PURPOSE: Final = "nonce"


class Nonce(msgspec.Struct, frozen=True):
    """A nonce for an ID token, usable once, until *expires_at*.

    Attributes
    ----------
    nonce
        What to ask the provider's ID token for with.
    expires_at
        Until when it holds.

    """

    nonce: str
    expires_at: dt.datetime


class ProviderOffer(msgspec.Struct, frozen=True):
    """A provider that people can log in with."""

    name: str
    title: str


class FederatedArrival(msgspec.Struct, frozen=True):
    """A completed flow: it logs in *user*, or has *linked* the provider."""

    visit: PendingAuthorization
    user: User
    strong: bool
    linked: Outcome[Identity] | None = None


class Federation:
    """Logs in and links users by providers.

    Attributes
    ----------
    linking
        The accounts of identities.

    """

    def __init__(
        self,
        providers: Mapping[str, Provider],
        linking: Linking,
        logins: Logins,
        sessions: Sessions,
        once: OneTimeTokens,
        fetch: Fetch,
        issuer: str,
        clock: Clock,
    ) -> None:
        self._providers = providers
        self.linking = linking
        self._logins = logins
        self._sessions = sessions
        self._once = once
        self._clock = clock
        self._visits = AuthorizationFlows(once, fetch, issuer, clock)
        self._discoveries = {
            name: Discovery(provider, fetch, clock) for name, provider in providers.items()
        }

    @property
    def offers(self) -> tuple[ProviderOffer, ...]:
        """The providers of this installation."""
        return tuple(
            ProviderOffer(provider.name, provider.title) for provider in self._providers.values()
        )

    def get(self, name: str) -> Provider:
        """The provider *name*, or `NotFound`."""
        provider = self._providers.get(name)
        if provider is None:
            raise not_found()
        return provider

    async def nonce(self) -> Nonce:
        """A new nonce."""
        expires_at = self._clock() + NONCE_LIFE
        return Nonce(await self._once.keep(_PURPOSE, True, NONCE_LIFE), expires_at)

    async def log_in(self, name: str, proof: IdentityProof) -> LoggedIn | Challenge:
        """Log in with an ID token that an app got for our nonce."""
        subject = await self._subject(self.get(name), proof.id_token, proof.nonce)
        user = await self.linking.enter(subject, proof.name or "")
        terms = SessionTerms(device=proof.device, device_name=proof.device_name)
        return await self._logins.finish(user, shown_by(terms, strong=subject.strong))

    async def identify(self, subject_token: str, subject_issuer: str, nonce: str) -> str | None:
        """See `upcoach.services.oauth.grant_types.token_exchange.IdTokenVerifier`."""
        for provider in self._providers.values():
            if subject_issuer in (provider.name, *provider.issuers):
                return await self._identified(provider, subject_token, nonce)
        return None

    async def send(
        self, name: str, errand: dict[str, str], scope: Scope | None = None
    ) -> ProviderRedirect:
        """Send a browser to a provider: to log in, or to link it to the account of *scope*."""
        provider = self.get(name)
        return await self._visits.send(provider, self._discoveries[name], errand, scope)

    async def hold(self, answer: dict[str, str]) -> str:
        """See `AuthorizationFlows.hold`."""
        return await self._visits.hold(answer)

    async def held(self, name: str) -> list[tuple[str, str]]:
        """See `AuthorizationFlows.held`."""
        return [*(await self._visits.held(name)).items()]

    async def take_back(self, name: str, form: Parameters, secret: str) -> FederatedArrival:
        """Complete a flow: log in, or link the provider."""
        provider = self.get(name)
        back = await self._visits.take_back(provider, self._discoveries[name], form, secret)
        scope = back.visit.scope
        if scope is None:
            user = await self.linking.enter(back.subject, back.name)
            return FederatedArrival(back.visit, user, back.subject.strong)
        if not await self._sessions.is_open(scope):  # it ended while the browser was away
            raise id_token_invalid()
        linked = await self.linking.link(scope, back.subject)
        user = await self._logins.user(scope.user)
        return FederatedArrival(back.visit, user, back.subject.strong, linked)

    async def identities(
        self, scope: Scope, *, after: str = "", limit: int = 100
    ) -> list[Identity]:
        """The identities that are linked to the caller's account."""
        return await self.linking.page(scope, after=after, limit=limit)

    async def link(self, scope: Scope, wanted: NewIdentity) -> Outcome[Identity]:
        """Link an identity to the caller's account."""
        if wanted.link is not None:
            return await self.linking.link_offered(scope, wanted.link)
        if wanted.provider and wanted.id_token and wanted.nonce:
            provider = self.get(wanted.provider)
            subject = await self._subject(provider, wanted.id_token, wanted.nonce)
        else:
            raise Invalid("body_invalid", "Send link, or provider, id_token and nonce.")
        return await self.linking.link(scope, subject)

    async def unlink(self, scope: Scope, identity_id: str) -> Outcome[None]:
        """Unlink an identity from the caller's account."""
        titles = {name: provider.title for name, provider in self._providers.items()}
        return await self.linking.unlink(scope, identity_id, titles)

    async def _identified(self, provider: Provider, token: str, nonce: str) -> str | None:
        try:
            return (await self.linking.enter(await self._subject(provider, token, nonce))).id
        except Unauthenticated:
            return None
        except (Conflict, Forbidden) as refusal:  # in the words of OpenID Connect Core, 3.1.2.6
            raise OAuthError("interaction_required", refusal.detail, **refusal.extra) from None

    async def _subject(self, provider: Provider, token: str, nonce: str) -> Subject:
        if await self._once.take(_PURPOSE, nonce, bool) is None:
            raise id_token_invalid()
        return await subject_of(
            token, provider, self._discoveries[provider.name], nonce, self._clock()
        )


def shown_by(terms: SessionTerms, *, strong: bool) -> SessionTerms:
    """*terms* of whoever a provider speaks for, who has shown it two factors if *strong*."""
    acr, amr = (2, ("fed", "mfa")) if strong else (1, ("fed",))
    return msgspec.structs.replace(terms, acr=acr, amr=amr)
