"""What a password costs whoever guesses it; the other tests pay less (tests/conftest.py)."""

import subprocess
import sys

COST = """
import asyncio
from upcoach.services.account.passwords import Passwords
print(asyncio.run(Passwords(bytes(32)).hash("correct horse battery")))
"""


def test_a_password_is_hashed_at_the_cost_that_was_decided() -> None:
    hashed = subprocess.run(
        [sys.executable, "-c", COST], capture_output=True, text=True, check=True
    ).stdout

    name, _, cost = hashed.partition("$")
    assert len(name) == 8
    assert cost.startswith("argon2id$v=19$m=47104,t=1,p=1$")
