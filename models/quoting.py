"""Names that strangers may have chosen, as sentences of ours repeat them."""

import re
import unicodedata
from typing import Final

from models.documents.factors import clean_name
from models.validation import cut

MOST: Final = 40  # characters: enough for a name, and for no message
# What mail programs make links of: addresses, and hosts, also with the full stops of others.
_DOT: Final = re.compile(r"[.\u3002](?=\S)")
_DIGITS: Final = 4  # more of them may be a number to call
_NOT_PLAIN: Final = re.compile(r"[^\w\s.,'\u2019()&+-]")


def quoted(name: str) -> str:
    """*name* in quotes: one line, cut short, and nothing that leads anywhere; empty if it is.

    Examples
    --------
    >>> quoted("Ann's phone"), quoted("ann@example.org")
    ("“Ann's phone”", '“ann at example dot org”')
    >>> quoted("”. Log in at https://evil.example/now")
    '“Log in at https evil dot example now”'
    >>> quoted("iPhone 15"), quoted("Call 0800 1234 now")
    ('“iPhone 15”', '“Call now”')

    """
    plain = clean_name(unicodedata.normalize("NFKC", name))
    plain = _DOT.sub(" dot ", plain.replace("@", " at "))
    if sum(map(str.isdigit, plain)) > _DIGITS:
        plain = "".join(" " if letter.isdigit() else letter for letter in plain)
    plain = " ".join(_NOT_PLAIN.sub(" ", plain).split()).strip(" .")
    return f"“{cut(plain, MOST)}”" if plain else ""
