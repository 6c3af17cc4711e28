"""Whatever bytes an authenticator sends, they are right or refused."""

import contextlib
import datetime as dt
import secrets
from typing import Final

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from models.account import Passkey, User
from models.account.webauthn import NewCredential, PasskeyAssertion
from models.base.errors import Forbidden
from models.base.merge_patch import Json
from tests.support.people.authenticator import Authenticator, plain, text
from upcoach.services.account.factors.relying_party import RelyingParty

NOON: Final = dt.datetime(2026, 1, 5, 12, tzinfo=dt.UTC)
BASE: Final = {"owner": "usr_1", "created_at": NOON, "updated_at": NOON}
PARTY: Final = RelyingParty(domain="upcoach.test", origins=("http://upcoach.test",))
PHONE: Final = Authenticator("http://upcoach.test")
CHALLENGE: Final = secrets.token_bytes(32)
ANN: Final = msgspec.convert(
    BASE
    | {"id": "usr_1", "email": "ann@example.org", "name": "Ann"}
    | {"email_index": "x", "password_hash": "x"},
    User,
)
MADE: Final = PHONE.make(
    PARTY.registration_options(ANN, text(secrets.token_bytes(64)), CHALLENGE, ())
)
FOUND: Final = PARTY.verify_registration(msgspec.convert(MADE, NewCredential), CHALLENGE)
PASSKEY: Final = msgspec.convert(
    BASE
    | {"id": "pky_1", "name": "Phone"}
    | {"credential": FOUND.credential, "public_key": FOUND.key},
    Passkey,
)
SHOWN: Final = PHONE.show(PARTY.authentication_options(CHALLENGE, (PASSKEY,)))
bytes_at = st.tuples(st.floats(0, 1, exclude_max=True), st.integers(1, 255))


def bent(answer: Json, field: str, changes: list[tuple[float, int]], cut: int) -> Json:
    """*answer* with some bytes of a field changed, and some cut off."""
    raw = bytearray(plain(answer["response"][field]))
    for where, by in changes:
        raw[int(where * len(raw))] ^= by
    kept = bytes(raw[: max(0, len(raw) - cut)])
    return answer | {"response": answer["response"] | {field: text(kept)}}


def test_what_is_right_is_taken() -> None:
    assert PARTY.verify_authentication(
        PASSKEY, msgspec.convert(SHOWN, PasskeyAssertion), CHALLENGE
    ) == (0, True)


@given(
    st.sampled_from(["attestationObject", "clientDataJSON"]), st.lists(bytes_at), st.integers(0, 9)
)
def test_other_bytes_of_a_new_key_are_read_or_refused(
    field: str, changes: list[tuple[float, int]], cut: int
) -> None:
    answer = msgspec.convert(bent(MADE, field, changes, cut), NewCredential)

    with contextlib.suppress(Forbidden):  # nothing signs the key itself
        PARTY.verify_registration(answer, CHALLENGE)


@given(
    st.sampled_from(["authenticatorData", "clientDataJSON", "signature"]),
    st.lists(bytes_at, min_size=1, max_size=3, unique_by=lambda one: one[0]),
    st.integers(0, 9),
)
def test_other_bytes_of_an_answer_are_refused(
    field: str, changes: list[tuple[float, int]], cut: int
) -> None:
    lie = bent(SHOWN, field, changes, cut)
    if lie == SHOWN:  # two changes that undo each other
        return

    with pytest.raises(Forbidden):
        PARTY.verify_authentication(PASSKEY, msgspec.convert(lie, PasskeyAssertion), CHALLENGE)
