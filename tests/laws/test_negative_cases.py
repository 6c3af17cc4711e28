"""How many ways in that are none the tests try, each of which must be refused with a 4xx."""

from typing import Final

from tests.laws.contexts import NEGATIVES

AT_LEAST: Final = 350  # security.md, G3


def test_the_tables_are_long() -> None:
    print(NEGATIVES, sum(NEGATIVES.values()))
    assert sum(NEGATIVES.values()) >= AT_LEAST
    assert NEGATIVES["authorize"] >= 60
    assert NEGATIVES["token"] >= 70
    assert NEGATIVES["refresh"] >= 30
    assert NEGATIVES["ID tokens"] >= 2 * 22
    assert NEGATIVES["passkeys"] >= 20
    assert NEGATIVES["cookies"] >= 30
