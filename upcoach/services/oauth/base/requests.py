"""Authorization requests and their validation (RFC 6749, 4.1.1)."""

import re
from typing import Final

import msgspec

from models.oauth.client import OAuthClient
from upcoach.services.account import AccessTokens
from upcoach.services.base.oauth_errors import OAuthError, invalid_request
from upcoach.services.base.request_parameters import Parameters
from upcoach.services.oauth.base.resource_indicators import asked_audiences, asked_scopes

PROMPTS: Final = frozenset({"none", "login", "consent", "select_account"})
ACRS: Final = ("1", "2")

_CHALLENGE: Final = re.compile(r"[A-Za-z0-9_-]{43}")  # SHA-256 in base64url
_YEARS: Final = 10**9  # seconds


class AuthorizationRequest(msgspec.Struct, frozen=True, kw_only=True):
    """A valid authorization request.

    Attributes
    ----------
    acr
        How strongly the user must have shown who they are.
    user
        Who it must be, as an ID token says that the client had before.
    key
        The thumbprint of the key to which the code is bound (RFC 9449, 10).

    """

    client: str
    redirect: str
    challenge: str
    scopes: tuple[str, ...]
    audiences: tuple[str, ...]
    state: str = ""
    nonce: str = ""
    prompts: tuple[str, ...] = ()
    max_age: int | None = None
    acr: int = 0
    login_hint: str = ""
    user: str = ""
    key: str = ""


def read_request(
    form: Parameters, client: OAuthClient, redirect: str, tokens: AccessTokens
) -> AuthorizationRequest:
    """Parse and validate a request of *client*, or raise `OAuthError`."""
    if "request" in form:
        raise OAuthError("request_not_supported", "Push the request instead (RFC 9126).")
    if form.required("response_type") != "code":
        raise OAuthError("unsupported_response_type", "There are codes only.")
    if form["response_mode"] not in ("", "query"):
        raise invalid_request("The answer comes in the query only.")
    return AuthorizationRequest(
        client=client.id,
        redirect=redirect,
        challenge=_challenge(form),
        scopes=asked_scopes(form, client),
        audiences=asked_audiences(form, tokens.issuer, client.audiences),
        state=form.short("state"),
        nonce=form.short("nonce"),
        prompts=_prompts(form),
        max_age=_max_age(form),
        acr=_acr(form),
        login_hint=form.short("login_hint")[:254],
        user=_hinted(form, client, tokens),
        key=_key(form),
    )


def _challenge(form: Parameters) -> str:
    challenge = form.required("code_challenge")
    if form["code_challenge_method"] != "S256" or _CHALLENGE.fullmatch(challenge) is None:
        raise invalid_request("The code challenge is made by S256 (RFC 7636).")
    return challenge


def _prompts(form: Parameters) -> tuple[str, ...]:
    prompts = form.words("prompt")
    if not set(prompts) <= PROMPTS or ("none" in prompts and len(prompts) > 1):
        raise invalid_request("There is no such prompt, or none stands beside others.")
    return prompts


def _max_age(form: Parameters) -> int | None:
    text = form["max_age"]
    if not text:
        return None
    if not (text.isascii() and text.isdigit() and len(text) < len(str(_YEARS))):
        raise invalid_request("The greatest age is a number of seconds.")
    return int(text)


def _acr(form: Parameters) -> int:
    """The least of the known values that would do; unknown ones are ignored."""
    return min((int(name) for name in form.words("acr_values") if name in ACRS), default=0)


def _hinted(form: Parameters, client: OAuthClient, tokens: AccessTokens) -> str:
    if "id_token_hint" not in form:
        return ""
    claims = tokens.read_id_token(form["id_token_hint"])
    if claims is None or claims.get("aud") != client.id:
        raise invalid_request("The hint is no ID token that this client was given.")
    return str(claims["sub"])


def _key(form: Parameters) -> str:
    key = form["dpop_jkt"]
    if key and _CHALLENGE.fullmatch(key) is None:
        raise invalid_request("dpop_jkt is the SHA-256 thumbprint of a key (RFC 9449, 10).")
    return key
