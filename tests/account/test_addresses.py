"""Which addresses are one: domains as IDNA 2008 has them, also in accounts of earlier builds."""

import datetime as dt
import hashlib
import hmac
import unicodedata
from email import message_from_string
from typing import Final

import idna
import msgspec
import pytest
from hypothesis import assume, example, given
from hypothesis import strategies as st

from config.settings import Settings
from handlers.http.rate_limiting import address_in
from models.account.email_addresses import MAILBOX, former_spellings, is_mailbox, normalised_email
from models.account.user import EmailAddress, EmailChange, Registration
from models.base.errors import Invalid
from models.base.messages.mail import Mail
from models.base.validation import checked
from tests.support.server import PASSWORD, Server, serving
from tests.support.wire.relying import Browser
from upcoach.services.account.email.users_by_email import UsersByEmail
from upcoach.services.base.delivery import Undeliverable
from upcoach.services.base.mail.carriers import POLICY, as_message

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
NOON: Final = dt.datetime(2026, 1, 5, 12, tzinfo=dt.UTC)
OLD: Final = "ada@straße.example"
LATE: Final = "ada@strasse.example"


@pytest.mark.parametrize(("one", "other"), SAME)
def test_two_spellings_of_one_address_are_one(one: str, other: str) -> None:
    assert normalised_email(one) == normalised_email(other)


@pytest.mark.parametrize(("one", "other"), OTHER)
def test_two_addresses_are_two(one: str, other: str) -> None:
    assert normalised_email(one) != normalised_email(other)


@pytest.mark.parametrize(
    "email",
    [
        "ada\0@example.org",
        "ada\x1b[2J@example.org",
        "ada\u202e@example.org",
        "ada\u200b@example.org",
        "ada\xad@example.org",
        "ada\u061c@example.org",
        "ada\u3164@example.org",
        "ada@ex\u180eample.org",
        "\ufb01@example.org",  # another spelling of fi
        "ada\xb2@example.org",
        "strau\xdf@example.org",  # which is counted as strauss
        "=?utf-8?q?a=0D=0ABcc=3A_eve=40evil.org?=@example.org",  # an encoded word (RFC 2047)
        "=?utf-8?b?eAoKWW91?=@example.org",
        "ada@example.org\r\nBcc: eve@example.org",
        "<ada@example.org>",
        '"ada"@example.org',
        "eve,ada@example.org",
        "ada(eve)@example.org",
        "ada@example.org,eve",
        "ada@example.org:25",
        "ada@[192.0.2.1]",
        "ada@example..org",
        "ada@example.org.",
        "a..b@example.org",
        ".ada@example.org",
        "ada.@example.org",
        f"ada@{'x' * 64}.org",
        f"{'x' * 65}@example.org",
        f"ada@{'x.' * 126}org",
        "ada@" + "\U0001f60d." * 30 + "org",  # too long in ASCII
        "ada@\xad.org",  # a label of a hyphen that is not seen
        "ada@x.\xaf",  # of a space and a mark
        "ada@example\u2024.org",  # a dot that looks like another
    ],
)
def test_an_address_that_no_mail_is_written_to_is_given_to_no_account(email: str) -> None:
    assert not is_mailbox(email)
    for kind, more in ((Registration, {"password": PASSWORD, "name": "Ada"}), (EmailChange, {})):
        with pytest.raises(Invalid) as refusal:
            checked({"email": email} | more, kind)
        assert [flaw.pointer for flaw in refusal.value.flaws] == ["/email"]


@given(st.from_regex(MAILBOX))
@example("\uff20@example.org")
@example("=?utf-8?q?a=0D=0ABcc=3A_eve=40evil.org?=@example.org")
@example("\xfc=?utf-8?q?a=0D=0ABcc=3A_eve=40evil.org?=@example.org")
def test_a_mail_to_whatever_address_is_given_goes_to_one_mailbox(email: str) -> None:
    letter = Mail(email, "Good day", "Hello.\n")
    try:
        message = as_message("mal_1", letter, "UpCoach <coach@example.org>", NOON)
    except Undeliverable:
        assert not is_mailbox(email)
        return
    read = message_from_string(message.as_bytes().decode(), policy=POLICY)

    [address] = read["To"].addresses
    assert (address.username, read.keys().count("To")) == (email.rpartition("@")[0], 1)
    assert address.domain.isascii()
    assert read["Bcc"] is None


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


LABELS: Final = st.text("abcdefghijklmnopqrstuvwxyz0123456789-", max_size=14) | st.text(
    st.characters(min_codepoint=0x80), min_size=1, max_size=4
).map(lambda letters: letters.encode("punycode").decode())


@given(LABELS)
@example("ib9b")  # half of a pair
@example("a-qo7g")
@example("r6jxe8b")  # a full stop of another script
def test_whatever_a_label_stands_for_an_address_is_text(label: str) -> None:
    email = f"ada@xn--{label}.example"

    address = normalised_email(email)
    for spelling in (address, *former_spellings(email), EmailAddress(email=email).email):
        assert spelling.encode().decode() == spelling
    assert normalised_email(address) == address
    assert address_in({"email": email}) == address
    assert len(UsersByEmail(*3 * (None,), b"k").index(email)) == 64  # type: ignore[arg-type]
    assert msgspec.json.decode(msgspec.json.encode(address)) == address  # as limits are counted


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


async def test_an_address_that_stands_for_no_text_is_found_as_it_is_written(
    limited: dict[str, str],
) -> None:
    email, password = "ada@xn--ib9b.example", "wrong horse battery"
    bodies = {
        "/v1/auth/login": {"email": email, "password": password, "device": "phone"},
        "/v1/auth/password/forgot": {"email": email},
        "/v1/auth/register": {"email": email, "password": password, "name": "Ada"},
    }
    async with serving(Settings.from_environ(limited)) as server:
        over_api = [
            (await server.client().call("POST", path, body)).status for path, body in bodies.items()
        ]
        browser = Browser(server.url)
        login = await browser.get("/account/login")
        on_page = await browser.post(login.action, login.hidden | bodies["/v1/auth/login"])
        browser.close()

    assert (over_api, on_page.status) == ([401, 202, 202], 303)  # registered, and let in
