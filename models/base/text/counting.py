"""Numbers of things in words."""

from typing import Final

_PLURALS: Final = {"minus": "minuses", "person": "people"}
_VOWELS: Final = "aeiou"


def plural(noun: str) -> str:
    """The plural of a noun.

    Examples
    --------
    >>> plural("goal template"), plural("journal entry"), plural("day"), plural("person")
    ('goal templates', 'journal entries', 'days', 'people')

    """
    if noun in _PLURALS:
        return _PLURALS[noun]
    if noun.endswith("y") and noun[-2:-1] not in _VOWELS:
        return f"{noun[:-1]}ies"
    return f"{noun}s"


def counted(number: int, noun: str) -> str:
    """So many of what *noun* is one of.

    Examples
    --------
    >>> counted(1, "session"), counted(0, "entry"), counted(1_200, "row")
    ('1 session', '0 entries', '1,200 rows')

    """
    return f"{number:,} {noun if number == 1 else plural(noun)}"
