"""Card numbers in what people write: they are masked before anything is stored.

A card number (ISO/IEC 7812) has 13 to 19 digits, whose last one is right by Luhn's formula.  People
write it in groups.  One in ten other numbers of that length looks the same and is masked too.
"""

import re
from typing import Any, Final

import msgspec

SHORTEST: Final = 13
LONGEST: Final = 19
_KEPT: Final = 4

_GAP: Final = "[ \u00a0\u2009\u202f\u2010-\u2015-]"  # spaces and dashes, as phones write them
_RUN: Final = re.compile(rf"\d+(?:{_GAP}{{1,3}}\d+)*")
_GROUP: Final = re.compile(r"\d+")


def masked(text: str) -> str:
    """*text* with only the first four digits of each card number.

    Examples
    --------
    >>> masked("Pay 4111 1111 1111 1111 by 2027-01-05, call 030 1234567")
    'Pay 4111… by 2027-01-05, call 030 1234567'

    """
    while True:  # what is left of a number may be the end of another one
        once = _RUN.sub(lambda run: _masked_run(run[0]), text)
        if once == text:
            return text
        text = once


def mask(struct: msgspec.Struct, fields: tuple[str, ...]) -> None:
    """Mask the texts in *fields* of a struct that is being made."""
    for name in fields:
        value = getattr(struct, name)
        if value:
            msgspec.structs.force_setattr(struct, name, _masked_value(value))


def _masked_value(value: Any) -> Any:
    if isinstance(value, str):
        return masked(value)
    return tuple(masked(one) for one in value)


def _masked_run(run: str) -> str:
    """*run*, groups of digits, with the first card number that whole groups make up masked."""
    groups = list(_GROUP.finditer(run))
    for first, group in enumerate(groups):
        for last in reversed(groups[first:]):
            digits = "".join(_GROUP.findall(run[group.start() : last.end()]))
            if SHORTEST <= len(digits) <= LONGEST and _is_right(digits):
                return f"{run[: group.start()]}{digits[:_KEPT]}…{run[last.end() :]}"
    return run


def _is_right(digits: str) -> bool:
    """Whether Luhn's formula holds for *digits* (ISO/IEC 7812-1, annex B)."""
    total = 0
    for place, digit in enumerate(reversed(digits)):
        value = int(digit) * (1 + place % 2)
        total += value - 9 if value > 9 else value
    return total % 10 == 0
