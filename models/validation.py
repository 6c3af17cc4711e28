"""Checking a value against a type, with refusals that name the place and the reason."""

import re
from typing import Any, Final, TypeVar

import msgspec

from models.errors import Flaw, Invalid

T = TypeVar("T")

_PLACE: Final = re.compile(r" - at (?:`key` in )?`\$?(.*)`$")
_UNKNOWN: Final = re.compile(r"Object contains unknown field `(.*)`")
_MISSING: Final = re.compile(r"Object missing required field `(.*)`")


def checked(value: Any, kind: type[T], *, text: bool = False) -> T:
    """*value* as a *kind*, or `Invalid` with a JSON pointer to what is wrong.

    Numbers and truths are read from *text* where that is all that the place can hold.

    Examples
    --------
    >>> class Point(msgspec.Struct, forbid_unknown_fields=True):
    ...     x: int
    >>> checked({"x": 1}, Point)
    Point(x=1)
    >>> checked({"x": 1, "y": 2}, Point)
    Traceback (most recent call last):
    models.errors.Invalid: ('body_invalid', 'The field y may not be set here.')

    """
    try:
        return msgspec.convert(value, kind, strict=not text)
    except msgspec.ValidationError as failure:
        flaw = _flaw(str(failure))
        raise Invalid("body_invalid", flaw.detail, flaws=(flaw,)) from None


def _flaw(message: str) -> Flaw:
    place = _PLACE.search(message)
    pointer = _pointer(place[1]) if place else ""
    words = message[: place.start()] if place else message
    unknown = _UNKNOWN.match(words)
    if unknown:
        detail = f"The field {unknown[1]} may not be set here."
        return Flaw(f"{pointer}/{unknown[1]}", "field_unknown", detail)
    missing = _MISSING.match(words)
    if missing:
        return Flaw(
            f"{pointer}/{missing[1]}", "field_missing", f"The field {missing[1]} is missing."
        )
    return Flaw(pointer, "field_invalid", f"{words}{f' at {pointer}' if pointer else ''}.")


def _pointer(path: str) -> str:
    """A JSON pointer (RFC 6901) from msgspec's `.a[0].b`."""
    return re.sub(r"\[(\d+)\]", r"/\1", path).replace("[...]", "/*").replace(".", "/")
