"""JSON read one value at a time: what `handlers.http.operations.strict_json` must agree with."""

import json
from typing import Any, Final, NoReturn

DEPTH: Final = 32
LARGEST: Final = 2**53


class Malformed(Exception):
    """The text is refused."""


def parse(raw: bytes) -> Any:
    """The value that *raw* holds, or `Malformed`."""
    try:
        value = _DECODER.decode(raw.decode())
    except (UnicodeDecodeError, json.JSONDecodeError, RecursionError) as failure:
        raise Malformed from failure
    _check(value, DEPTH)
    return value


def _check(value: Any, depth: int) -> None:
    if isinstance(value, str):
        for letter in value:
            if letter == "\0" or 0xD800 <= ord(letter) <= 0xDFFF:
                raise Malformed
    elif isinstance(value, dict | list):
        if not depth:
            raise Malformed
        for member in value if isinstance(value, list) else [*value, *value.values()]:
            _check(member, depth - 1)


def _object(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    members = dict(pairs)
    if len(members) != len(pairs):
        raise Malformed
    return members


def _integer(digits: str) -> int:
    if len(digits) > len(str(LARGEST)) + 1 or abs(int(digits)) > LARGEST:
        raise Malformed
    return int(digits)


def _number(digits: str) -> float:
    value = float(digits)
    if value in (float("inf"), float("-inf")):
        raise Malformed
    return value


def _constant(_: str) -> NoReturn:
    raise Malformed


_DECODER: Final = json.JSONDecoder(
    object_pairs_hook=_object,
    parse_int=_integer,
    parse_float=_number,
    parse_constant=_constant,
)
