"""What `WWW-Authenticate` says of a refusal (RFC 6750, 3; RFC 9449, 7.1; RFC 9470, 3; RFC 9728, 5).

Whoever shows nothing is told where the server describes itself, and no error.
"""

import re
from typing import Final

from models.base.errors import Refusal
from upcoach.services.account import AUDIENCES
from upcoach.services.oauth import resource_metadata_path

ALGS: Final = "ES256 Ed25519"  # of proofs
# The errors of OAuth that the codes of our refusals stand for.
ERRORS: Final = {
    "token_invalid": "invalid_token",
    "session_ended": "invalid_token",
    "audience_wrong": "invalid_token",
    "proof_missing": "invalid_dpop_proof",
    "proof_invalid": "invalid_dpop_proof",
    "permission_missing": "insufficient_scope",
    "insufficient_user_authentication": "insufficient_user_authentication",
}
_DETAILS: Final = ("scope", "acr_values", "max_age")
_UNQUOTABLE: Final = re.compile(r"[^\x20\x21\x23-\x5b\x5d-\x7e]")  # RFC 6750, 3


def challenge(issuer: str, path: str, scheme: str, refusal: Refusal | None) -> str:
    r"""How to come back to *path* of *issuer* after a *refusal*, by the *scheme* that was tried.

    Examples
    --------
    >>> refusal = Refusal("permission_missing", "No.", extra={"scope": "goals:read"})
    >>> print(challenge("https://a.org", "/v1/goals", "Bearer", refusal).replace(", ", "\n"))
    Bearer error="insufficient_scope"
    error_description="No."
    scope="goals:read"
    resource_metadata="https://a.org/.well-known/oauth-protected-resource/v1"

    """
    error = ERRORS.get(refusal.code) if refusal is not None else None
    parameters: dict[str, str] = {}
    if refusal is not None and error is not None:
        parameters = {"error": error, "error_description": _quotable(refusal.detail)}
        parameters |= {
            name: _quotable(str(refusal.extra[name])) for name in _DETAILS if name in refusal.extra
        }
    if scheme == "DPoP":
        parameters["algs"] = ALGS
    parameters["resource_metadata"] = issuer + resource_metadata_path(_resource(path))
    return f"{scheme} " + ", ".join(f'{name}="{text}"' for name, text in parameters.items())


def _resource(path: str) -> str:
    """The path of the resource that *path* belongs to."""
    within = [base for base in AUDIENCES.values() if f"{path}/".startswith(f"{base}/")]
    return max(within, key=len, default=AUDIENCES["api"])


def _quotable(text: str) -> str:
    return _UNQUOTABLE.sub("", text)
