"""A password is what its owner means by it, however their keyboard writes it (RFC 8265, 4.2)."""

import unicodedata
from typing import Final

import pytest
from hypothesis import given
from hypothesis import strategies as st

from config.settings import Settings
from models.account.opaque_string import forms, opaque
from models.account.password_policy import check
from models.base.errors import Invalid
from tests.account.hashers import Counted
from tests.support.server import Server, serving
from upcoach.services.account import passwords
from upcoach.services.account.passwords import PasswordForm, Passwords

COMPOSED: Final = unicodedata.normalize("NFC", "Gr\u00fc\u00dfe an\u00e4nas \u212b")
APART: Final = unicodedata.normalize("NFD", COMPOSED)
EMAIL: Final = "ada@example.org"
KEY: Final = bytes(32)


@pytest.mark.parametrize(
    ("one", "other", "are_one"),
    [
        (COMPOSED, APART, True),
        ("correct\u00a0horse", "correct horse", True),
        ("correct\u3000horse", "correct\u2003horse", True),
        ("\u212bngstr\u00f6m", "\u00c5ngstr\u00f6m", True),
        ("Correct horse", "correct horse", False),
        ("\uff43orrect horse", "correct horse", False),  # its width is somebody's choice
        ("stra\u00dfe 1234", "strasse 1234", False),
        ("\ufb01sh and chips", "fish and chips", False),
    ],
)
def test_what_is_one_password(one: str, other: str, *, are_one: bool) -> None:
    assert (opaque(one) == opaque(other)) is are_one


@given(st.text(max_size=128))
def test_it_is_compared_alike_in_whichever_form_it_is_typed(password: str) -> None:
    compared = opaque(password)

    assert opaque(compared) == compared
    for form in ("NFC", "NFD"):
        typed = unicodedata.normalize(form, password)
        assert opaque(typed) == compared
        assert password in forms(password)
        assert compared in forms(typed)
        if unicodedata.normalize(form, compared) == password:  # so an earlier build was given it
            assert password in forms(typed)


def test_letters_with_their_marks_count_as_one() -> None:
    with pytest.raises(Invalid) as refusal:
        check("e\u0301" * 7)

    assert refusal.value.flaws[0].code == "password_short"
    check("e\u0301" * 8)


async def _earlier(password: str) -> str:
    """The hash that an earlier build made: of what was typed."""
    hashing = Passwords(KEY)
    try:
        return hashing._pepper_id + passwords.HASHER.hash(hashing._peppered(password))
    finally:
        hashing.close()


@pytest.mark.parametrize("made_of", [COMPOSED, APART])
@pytest.mark.parametrize("typed", [COMPOSED, APART])
async def test_a_hash_of_an_earlier_build_knows_both(made_of: str, typed: str) -> None:
    hashing, earlier = Passwords(KEY), await _earlier(made_of)
    try:
        form = await hashing.verify(earlier, typed)
        assert form is (PasswordForm.COMPARED if made_of == COMPOSED else PasswordForm.FORMER)
        assert await hashing.verify(await hashing.hash(made_of), typed) is PasswordForm.COMPARED
        assert await hashing.verify(earlier, f"{typed}!") is None
    finally:
        hashing.close()


@pytest.mark.parametrize("wrong", ["a wrong one", "ein f\u00e4lsches", "\u212b falsch"])
async def test_a_wrong_one_costs_the_same_whoever_has_an_account(
    monkeypatch: pytest.MonkeyPatch, wrong: str
) -> None:
    hashing = Passwords(KEY)
    own = [await hashing.hash(COMPOSED), await _earlier(APART), await hashing.hash("plain words")]
    await hashing.verify(None, "x")  # the decoy is made
    counts = []
    for password_hash in (None, *own):
        hasher = Counted(passwords.HASHER)
        hasher.go.set()
        monkeypatch.setattr(passwords, "HASHER", hasher)
        assert await hashing.verify(password_hash, wrong) is None
        counts.append(len(hasher.threads))
        monkeypatch.undo()
    hashing.close()

    assert counts == [len(forms(wrong))] * 4


async def _log_in(server: Server, password: str) -> int:
    body = {"email": EMAIL, "password": password, "device": "phone"}
    return (await server.client().call("POST", "/v1/auth/login", body)).status


async def test_somebody_logs_in_on_another_system_and_their_old_hash_is_made_anew(
    settings: Settings,
) -> None:
    async with serving(settings) as server:
        users = server.node.database["users"]
        await server.client().register(EMAIL, COMPOSED, "Ada")
        new = [await _log_in(server, password) for password in (COMPOSED, APART, COMPOSED[:-1])]

        secret = server.node.services.account.passwords
        earlier = secret._pepper_id + passwords.HASHER.hash(secret._peppered(APART))
        await users.update_many({}, {"$set": {"password_hash": earlier}})
        old = [await _log_in(server, password) for password in (f"{APART}!", COMPOSED, APART)]
        [user] = await users.find({}).to_list()

        assert (new, old) == ([201, 201, 401], [401, 201, 201])
        assert user["password_hash"] != earlier
        assert await secret.verify(user["password_hash"], APART) is PasswordForm.COMPARED
