"""ID tokens that no provider has signed for us."""

import time
from collections.abc import Callable
from typing import Any, Final

from tests.support.server.provider import IOS, WEB, OpenIdProvider, apple_key, rsa

Forge = Callable[[OpenIdProvider, str], str]


def says(**claims: Any) -> Forge:
    """A token that is signed as it must be, and says *claims*."""
    return lambda provider, nonce: provider.token(**({"nonce": nonce} | claims))


def headed(header: Any, key: Any = None) -> Forge:
    """A token with another *header*."""
    return lambda provider, nonce: provider.token(header, key, nonce=nonce)


def in_seconds(seconds: int) -> int:
    return int(time.time()) + seconds


def tampered(provider: OpenIdProvider, nonce: str) -> str:
    head, _, signature = provider.token(nonce=nonce).split(".")
    return ".".join([head, provider.token(nonce=nonce, sub="other").split(".")[1], signature])


def unsigned(provider: OpenIdProvider, nonce: str) -> str:
    return ".".join([*provider.token(nonce=nonce).split(".")[:2], ""])


FORGED: Final[dict[str, Forge]] = {
    "another audience": says(aud="evil.example"),
    "no audience": says(aud=None),
    "an empty audience": says(aud=[]),
    "a list with another audience": says(aud=[WEB, "evil.example"], azp=WEB),
    "a list without an authorized party": says(aud=[WEB, IOS]),
    "another authorized party": says(azp="evil.example"),
    "a list and another authorized party": says(aud=[WEB, IOS], azp="evil.example"),
    "another issuer": says(iss="https://evil.example"),
    "an issuer with a slash": lambda provider, nonce: provider.token(
        nonce=nonce, iss=f"{provider.url}/"
    ),
    "no issuer": says(iss=None),
    "over": lambda provider, nonce: provider.token(nonce=nonce, exp=in_seconds(-31)),
    "no end": says(exp=None),
    "an end in words": says(exp="2030-01-01"),
    "begins later": lambda provider, nonce: provider.token(nonce=nonce, iat=in_seconds(60)),
    "no beginning": says(iat=None),
    "not before": lambda provider, nonce: provider.token(nonce=nonce, nbf=in_seconds(60)),
    "another nonce": says(nonce="x" * 43),
    "no nonce": says(nonce=None),
    "an empty nonce": says(nonce=""),
    "no subject": says(sub=None),
    "an empty subject": says(sub=""),
    "a subject that is a number": says(sub=1234567890),
    "a subject that is too long": says(sub="x" * 256),
    "another key": headed({}, rsa("other")),
    "another name of the key": headed({"kid": "k2"}),
    "no name of the key": headed({"kid": None}),
    "no algorithm": headed({"alg": "none"}),
    "the public key as a secret": lambda provider, nonce: provider.signed_with_public_key(
        nonce=nonce
    ),
    "another algorithm": headed({"alg": "RS512"}),
    "another curve": headed({"alg": "ES256"}, apple_key()),
    "a key in the token": lambda provider, nonce: provider.token(
        {"jwk": rsa("other").as_dict(private=False)}, rsa("other"), nonce=nonce
    ),
    "a place of a key in the token": lambda provider, nonce: provider.token(
        {"jku": "https://evil.example/jwks"}, rsa("other"), nonce=nonce
    ),
    "another type": headed({"typ": "at+jwt"}),
    "other claims": tampered,
    "no signature": unsigned,
    "two parts": lambda provider, nonce: provider.token(nonce=nonce).rpartition(".")[0],
    "no token": lambda _, nonce: nonce,
    "beyond ASCII": lambda provider, nonce: provider.token(nonce=nonce) + "\u00e4",
}
