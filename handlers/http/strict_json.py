"""JSON as strictly as a server should read it (RFC 8259, RFC 7493).

Refused: duplicate names, NaN and infinities, integers beyond 2^53, nesting beyond 32, NUL and lone
surrogates in strings.  Each of these is accepted by some reader and means something else to the
next.
"""

import json
import re
from typing import Any, Final, NoReturn

from models.base.errors import Invalid

DEPTH: Final = 32
LARGEST: Final = 2**53

_SURROGATE: Final = re.compile("[\ud800-\udfff]")


def parse(raw: bytes) -> Any:
    """The value that *raw* holds, or `Invalid`."""
    try:
        value = _DECODER.decode(raw.decode())
    except UnicodeDecodeError:
        raise _malformed("the text is not UTF-8") from None
    except (json.JSONDecodeError, RecursionError) as failure:
        raise _malformed(str(failure)) from None
    _check(value, DEPTH)
    return value


def _check(value: Any, depth: int) -> None:
    if isinstance(value, str):
        _check_text(value)
    elif isinstance(value, dict | list):
        if not depth:
            raise _malformed(f"it is nested deeper than {DEPTH}")
        members = value if isinstance(value, list) else [*value, *value.values()]
        for member in members:
            if isinstance(member, str | dict | list):
                _check(member, depth - 1)


def _check_text(text: str) -> None:
    if "\0" in text:
        raise _malformed("a string holds NUL")
    if not text.isascii() and _SURROGATE.search(text):
        raise _malformed("a string holds a lone surrogate")


def _object(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    members = dict(pairs)
    if len(members) != len(pairs):
        raise _malformed("an object has the same name twice")
    return members


def _integer(digits: str) -> int:
    if len(digits) > len(str(LARGEST)) + 1 or abs(int(digits)) > LARGEST:
        raise _malformed("an integer is beyond 2^53")
    return int(digits)


def _number(digits: str) -> float:
    value = float(digits)
    if value in (float("inf"), float("-inf")):
        raise _malformed("a number is too large")
    return value


def _constant(name: str) -> NoReturn:
    raise _malformed(f"{name} is not JSON")


def _malformed(reason: str) -> Invalid:
    return Invalid("json_malformed", f"This is not JSON that we take: {reason}.")


_DECODER: Final = json.JSONDecoder(
    object_pairs_hook=_object,
    parse_int=_integer,
    parse_float=_number,
    parse_constant=_constant,
)
