"""A provider that was taken over harms nobody who does not come by way of it."""

import base64
from pathlib import Path
from typing import Any, Final

import pytest

from models.base.merge_patch import Json
from tests.account.federation.providers import come, federated, let_in
from tests.account.federation.visiting import START, visiting
from tests.support.engines import TestEngines
from upcoach.services.base.jwt_signatures import BadSignature, public_key

# Where no browser is to be sent with what we know of it.
ELSEWHERE: Final = (
    "javascript:alert(1)",
    "data:text/html,<script>alert(1)</script>",
    "https://idp.example/\r\nSet-Cookie: __Host-sid=stolen",
    "https://idp.example/\x00",
    "http://idp.example/authorize",
    "https://user:password@idp.example/authorize",
    "https://idp.example:22/authorize",
    "//idp.example/authorize",
    "/authorize",
    "https://[::1",
    "https://idp.example/#",
    "",
)
METADATA: Final[dict[str, Any]] = {
    "authorization_endpoint": ["https://idp.example"],
    "token_endpoint": None,
    "jwks_uri": {"deep": [[[[]]]]},
    "issuer": 5,
    "token_endpoint_auth_methods_supported": "none",
}


async def test_no_browser_is_sent_where_none_can_log_in(
    engines: TestEngines, tmp_path: Path
) -> None:
    async with visiting(engines, tmp_path) as (one, provider):
        for url in ELSEWHERE:
            provider.metadata = {"authorization_endpoint": url}
            answer = await one.browser.get(START)
            assert (answer.status, answer.headers.get("location")) == (503, None), url
            assert "stolen" not in str(answer.headers), url


@pytest.mark.parametrize("name", METADATA)
async def test_metadata_of_another_shape_is_no_answer(
    engines: TestEngines, tmp_path: Path, name: str
) -> None:
    async with federated(engines, tmp_path) as (server, provider):
        provider.metadata = {name: METADATA[name]}
        refused = await come(server, provider)
        provider.metadata = {}
        let_in = await come(server, provider)

        assert (refused.status, refused.body["code"]) == (503, "provider_unavailable")
        assert let_in.status == 201


def number(bits: int) -> str:
    """An odd number of so many bits, as a JWK has it (RFC 7518, 2)."""
    raw = (1 << (bits - 1) | 1).to_bytes(bits // 8, "big")
    return base64.urlsafe_b64encode(raw).rstrip(b"=").decode()


FLAWS: Final[dict[str, Json]] = {
    "a modulus of 38 kB": {"n": number(300_000)},
    "a short modulus": {"n": number(1_024)},
    "a long exponent": {"e": number(2_040)},
    "an even exponent": {"e": "Ag"},
    "an exponent of one": {"e": "AQ"},
    "no modulus": {"n": ""},
    "a number": {"n": 5},
    "a list": {"n": ["AQ"]},
    "beyond ASCII": {"n": "\u00e4" * 342},
    "a private key": {"d": "AQAB"},
    "another kind": {"kty": "oct", "k": "AQAB"},
    "a list of kinds": {"kty": ["RSA"]},
    "for something else": {"use": "enc"},
    "of uses that are none": {"key_ops": 5},
    "another algorithm": {"alg": ["RS256"]},
}


async def test_keys_that_are_none_verify_nothing(engines: TestEngines, tmp_path: Path) -> None:
    async with federated(engines, tmp_path) as (server, provider):
        discovery = server.node.services.account.federation._discoveries["google"]
        found = {}
        for what, flaw in FLAWS.items():
            provider.keys = [7, None, [], provider.jwk(**flaw)]
            if "modulus" in what:
                with pytest.raises(BadSignature):
                    public_key(provider.keys[-1], "RS256")
            discovery._keys = []
            answer = await come(server, provider)
            found[what] = (answer.status, answer.body["code"])
        provider.keys = [provider.jwk(kid=f"other-{number}") for number in range(100)]
        provider.keys.append(provider.jwk())
        discovery._keys = []
        let_in = await come(server, provider)

        assert found == dict.fromkeys(FLAWS, (401, "id_token_invalid"))
        assert let_in.status == 201


# What nobody could have typed is no address, no name and no subject.
SAID: Final[dict[str, Json]] = {
    "a zero in the address": {"email": "ann\x00@gmail.test"},
    "a control in the address": {"email": "ann\x1b[2J@gmail.test"},
    "lines in the address": {"email": "ann@gmail.test\r\nBcc: all@example.org"},
    "two addresses": {"email": "ann@gmail.test,eve@evil.example"},
    "an address in brackets": {"email": "<ann@gmail.test>"},
    "a long domain": {"email": "ann@" + "x" * 200 + ".test"},
    "a name beside the address": {"email": '"Ann"@gmail.test'},
    "a mark of a direction in the address": {"email": "ann\u202e@gmail.test"},
}
NAMES: Final = ("Ann\x1b[2J", "Ann\x00", "Ann\u2028Eve", "\x07", "  ", "Ann\x85Eve", "x" * 5_000)


@pytest.mark.parametrize("what", SAID)
async def test_no_account_has_an_address_that_nobody_can_type(
    engines: TestEngines, tmp_path: Path, what: str
) -> None:
    async with federated(engines, tmp_path) as (server, provider):
        answer = await come(server, provider, **SAID[what])

        assert answer.status in (400, 403, 422), answer
        assert await server.node.database["users"].count_documents({}) == 0


async def test_a_name_that_nobody_can_type_is_none(engines: TestEngines, tmp_path: Path) -> None:
    async with federated(engines, tmp_path) as (server, provider):
        found = []
        for number, name in enumerate(NAMES):
            email = f"p{number}@gmail.test"
            provider.says = {"name": name}
            person = await let_in(server, provider, sub=email, email=email)
            found.append((await person.call("GET", "/v1/me")).body["name"])

        assert found == ["p0", "p1", "Ann Eve", "p3", "p4", "Ann Eve", "x" * 100]
