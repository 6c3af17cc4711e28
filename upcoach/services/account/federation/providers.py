"""The configured OpenID providers.

All that is special about one is in its row; no code asks for a name.
"""

from collections.abc import Iterable, Mapping
from typing import Any, Final, Literal

import msgspec

from models.account.identity import ProviderName
from models.base.errors import Invalid
from models.base.validation import checked


class SigningKey(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """A key that signs client secrets, as Apple requires: team, id and PEM."""

    team: str
    id: str
    pem: str


class Provider(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """An OpenID provider.

    Attributes
    ----------
    issuer
        Its URL; what it offers is at `/.well-known/openid-configuration` below.
    other_issuers
        Other spellings that its ID tokens use.
    clients
        Our client ids there, for the web first, then for apps.
    secret, key
        How the first of them shows who it is.
    response_mode
        How a browser brings its answer.
    authority
        When the provider is the last word on whose an address is: for none, for those that it has
        verified, or only if they are in `domains` or the token names a domain that it hosts (`hd`).
    truth_as_text
        Whether it may write "true" for true.
    trusts_amr
        Whether its word that two factors were shown is taken.

    """

    name: ProviderName
    title: str
    issuer: str
    other_issuers: tuple[str, ...] = ()
    clients: tuple[str, ...]
    secret: str = ""
    key: SigningKey | None = None
    scopes: tuple[str, ...] = ("openid", "email", "profile")
    algorithms: tuple[Literal["RS256", "PS256", "ES256", "Ed25519"], ...] = ("RS256",)
    response_mode: Literal["query", "form_post"] = "query"
    authority: Literal["none", "verified", "hosted"] = "none"
    domains: tuple[str, ...] = ()
    truth_as_text: bool = False
    trusts_amr: bool = False

    @property
    def issuers(self) -> tuple[str, ...]:
        """Every spelling of the issuer."""
        return (self.issuer, *self.other_issuers)

    def __repr__(self) -> str:
        return f"Provider({self.name!r})"  # a secret is in it


# What is known of providers that most people have; an installation adds its client ids.
DEFAULTS: Final[dict[str, dict[str, Any]]] = {
    "google": {
        "title": "Google",
        "issuer": "https://accounts.google.com",
        "other_issuers": ["accounts.google.com"],
        "authority": "hosted",
        "domains": ["gmail.com", "googlemail.com"],
    },
    "apple": {
        "title": "Apple",
        "issuer": "https://appleid.apple.com",
        "scopes": ["openid", "email", "name"],
        "response_mode": "form_post",
        "authority": "verified",
        "truth_as_text": True,
    },
}


def providers_of(rows: Iterable[Mapping[str, Any]]) -> dict[str, Provider]:
    """The providers of a configuration by name, or `Invalid`.

    Examples
    --------
    >>> google = providers_of([{"name": "google", "clients": ["1.apps"]}])["google"]
    >>> google.title, google.issuer
    ('Google', 'https://accounts.google.com')

    """
    providers: dict[str, Provider] = {}
    for row in rows:
        defaults = DEFAULTS.get(str(row.get("name")), {})
        provider = checked({**defaults, **row}, Provider)
        if provider.name in providers:
            raise Invalid("provider_twice", f"The provider {provider.name} comes twice.")
        if not provider.clients:
            raise Invalid("provider_clients", f"The provider {provider.name} needs a client id.")
        providers[provider.name] = provider
    return providers
