"""Validation of a value against a type, with errors that name the place and the reason."""

import string
from typing import Any, Final, TypeVar

import msgspec

from models.base.errors import Invalid, invalid_field

T = TypeVar("T")

QUOTED: Final = 64  # characters of what somebody sent that a refusal repeats

_UNKNOWN: Final = "Object contains unknown field `"
_MISSING: Final = "Object missing required field `"
_KEY: Final = "key` in `"
_OF_PATHS: Final = frozenset(f"{string.ascii_letters}{string.digits}_$.[]`")
WORDS: Final = 256  # characters of any other message, which may quote what was sent as well


def checked(value: Any, kind: type[T], *, text: bool = False) -> T:
    """Convert *value* to a *kind*, or raise `Invalid` with a JSON pointer to what is wrong.

    Numbers and truths are read from *text* where that is all that the place can hold.

    Examples
    --------
    >>> class Point(msgspec.Struct, forbid_unknown_fields=True):
    ...     x: int
    >>> checked({"x": 1}, Point)
    Point(x=1)
    >>> checked({"x": 1, "y": 2}, Point)
    Traceback (most recent call last):
    models.base.errors.Invalid: ('body_invalid', 'The field y may not be set here.')

    """
    try:
        return msgspec.convert(value, kind, strict=not text)
    except msgspec.ValidationError as failure:
        raise _invalid(str(failure)) from None


def message_and_pointer(message: str) -> tuple[str, str]:
    """Split an error *message* of msgspec into its text and a JSON pointer (RFC 6901).

    Examples
    --------
    >>> message_and_pointer("Expected `int`, got `str` - at `$.steps[0].at`")
    ('Expected `int`, got `str`', '/steps/0/at')

    """
    # The message quotes what a stranger named a field: no regular expression searches it.
    words, _, place = message.rpartition(" - at `") if message.endswith("`") else (message, "", "")
    return (words, _pointer(place)) if words and _is_path(place) else (message, "")


def _invalid(message: str) -> Invalid:
    words, pointer = message_and_pointer(message)
    if words.startswith(_UNKNOWN):
        name = _quoted(words.removeprefix(_UNKNOWN))
        detail = f"The field {name} may not be set here."
        return invalid_field(f"{pointer}/{name}", "field_unknown", detail)
    if words.startswith(_MISSING):
        name = _quoted(words.removeprefix(_MISSING))
        return invalid_field(f"{pointer}/{name}", "field_missing", f"The field {name} is missing.")
    detail = f"{cut(words, WORDS)}{f' at {pointer}' if pointer else ''}."
    return invalid_field(pointer, "field_invalid", detail)


def cut(text: str, most: int = QUOTED) -> str:
    """The first *most* characters of *text*, with an ellipsis where there are more."""
    return text if len(text) <= most else f"{text[:most]}…"


def _quoted(words: str) -> str:
    return cut(words.removesuffix("`"))


def _is_path(place: str) -> bool:
    """Whether *place* is a path at the end of a message of msgspec, and no name.

    It names fields and places in lists only, never the keys of a mapping.
    """
    path = place.removeprefix(_KEY)
    return len(path) <= WORDS and path.startswith("$") and set(path) <= _OF_PATHS


def _pointer(place: str) -> str:
    """A JSON pointer (RFC 6901) from msgspec's `$.a[0].b`."""
    path = place.removeprefix(_KEY).removeprefix("$").removesuffix("`")
    return path.replace("[...]", "/*").replace("[", "/").replace("]", "").replace(".", "/")
