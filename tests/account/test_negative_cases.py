"""How many ways in that are none the tests try, each of which must be refused with a 4xx."""

from typing import Final

from tests.account import flawed_cookies, flawed_mail, refused
from tests.account.factors import flawed as factors
from tests.account.federation import forged, visiting
from tests.admin import flawed as desk
from tests.oauth import flawed_authorize, flawed_refresh, flawed_rest, flawed_token

PROVIDERS: Final = 2  # Google and Apple: each forged token is shown to both
LINKS: Final = 3  # to verify, to move, to a new password: each bad one is tried at all
AT_LEAST: Final = 350  # security.md, G3


def counted() -> dict[str, int]:
    """The lengths of the tables, by what they try."""
    flawed = (*refused.FLAWED.values(), *flawed_mail.FLAWED_MAIL.values())
    return {
        "authorize": len(flawed_authorize.SHOWN)
        + len(flawed_authorize.SENT)
        + len(flawed_authorize.TWICE)
        + len(flawed_authorize.RAW),
        "token": len(flawed_token.PUBLIC)
        + len(flawed_token.CONFIDENTIAL)
        + len(flawed_token.ALONE),
        "refresh": len(flawed_refresh.ROWS),
        "PAR and DPoP": len(flawed_rest.PUSHED) + len(flawed_rest.PROOFS),
        "ID tokens": PROVIDERS * len(forged.FORGED),
        "providers": len(visiting.SPOILT) + len(visiting.CLAIMS),
        "passwords and links": len(flawed_mail.CHANGES) + LINKS * len(flawed_mail.BAD_TOKENS),
        "bodies of accounts": sum(len(rows) for _, rows in flawed),
        "passkeys": len(factors.LIES) + len(factors.UNREAD) + len(factors.WRONG),
        "cookies": len(flawed_cookies.BESIDE) + len(flawed_cookies.COOKIES),
        "step-up and operators": len(factors.GUARDED) + len(desk.WRONG),
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
