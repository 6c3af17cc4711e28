"""How many ways in that are none the tests try, each of which must be refused with a 4xx."""

from typing import Final

from tests.account import flawed_mail, refused, test_cookies
from tests.account import test_new_passwords as passwords
from tests.account import test_verification as verification
from tests.account.factors import test_passkeys as passkeys
from tests.account.factors import test_step_up as step_up
from tests.account.federation import test_id_tokens
from tests.account.federation import test_visits as visits
from tests.admin import test_desk_access
from tests.oauth import test_refused_authorize as authorize
from tests.oauth import test_refused_refresh, test_refused_rest
from tests.oauth import test_refused_token as token

PROVIDERS: Final = 2  # Google and Apple: each forged token is shown to both
LINKS: Final = 3  # to verify, to move, to a new password: each bad one is tried at all
AT_LEAST: Final = 350  # security.md, G3


def counted() -> dict[str, int]:
    """The lengths of the tables, by what they try."""
    flawed = (*refused.FLAWED.values(), *flawed_mail.FLAWED_MAIL.values())
    return {
        "authorize": len(authorize.SHOWN)
        + len(authorize.SENT)
        + len(authorize.TWICE)
        + len(authorize.RAW),
        "token": len(token.PUBLIC) + len(token.CONFIDENTIAL) + len(token.ALONE),
        "refresh": len(test_refused_refresh.ROWS),
        "PAR and DPoP": len(test_refused_rest.PUSHED) + len(test_refused_rest.PROOFS),
        "ID tokens": PROVIDERS * len(test_id_tokens.FORGED),
        "providers": len(visits.SPOILT) + len(visits.CLAIMS),
        "passwords and links": len(passwords.CHANGES) + LINKS * len(verification.BAD_TOKENS),
        "bodies of accounts": sum(len(rows) for _, rows in flawed),
        "passkeys": len(passkeys.LIES) + len(passkeys.UNREAD) + len(passkeys.WRONG),
        "cookies": len(test_cookies.BESIDE) + len(test_cookies.COOKIES),
        "step-up and operators": len(step_up.GUARDED) + len(test_desk_access.WRONG),
    }


def test_the_tables_are_long() -> None:
    found = counted()

    print(found, sum(found.values()))
    assert sum(found.values()) >= AT_LEAST
    assert found["authorize"] >= 60
    assert found["token"] >= 70
    assert found["refresh"] >= 30
    assert found["ID tokens"] >= 2 * 22
    assert found["passkeys"] >= 20
    assert found["cookies"] >= 30
