"""Tokenization of texts into the normalised words that they are searched by.

Case, accents and width do not count ("Café" is found by "cafe").  Scripts that do not separate
words are taken in pairs of letters, so any two letters or more are found.  So is Korean, which
separates words and yet hangs particles on them.
"""

import functools
import re
import unicodedata
from typing import Final

LONGEST: Final = 64  # letters of a word that count

_UNSPACED: Final = "\u3040-\u30ff\u3400-\u4dbf\u4e00-\u9fff\uf900-\ufaff\u0e00-\u0e7f\uac00-\ud7a3"
_WORD: Final = re.compile(rf"[{_UNSPACED}]+|[^\W_{_UNSPACED}]+")
_IS_UNSPACED: Final = re.compile(rf"[{_UNSPACED}]")


def words_of(*texts: str | None) -> frozenset[str]:
    """The search words of *texts*.

    Examples
    --------
    >>> sorted(words_of("Café au lait, l'ÉTÉ!", None))
    ['au', 'cafe', 'ete', 'l', 'lait']
    >>> sorted(words_of("東京都"))
    ['京都', '東京']
    >>> words_of("공부") <= words_of("공부를 했다")
    True

    """
    return frozenset(
        part
        for text in texts
        if text
        for word in set(_WORD.findall(_composed(normalised(text))))
        for part in _parts(word)
    )


def normalised(text: str) -> str:
    """*text* without case, accents and width."""
    folded = text.casefold()
    if folded.isascii():
        return folded
    # Letter by letter: to put many marks in a row in order takes time by the square.
    return "".join(map(_plain, folded)).casefold()


def _composed(text: str) -> str:
    """Normalised *text* with the syllables of Korean put together, which `normalised` parts."""
    return text if text.isascii() else unicodedata.normalize("NFC", text)


@functools.lru_cache(maxsize=4096)
def _plain(letter: str) -> str:
    parts = unicodedata.normalize("NFKD", letter)
    return "".join(part for part in parts if not unicodedata.combining(part))


def label(text: str) -> str:
    """The search word of a whole label, such as a tag; no text holds it.

    Examples
    --------
    >>> label(" Side  Project")
    '#side project'

    """
    return "#" + " ".join(normalised(text).split())


def distinct(labels: tuple[str, ...]) -> tuple[str, ...]:
    """*labels* without duplicates, compared in their normalised form.

    Examples
    --------
    >>> distinct(("Work", "home", "work"))
    ('Work', 'home')

    """
    first: dict[str, str] = {}
    for text in labels:
        first.setdefault(label(text), text)
    return tuple(first.values())


def _parts(word: str) -> list[str]:
    if len(word) > 1 and _IS_UNSPACED.match(word):
        return [word[place : place + 2] for place in range(len(word) - 1)]
    return [word[:LONGEST]]
