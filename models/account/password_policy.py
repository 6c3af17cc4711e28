"""The password policy: no common passwords, and none made of the person's own words.

There is no rule about what a password is made of, only about what everybody would try first: the
passwords that most people take, and words that belong to the person or to us (ASVS 5.0, 6.2).
"""

import functools
import re
from typing import Final

from zxcvbn.frequency_lists import FREQUENCY_LISTS

from models.account.opaque_string import opaque
from models.base.errors import Invalid, invalid_field

OWN: Final = ("upcoach",)
SHORTEST_WORD: Final = 4  # what is shorter is in too many passwords by chance
SHORTEST: Final = 8  # characters of a password, a letter with its marks being one
LEAST: Final = 4  # letters that must be left where such words were taken out


def check(password: str, *context: str) -> None:
    """Refuse *password* if it is common, or hardly more than words of the *context*.

    Examples
    --------
    >>> check("correct horse battery", "ada@example.org", "Ada Lovelace")
    >>> check("Password1", "ada@example.org")
    Traceback (most recent call last):
    models.base.errors.Invalid: ('password_weak', 'This password is too common.')
    >>> check("Lovelace1815", "Ada Lovelace")
    Traceback (most recent call last):
    models.base.errors.Invalid: ('password_weak', 'This password is too close to your name.')

    """
    if len(opaque(password)) < SHORTEST:
        raise _weak("password_short", f"It has fewer than {SHORTEST} characters.")
    text = _plain(password)
    if text in _common():
        raise _weak("password_common", "This password is too common.")
    rest = text
    for word in _words((*OWN, *context)):
        rest = rest.replace(word, "")
    if rest != text and sum(letter.isalpha() for letter in rest) < LEAST:
        raise _weak(
            "password_personal",
            "This password is too close to your name.",
        )


def _words(context: tuple[str, ...]) -> list[str]:
    """The texts of *context* and their words, the longest first, so that none hides in another."""
    texts = [_plain(text) for text in context]
    words = {word for text in texts for word in (text, *re.split(r"[\W_]+", text))}
    return sorted((word for word in words if len(word) >= SHORTEST_WORD), key=len, reverse=True)


def _plain(text: str) -> str:
    return opaque(text).casefold()


@functools.cache
def _common() -> frozenset[str]:
    return frozenset(FREQUENCY_LISTS["passwords"])


def _weak(code: str, detail: str) -> Invalid:
    return invalid_field("/password", code, detail, refusal="password_weak")
