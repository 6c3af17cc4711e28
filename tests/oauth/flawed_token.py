"""Token requests that are refused."""

import base64
from typing import Final

from tests.oauth.refusals import Bad
from tests.support.wire.relying import CHALLENGE, ISSUER, REDIRECT, VERIFIER

NOBODY: Final = "cli_01a20c66-99df-75bd-8f37-3328887fd981"
REQUEST, GRANT, TARGET = "invalid_request", "invalid_grant", "invalid_target"
CLIENT, PROOF, TYPE = "invalid_client", "invalid_dpop_proof", "unsupported_grant_type"
ASSERTION: Final = "urn:ietf:params:oauth:client-assertion-type:jwt-bearer"


def basic(name: str, secret: str) -> dict[str, str]:
    """The header of a client with a secret."""
    pair = base64.b64encode(f"{name}:{secret}".encode()).decode()
    return {"Authorization": f"Basic {pair}"}


# Each comes with a code that is right, and must leave nothing behind.
PUBLIC: Final[dict[str, Bad]] = {
    "no grant": Bad(REQUEST, {"grant_type": ""}),
    "an unknown grant": Bad(TYPE, {"grant_type": "authorization"}),
    "a password": Bad(TYPE, {"grant_type": "password"}),
    "implicit": Bad(TYPE, {"grant_type": "implicit"}),
    "a grant in upper case": Bad(TYPE, {"grant_type": "AUTHORIZATION_CODE"}),
    "a grant and a space": Bad(TYPE, {"grant_type": "authorization_code "}),
    "a grant beyond ASCII": Bad(TYPE, {"grant_type": "c\u00f6de"}),
    "a JWT as grant": Bad(TYPE, {"grant_type": "urn:ietf:params:oauth:grant-type:jwt-bearer"}),
    "an exchange with nobody": Bad(
        TYPE, {"grant_type": "urn:ietf:params:oauth:grant-type:token-exchange"}
    ),
    "no code": Bad(REQUEST, {"code": ""}),
    "another code": Bad(GRANT, {"code": "x" * 43}),
    "an operator as code": Bad(GRANT, {"code": '{"$gt": ""}'}),
    "a code beyond ASCII": Bad(GRANT, {"code": "\u00e4" * 43}),
    "no verifier": Bad(GRANT, {"code_verifier": ""}),
    "another verifier": Bad(GRANT, {"code_verifier": "x" * 43}),
    "a short verifier": Bad(GRANT, {"code_verifier": VERIFIER[:42]}),
    "a long verifier": Bad(GRANT, {"code_verifier": VERIFIER * 4}),
    "the challenge as verifier": Bad(GRANT, {"code_verifier": CHALLENGE}),
    "a verifier in lower case": Bad(GRANT, {"code_verifier": VERIFIER.lower()}),
    "a verifier and a space": Bad(GRANT, {"code_verifier": f"{VERIFIER} "}),
    "a verifier beyond ASCII": Bad(GRANT, {"code_verifier": "\u00e4" * 43}),
    "no redirect": Bad(GRANT, {"redirect_uri": ""}),
    "another redirect": Bad(GRANT, {"redirect_uri": "https://evil.example/cb"}),
    "another redirect of the client": Bad(GRANT, {"redirect_uri": "http://127.0.0.1/cb"}),
    "a redirect with a slash": Bad(GRANT, {"redirect_uri": f"{REDIRECT}/"}),
    "no client": Bad(CLIENT, {"client_id": ""}, status=401),
    "an unknown client": Bad(CLIENT, {"client_id": NOBODY}, status=401),
    "a user as client": Bad(CLIENT, {"client_id": NOBODY.replace("cli", "usr")}, status=401),
    "a secret of a public client": Bad(CLIENT, {"client_secret": "x"}, status=401),
    "a public client by Basic": Bad(CLIENT, {}, basic(NOBODY, ""), status=401),
    "another scheme": Bad(CLIENT, {}, {"Authorization": "Bearer x"}, status=401),
    "Basic without a pair": Bad(CLIENT, {}, {"Authorization": "Basic"}, status=401),
    "Basic that is no base64": Bad(CLIENT, {}, {"Authorization": "Basic !!!!"}, status=401),
    "Basic that is no UTF-8": Bad(CLIENT, {}, {"Authorization": "Basic //79/Q=="}, status=401),
    "Basic without a colon": Bad(CLIENT, {}, {"Authorization": "Basic YWJj"}, status=401),
    "two ways at once": Bad(REQUEST, {"client_secret": "x"}, basic(NOBODY, "x")),
    "more scopes": Bad("invalid_scope", {"scope": "openid habits:read"}),
    "an unknown resource": Bad(TARGET, {"resource": "https://api.example.org"}),
    "a resource that was not granted": Bad(TARGET, {"resource": f"{ISSUER}/v1/live"}),
    "a resource of operators": Bad(TARGET, {"resource": f"{ISSUER}/v1/admin"}),
    "a proof that is none": Bad(PROOF, {}, {"DPoP": "a.b.c"}),
    "an empty proof": Bad(PROOF, {}, {"DPoP": " "}),
    "two grants": Bad(REQUEST, twice="grant_type"),
    "two codes": Bad(REQUEST, twice="code"),
    "two verifiers": Bad(REQUEST, twice="code_verifier"),
    "two redirects": Bad(REQUEST, twice="redirect_uri"),
    "two clients": Bad(REQUEST, twice="client_id"),
    "JSON": Bad(REQUEST, {}, {"Content-Type": "application/json"}, b"{}"),
    "plain text": Bad(REQUEST, {}, {"Content-Type": "text/plain"}),
    "no media type": Bad(REQUEST, {}, {"Content-Type": ""}),
    "several parts": Bad(REQUEST, {}, {"Content-Type": "multipart/mixed; boundary=x"}, b"--x--"),
    "no body": Bad(REQUEST, raw=b""),
    "bytes": Bad(REQUEST, raw=b"\xff\xfe=\xff"),
    "no UTF-8": Bad(REQUEST, raw=b"grant_type=%ff"),
    "NUL": Bad(REQUEST, {"state": "\0"}),
    "a new line": Bad(GRANT, {"code": "a\nb"}),
    "9000 letters": Bad(REQUEST, {"code": "x" * 9_000}),
    "a hundred parameters": Bad(REQUEST, raw=b"&".join(b"x%d=1" % n for n in range(100))),
    "a body of 70 kB": Bad(REQUEST, raw=b"x=" + b"y" * 70_000, status=413),
    "a parameter in the URL": Bad(REQUEST, query="?client_secret=x"),
}

CONFIDENTIAL: Final[dict[str, Bad]] = {
    "no secret": Bad(CLIENT, {"client_secret": ""}, status=401),
    "another secret": Bad(CLIENT, {"client_secret": "x" * 43}, status=401),
    "a secret beyond ASCII": Bad(CLIENT, {"client_secret": "\u00e4"}, status=401),
    "an operator as secret": Bad(CLIENT, {"client_secret": '{"$ne": 1}'}, status=401),
    "Basic with another secret": Bad(CLIENT, {"client_secret": ""}, basic(NOBODY, "x"), status=401),
    "an assertion of a client with a secret": Bad(
        CLIENT,
        {
            "client_secret": "",
            "client_assertion": "a.b.c",
            "client_assertion_type": ASSERTION,
        },
        status=401,
    ),
    "a secret and an assertion": Bad(REQUEST, {"client_assertion": "a.b.c"}),
    "an unknown client with a secret": Bad(CLIENT, {"client_id": NOBODY}, status=401),
}

ALONE: Final[dict[str, Bad]] = {
    "no scope": Bad("invalid_scope", {"scope": ""}),
    "an unknown scope": Bad("invalid_scope", {"scope": "everything"}),
    "a scope of operators": Bad("invalid_scope", {"scope": "admin:users"}),
    "somebody's identity": Bad("invalid_scope", {"scope": "openid"}),
    "a session that lasts": Bad("invalid_scope", {"scope": "goals:read offline_access"}),
    "an unknown resource": Bad(TARGET, {"resource": "https://api.example.org"}),
    "another secret": Bad(CLIENT, {"client_secret": "x"}, status=401),
    "an unknown device": Bad(
        "expired_token",
        {"grant_type": "urn:ietf:params:oauth:grant-type:device_code", "device_code": "x"},
    ),
    "no device": Bad(REQUEST, {"grant_type": "urn:ietf:params:oauth:grant-type:device_code"}),
}
