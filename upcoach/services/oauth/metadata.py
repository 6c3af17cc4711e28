"""The authorization server's metadata (RFC 8414, OpenID Connect Discovery)."""

from collections.abc import Iterable

from models.base.merge_patch import Json
from models.contexts import SCOPES
from upcoach.services.account import ALGORITHMS as SIGNING
from upcoach.services.oauth.base import clients, dpop
from upcoach.services.oauth.base.requests import ACRS, PROMPTS

_AUTH = ["client_secret_basic", "client_secret_post", "private_key_jwt"]


def metadata(issuer: str, grants: Iterable[str]) -> Json:
    """The metadata document for both standards."""
    at = f"{issuer}/oauth"
    return {
        "issuer": issuer,
        "authorization_endpoint": f"{at}/authorize",
        "token_endpoint": f"{at}/token",
        "revocation_endpoint": f"{at}/revoke",
        "introspection_endpoint": f"{at}/introspect",
        "pushed_authorization_request_endpoint": f"{at}/par",
        "device_authorization_endpoint": f"{at}/device",
        "userinfo_endpoint": f"{at}/userinfo",
        "end_session_endpoint": f"{at}/logout",
        "jwks_uri": f"{at}/jwks",
        "scopes_supported": [*SCOPES],
        "response_types_supported": ["code"],
        "response_modes_supported": ["query"],
        "grant_types_supported": list(grants),
        "subject_types_supported": ["public"],
        "id_token_signing_alg_values_supported": list(SIGNING),
        "code_challenge_methods_supported": ["S256"],
        "dpop_signing_alg_values_supported": list(dpop.ALGORITHMS),
        "prompt_values_supported": sorted(PROMPTS),
        "acr_values_supported": list(ACRS),
        "claim_types_supported": ["normal"],
        "claims_supported": [
            *("iss", "sub", "aud", "exp", "iat", "auth_time", "nonce", "acr", "amr", "at_hash"),
            *("sid", "name", "zoneinfo", "locale", "email", "email_verified"),
        ],
        "authorization_response_iss_parameter_supported": True,
        "claims_parameter_supported": False,
        "request_parameter_supported": False,
        "request_uri_parameter_supported": False,
        **_authentication("token", ["none", *_AUTH]),
        **_authentication("revocation", ["none", *_AUTH]),
        **_authentication("introspection", _AUTH),
    }


def resource_metadata_path(resource: str) -> str:
    """Where a resource at the path *resource* describes itself (RFC 9728, 3.1).

    Examples
    --------
    >>> resource_metadata_path("/v1")
    '/.well-known/oauth-protected-resource/v1'

    """
    return f"/.well-known/oauth-protected-resource{resource}"


def resource_metadata(issuer: str, resource: str) -> Json:
    """The metadata of the protected resource at the path *resource* (RFC 9728, 2)."""
    return {
        "resource": issuer + resource,
        "resource_name": "UpCoach",
        "authorization_servers": [issuer],
        "jwks_uri": f"{issuer}/oauth/jwks",
        "scopes_supported": [*SCOPES],
        "bearer_methods_supported": ["header"],
        "dpop_signing_alg_values_supported": list(dpop.ALGORITHMS),
        "dpop_bound_access_tokens_required": False,
        "resource_documentation": f"{issuer}/docs",
    }


def _authentication(endpoint: str, methods: list[str]) -> Json:
    return {
        f"{endpoint}_endpoint_auth_methods_supported": methods,
        f"{endpoint}_endpoint_auth_signing_alg_values_supported": list(clients.ALGORITHMS),
    }
