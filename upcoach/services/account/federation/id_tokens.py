"""Validation of ID tokens (OpenID Connect Core, 3.1.3.7)."""

import datetime as dt
import hmac
from typing import Annotated, Final

import msgspec

from models.account.email_addresses import is_mailbox, normalised_email
from models.base.errors import Invalid, Unauthenticated
from models.base.fields import TypedName
from models.base.validation import checked
from upcoach.services.account.federation.discovery import Discovery
from upcoach.services.account.federation.providers import Provider
from upcoach.services.base.jwt_signatures import (
    LEEWAY,
    BadSignature,
    NumericDate,
    header_of,
    payload_of,
    read,
)

_LONGEST_NAME: Final = 100

Name = Annotated[str, msgspec.Meta(min_length=1, max_length=255)]  # of a user: Core, 2


class IdClaims(msgspec.Struct, frozen=True, kw_only=True):
    """The claims of an ID token that we use."""

    iss: str
    sub: Name
    aud: str | list[str]
    exp: NumericDate
    iat: NumericDate
    nbf: NumericDate | None = None
    azp: str | None = None
    nonce: str
    email: str | None = None
    email_verified: bool | str = False
    hd: str = ""
    name: str = ""
    amr: list[str] = []


class Subject(msgspec.Struct, frozen=True, kw_only=True):
    """A user at a provider.

    Attributes
    ----------
    email
        Their address, if the provider has verified it; empty otherwise.
    is_theirs
        Whether the provider is the last word on whose that address is.
    strong
        Whether they have shown two factors there, and that is taken here.

    """

    provider: str
    title: str
    issuer: str
    subject: str
    email: str = ""
    is_theirs: bool = False
    name: str = ""
    strong: bool = False


async def subject_of(
    token: str, provider: Provider, discovery: Discovery, nonce: str, now: dt.datetime
) -> Subject:
    """Validate *token*, requested with *nonce*; return its subject, or `Unauthenticated`."""
    try:
        claims = await _signed(token, provider, discovery)
    except BadSignature:
        raise id_token_invalid() from None
    is_ours = (
        claims.iss in provider.issuers
        and _is_for(claims, provider.clients)
        and _is_now(claims, now)
        and hmac.compare_digest(claims.nonce.encode(), nonce.encode())
    )
    if not is_ours:
        raise id_token_invalid()
    return _subject(claims, provider)


async def _signed(token: str, provider: Provider, discovery: Discovery) -> IdClaims:
    """Verify the signature of *token* with a key of the provider; return its claims."""
    header = header_of(token)
    alg, key_id = header.get("alg"), header.get("kid")
    kind = header.get("typ", "JWT")
    if alg not in provider.algorithms or not isinstance(key_id, str) or "crit" in header:
        raise BadSignature
    if not isinstance(kind, str) or kind.upper() != "JWT":  # another kind of token
        raise BadSignature
    key = await discovery.key(key_id, alg)
    claims: IdClaims = read(payload_of(token, key, alg), IdClaims)
    return claims


def _is_for(claims: IdClaims, clients: tuple[str, ...]) -> bool:
    """Whether every audience of the token is one of our clients."""
    audience = [claims.aud] if isinstance(claims.aud, str) else claims.aud
    if not audience or not set(audience) <= set(clients):
        return False
    if claims.azp is None:
        return len(audience) == 1
    return claims.azp in clients


def _is_now(claims: IdClaims, now: dt.datetime) -> bool:
    at, leeway = now.timestamp(), LEEWAY.total_seconds()
    begins = max(claims.iat, claims.nbf or 0)
    return begins - leeway <= at < claims.exp + leeway


def _subject(claims: IdClaims, provider: Provider) -> Subject:
    email = claims.email or ""
    verified = claims.email_verified is True or (
        provider.truth_as_text and claims.email_verified == "true"
    )
    if not verified or not is_mailbox(email):
        email = ""
    return Subject(
        provider=provider.name,
        title=provider.title,
        issuer=provider.issuer,  # one, however the token spells it
        subject=claims.sub,
        email=email,
        is_theirs=bool(email) and _has_the_last_word(provider, email, claims.hd),
        name=typed_name(claims.name),
        strong=provider.trusts_amr and "mfa" in claims.amr,
    )


def typed_name(text: str) -> str:
    """*text* on one line, cut to what a name may have; empty if people could not have typed it."""
    try:
        return checked(" ".join(text.split())[:_LONGEST_NAME], TypedName)
    except Invalid:
        return ""


def _has_the_last_word(provider: Provider, email: str, hosted: str) -> bool:
    domain = _domain_of(email)
    match provider.authority:
        case "verified":
            return True
        case "hosted":
            hosts = (hosted, *provider.domains)
            return domain in {_domain_of(f"@{host}") for host in hosts if host}
        case _:
            return False


def _domain_of(email: str) -> str:
    return normalised_email(email).rpartition("@")[2]


def id_token_invalid() -> Unauthenticated:
    """The refusal of an ID token; why, is not said."""
    return Unauthenticated("id_token_invalid", "This ID token is not valid. Log in again.")
