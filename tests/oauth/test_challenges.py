"""What a refusal says of how to come back, and where the resources describe themselves."""

import re
from typing import Final

import pytest

from handlers.http.challenges import ERRORS, challenge
from models.base.errors import Refusal
from tests.support.engines import TestEngines
from tests.support.wire.relying import ISSUER, DpopSigner, party, settings_of
from upcoach.services.account import AUDIENCES, step_up_required

WELL_KNOWN: Final = "/.well-known/oauth-protected-resource"
ABOUT: Final = {"resource_metadata": f"{ISSUER}{WELL_KNOWN}/v1"}
_PARAMETER: Final = re.compile(r'([a-z_]+)="([^"\\]*)"(?:, |\Z)')


def _read(header: str) -> tuple[str, dict[str, str]]:
    """The scheme and the parameters of a challenge, by the grammar of RFC 9110, 11.2."""
    scheme, _, rest = header.partition(" ")
    parameters, place = {}, 0
    while place < len(rest):
        match = _PARAMETER.match(rest, place)
        assert match is not None, header
        assert match[1] not in parameters, header
        parameters[match[1]] = match[2]
        place = match.end()
    return scheme, parameters


@pytest.mark.parametrize("code", [*ERRORS, "token_missing", "credentials_wrong"])
@pytest.mark.parametrize("detail", ["No.", 'He said "no" \\ and left\r\nX: y', "ü"])
@pytest.mark.parametrize("path", ["/v1/goals", "/v1", "/v1/live", "/v1/livestock", "/v1/admin/x"])
def test_every_refusal_is_a_challenge_that_can_be_read(code: str, detail: str, path: str) -> None:
    scheme, parameters = _read(challenge(ISSUER, path, "Bearer", Refusal(code, detail)))

    assert (scheme, parameters.get("error")) == ("Bearer", ERRORS.get(code))
    resource = {"/v1/live": "/v1/live", "/v1/admin/x": "/v1/admin"}.get(path, "/v1")
    assert parameters["resource_metadata"] == f"{ISSUER}{WELL_KNOWN}{resource}"


async def test_whoever_is_refused_is_told_why_and_where_to_go(engines: TestEngines) -> None:
    async with party(settings_of(engines)) as one:
        tokens = await one.tokens(scope="openid goals:read")
        signer = DpopSigner()
        bearer = {"Authorization": f"Bearer {tokens['access_token']}"}
        asked = {
            "nothing": ({}, "GET", 401),
            "another scheme": ({"Authorization": "Basic eDp5"}, "GET", 401),
            "no token": ({"Authorization": "Bearer x.y.z"}, "GET", 401),
            "too little": (bearer, "POST", 403),
            "a proof of no token": (
                {"Authorization": "DPoP x.y.z", "DPoP": signer.proof("GET", "/v1/goals", "x.y.z")},
                "GET",
                401,
            ),
        }
        told = {}
        for name, (headers, method, status) in asked.items():
            body = {"title": "Run"} if method == "POST" else None
            answer = await one.server.client().call(method, "/v1/goals", body, headers=headers)
            assert answer.status == status, (name, answer)
            told[name] = _read(answer.headers["www-authenticate"])
        found = {
            name: {key: text for key, text in parameters.items() if key != "error_description"}
            for name, (_, parameters) in told.items()
        }

        assert {scheme for scheme, _ in told.values()} == {"Bearer", "DPoP"}
        assert found == {
            "nothing": ABOUT,
            "another scheme": ABOUT,
            "no token": ABOUT | {"error": "invalid_token"},
            "too little": ABOUT | {"error": "insufficient_scope", "scope": "goals:write"},
            "a proof of no token": ABOUT | {"error": "invalid_token", "algs": "ES256 Ed25519"},
        }


def test_a_factor_that_is_asked_for_again_is_told_so() -> None:
    _, parameters = _read(challenge(ISSUER, "/v1/auth/sessions", "Bearer", step_up_required(2)))

    assert parameters["error"] == "insufficient_user_authentication"
    assert parameters["acr_values"] == "2"
    assert int(parameters["max_age"]) > 0


async def test_each_resource_describes_itself(engines: TestEngines) -> None:
    async with party(settings_of(engines)) as one:
        server = (await one.browser.get("/.well-known/oauth-authorization-server")).body
        for path in AUDIENCES.values():
            answer = await one.browser.get(WELL_KNOWN + path)

            assert answer.status == 200
            assert answer.headers["access-control-allow-origin"] == "*"
            # RFC 9728, 3.3: what it says of itself is what it was asked by.
            assert answer.body["resource"] == ISSUER + path
            assert answer.body["authorization_servers"] == [server["issuer"]]
            assert answer.body["scopes_supported"] == server["scopes_supported"]
            assert answer.body["jwks_uri"] == server["jwks_uri"]
            assert answer.body["bearer_methods_supported"] == ["header"]
