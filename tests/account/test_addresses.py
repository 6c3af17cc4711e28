"""Which addresses are one: domains as IDNA 2008 has them, also in accounts of earlier builds."""

import hashlib
import hmac
import unicodedata
from typing import Final

import idna
import pytest
from hypothesis import assume, given
from hypothesis import strategies as st

from config.settings import Settings
from models.account.email_addresses import former_spellings, normalised_email
from tests.support.server import PASSWORD, Server, serving

SAME: Final = (
    ("Ada@Example.ORG", "ada@example.org"),
    ("ada@straße.example", "ada@xn--strae-oqa.example"),
    ("ada@STRAẞE.example", "ADA@XN--STRAE-OQA.EXAMPLE"),
    ("ada@münchen.example", "ada@xn--mnchen-3ya.example"),
    ("ada@mu\u0308nchen.example", "ada@MÜNCHEN.example"),
    ("ada@\uff45\uff58\uff41\uff4d\uff50\uff4c\uff45.org", "ada@example.org"),
    ("ada@例え。テスト", "ada@xn--r8jz45g.xn--zckzah"),
    ("ada@ΒΌΛΟΣ.example", "ada@βόλοσ.example"),
    ("ada@ma\u00adil.example", "ada@mail.example"),
    ("STRASSE@example.org", "straße@example.org"),  # no domain
)
OTHER: Final = (
    ("ada@straße.example", "ada@strasse.example"),
    ("ada@βόλος.example", "ada@βόλοσ.example"),
    ("ada@faß.de", "ada@fass.de"),
    ("ada@xn--fa-hia.de", "ada@fass.de"),
    ("ada@example.org", "ada@example.com"),
    ("a.da@example.org", "ada@example.org"),
    ("ada@xn--a.example", "ada@a.example"),
)
OLD: Final = "ada@straße.example"
LATE: Final = "ada@strasse.example"


@pytest.mark.parametrize(("one", "other"), SAME)
def test_two_spellings_of_one_address_are_one(one: str, other: str) -> None:
    assert normalised_email(one) == normalised_email(other)


@pytest.mark.parametrize(("one", "other"), OTHER)
def test_two_addresses_are_two(one: str, other: str) -> None:
    assert normalised_email(one) != normalised_email(other)


LETTERS: Final = "aßς\u03c3ΣZéÉüÜмЖ中あ\uff450-"


@given(st.lists(st.text(LETTERS, min_size=1, max_size=12), min_size=1, max_size=3))
def test_domains_are_one_exactly_where_another_library_says_so(labels: list[str]) -> None:
    domain = ".".join(labels)
    try:
        ascii_form = idna.encode(domain, uts46=True).decode()
    except idna.IDNAError:
        assume(False)
    unicode_form = idna.decode(ascii_form)

    expected = normalised_email(f"ada@{unicode_form}")
    assert normalised_email(f"ada@{domain}") == expected
    assert normalised_email(f"ada@{ascii_form}") == expected
    assert expected == f"ada@{unicode_form}"


@given(st.text(max_size=80))
def test_a_normalised_address_stays_as_it_is(email: str) -> None:
    assert normalised_email(normalised_email(email)) == normalised_email(email)


def _folded(email: str) -> str:
    """What earlier builds compared."""
    return unicodedata.normalize("NFKC", email).casefold()


@pytest.mark.parametrize("email", [one for pair in (*SAME, *OTHER) for one in pair])
def test_what_earlier_builds_compared_is_looked_for_too(email: str) -> None:
    assert _folded(email) in former_spellings(email)


async def _as_if_made_earlier(server: Server, settings: Settings, email: str) -> None:
    """Have the account of *email* be found as an earlier build would have it."""
    user = await server.node.services.account.directory.find(email)
    assert user is not None
    secret = b"email\0" + _folded(email).encode()
    former = hmac.digest(settings.index_key, secret, hashlib.sha256).hex()
    users = server.node.database["users"]
    await users.update_one({"email_index": user.email_index}, {"$set": {"email_index": former}})


async def _log_in(server: Server, email: str, password: str = PASSWORD) -> int:
    body = {"email": email, "password": password, "device": "phone"}
    return (await server.client().call("POST", "/v1/auth/login", body)).status


async def test_accounts_of_earlier_builds_go_on_and_are_in_nobodys_way(settings: Settings) -> None:
    async with serving(settings) as server:
        await server.client().register(OLD, PASSWORD, "Ada")
        await _as_if_made_earlier(server, settings, OLD)
        encoded = "bob@xn--mnchen-3ya.example"
        await server.client().register(encoded, PASSWORD, "Bob")
        await _as_if_made_earlier(server, settings, encoded)

        for email in (OLD, "Ada@xn--strae-oqa.example", encoded, "bob@MÜNCHEN.example"):
            assert await _log_in(server, email) == 201, email
        assert await _log_in(server, LATE) == 401
        await server.client().register(LATE, "another horse battery", "Late")
        await server.client().register("bob@münchen.example", "another horse battery", "No")

        assert await _log_in(server, LATE, "another horse battery") == 201
        assert await _log_in(server, OLD) == 201
        assert await _log_in(server, "bob@münchen.example", "another horse battery") == 401
        assert await _log_in(server, "bob@münchen.example") == 201
        assert await server.node.database["users"].count_documents({}) == 3
