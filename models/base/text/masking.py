"""Masking of card numbers in free text, before anything is stored.

A card number (ISO/IEC 7812) has 13 to 19 digits, whose last one is right by Luhn's formula.  People
write it in groups, with up to three spaces or dashes between two of them.  One in ten other numbers
of that length looks the same and is masked too.

Of the numbers that whole groups make up, the one that begins first is masked, and of those the
longest; what is left of it may be the end of another one.
"""

import contextlib
import contextvars
from collections.abc import Iterator
from typing import Any, Final

import msgspec

from models.base.text.card_numbers import cards_in

_known: Final[contextvars.ContextVar[msgspec.Struct | None]] = contextvars.ContextVar(
    "known", default=None
)


def masked(text: str) -> str:
    """*text* with only the first four digits of each card number.

    Examples
    --------
    >>> masked("Pay 4111 1111 1111 1111 by 2027-01-05, call 030 1234567")
    'Pay 4111… by 2027-01-05, call 030 1234567'

    """
    parts: list[str] = []
    copied = 0
    for card in cards_in(text):
        parts += text[copied : card.begin], card.first_four, "…" * card.links
        copied = card.end
    return "".join((*parts, text[copied:])) if parts else text


@contextlib.contextmanager
def knowing(stored: msgspec.Struct) -> Iterator[None]:
    """Leave alone, meanwhile, what is in the same place in *stored*: it was masked before."""
    token = _known.set(stored)
    try:
        yield
    finally:
        _known.reset(token)


def mask(struct: msgspec.Struct, fields: tuple[str, ...]) -> None:
    """Mask the texts in *fields* of a struct that is being made, and in what they are made of."""
    known = _known.get()
    for name in fields:
        value = getattr(struct, name)
        after = _masked_value(value, getattr(known, name, None))
        if after is not value:
            msgspec.structs.force_setattr(struct, name, after)


def _masked_value(value: Any, known: Any) -> Any:
    if value == known:
        return value
    if isinstance(value, str):
        return masked(value)
    if isinstance(value, tuple):
        return tuple(_masked_value(part, None) for part in value)
    if isinstance(value, dict):
        before = known if isinstance(known, dict) else {}
        return {name: _masked_value(part, before.get(name)) for name, part in value.items()}
    if isinstance(value, msgspec.Struct):
        texts = {
            name: _masked_value(getattr(value, name), getattr(known, name, None))
            for name in _free_text(type(value))
        }
        return msgspec.structs.replace(value, **texts)
    return value


def _free_text(kind: type[msgspec.Struct]) -> tuple[str, ...]:
    fields: tuple[str, ...] = getattr(kind, "free_text", ())
    return fields
