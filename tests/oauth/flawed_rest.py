"""Pushed requests and proofs of possession that are refused."""

import time
from typing import Any, Final

from joserfc.jwk import ECKey, OKPKey

from tests.support.wire.relying import ISSUER

REQUEST, CLIENT, PROOF = "invalid_request", "invalid_client", "invalid_dpop_proof"
GOALS: Final = "/v1/goals"

PUSHED: Final[dict[str, tuple[str, dict[str, str]]]] = {
    "no client": (CLIENT, {"client_id": ""}),
    "an unknown client": (CLIENT, {"client_id": "cli_1"}),
    "no secret": (CLIENT, {"client_secret": ""}),
    "another secret": (CLIENT, {"client_secret": "x"}),
    "no redirect": (REQUEST, {"redirect_uri": ""}),
    "another redirect": (REQUEST, {"redirect_uri": "https://evil.example/cb"}),
    "a name of another": (REQUEST, {"request_uri": "urn:ietf:params:oauth:request_uri:x"}),
    "a request object": ("request_not_supported", {"request": "a.b.c"}),
    "an implicit token": ("unsupported_response_type", {"response_type": "token"}),
    "no challenge": (REQUEST, {"code_challenge": ""}),
    "plain": (REQUEST, {"code_challenge_method": "plain"}),
    "an unknown scope": ("invalid_scope", {"scope": "everything"}),
    "an unknown resource": ("invalid_target", {"resource": "https://api.example.org"}),
    "an unknown prompt": (REQUEST, {"prompt": "please"}),
    "a key that is none": (REQUEST, {"dpop_jkt": "short"}),
    "a nonce of 1025 letters": (REQUEST, {"nonce": "n" * 1_025}),
}


PROOFS: Final[dict[str, dict[str, Any]]] = {
    "another method": {"htm": "POST"},
    "a method in lower case": {"htm": "get"},
    "no method": {"htm": None},
    "another place": {"htu": f"{ISSUER}/v1/habits"},
    "another host": {"htu": f"https://evil.example{GOALS}"},
    "a path only": {"htu": GOALS},
    "no TLS": {"htu": f"http://auth.example.org{GOALS}"},
    "a path in upper case": {"htu": f"{ISSUER}/V1/GOALS"},
    "a place that is no URL": {"htu": "https://[::1"},
    "no place": {"htu": None},
    "a place in numbers": {"htu": 1},
    "too old": {"iat": int(time.time()) - 3_600},
    "of the future": {"iat": int(time.time()) + 3_600},
    "a time in words": {"iat": "now"},
    "no time": {"iat": None},
    "no number": {"jti": None},
    "a short number": {"jti": "1"},
    "a long number": {"jti": "x" * 300},
    "of another token": {"ath": "fUHyO2r2Z3DZ53EsNrWBb0xWXoaNy59IiKCAqksmQEo"},
    "of no token": {"ath": None},
    "another type": {"h_typ": "jwt"},
    "no type": {"h_typ": None},
    "no key": {"h_jwk": None},
    "a key in words": {"h_jwk": "key"},
    "a key without a kind": {"h_jwk": {}},
    "a secret key": {"h_jwk": {"kty": "oct", "k": "AAAA"}},
    "its private key": {"h_jwk": "private"},
    "the key of somebody else": {"h_jwk": ECKey.generate_key("P-256").as_dict(private=False)},
    "a key of another kind": {"h_jwk": OKPKey.generate_key("Ed25519").as_dict(private=False)},
    "a point that is none": {"h_jwk": {"kty": "EC", "crv": "P-256", "x": "AA", "y": "AA"}},
    "an unknown curve": {"h_jwk": {"kty": "EC", "crv": "P-1", "x": "AA", "y": "AA"}},
}
