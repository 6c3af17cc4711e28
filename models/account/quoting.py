"""Quoting of names that strangers may have chosen, for mails and pages."""

import re
import unicodedata
from collections.abc import Iterator
from typing import Final

from models.account.factors import clean_name
from models.base.validation import cut

MOST: Final = 40  # characters: enough for a name, and for no message
# What mail programs make links of: addresses, and hosts, also with the full stops of others.
_DOT: Final = re.compile(r"[.\u3002\ua4f8-\ua4fd](?=\S)")  # and letters that look like one
_DIGITS: Final = 4  # more of them may be a number to call
_MARKS: Final = 3  # above and below one letter, as scripts need them
_PLAIN: Final = frozenset(",'\u2019()&+-_")


def quoted(name: str) -> str:
    """*name* in quotes: one line, cut short, without links or numbers to call; empty if it is.

    Examples
    --------
    >>> quoted("Ann's phone"), quoted("ann@example.org")
    ("“Ann's phone”", '“ann at example dot org”')
    >>> quoted("”. Log in at https://evil.example/now")
    '“Log in at https evil dot example now”'
    >>> quoted("iPhone 15"), quoted("Call 0800 1234 now")
    ('“iPhone 15”', '“Call now”')
    >>> quoted("\u092a\u094d\u0930\u093f\u092f\u093e") == "“\u092a\u094d\u0930\u093f\u092f\u093e”"
    True

    """
    plain = clean_name(unicodedata.normalize("NFKC", name))
    plain = _DOT.sub(" dot ", plain.replace("@", " at "))
    if sum(map(str.isdigit, plain)) > _DIGITS:
        plain = "".join(" " if letter.isdigit() else letter for letter in plain)
    plain = " ".join("".join(_plain(plain)).split()).strip(" .")
    return f"“{cut(plain, MOST)}”" if plain else ""


def _plain(text: str) -> Iterator[str]:
    """The characters of *text*, with a space for each that could say more than a name does."""
    marks = 0
    for letter in text:
        is_mark = unicodedata.category(letter) in ("Mn", "Mc")
        marks = marks + 1 if is_mark else 0
        if is_mark:
            yield letter if marks <= _MARKS else ""
        else:
            yield letter if letter.isalnum() or letter in _PLAIN else " "
