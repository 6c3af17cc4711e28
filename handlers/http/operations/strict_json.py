"""JSON as strictly as a server should read it (RFC 8259, RFC 7493).

Refused: duplicate names, NaN and infinities, integers beyond 2^53, nesting beyond 32, NUL and lone
surrogates in strings.  Each of these is accepted by some reader and means something else to the
next.  So are masses of empty arrays, which cost far more to read than their length says.
"""

import json
import re
from typing import Any, Final, NoReturn

from models.base.errors import Invalid

DEPTH: Final = 32
LARGEST: Final = 2**53
# A body is parsed in one go, and all other requests wait meanwhile.  So one that is longer than
# `DENSE` needs `SPARSE` bytes for each array or object; a shorter one may be all brackets.
DENSE: Final = 64 * 1024  # bytes
SPARSE: Final = 16

_LONE: Final = re.compile("[\0\ud800-\udfff]")
_INFINITE: Final = (float("inf"), float("-inf"))


def parse(raw: bytes) -> Any:
    """The value that *raw* holds, or `Invalid`."""
    if len(raw) > DENSE:
        _check_density(raw)
    try:
        value = _DECODER.decode(raw.decode())
    except UnicodeDecodeError:
        raise _malformed("the text is not UTF-8") from None
    except (json.JSONDecodeError, RecursionError) as failure:
        raise _malformed(str(failure)) from None
    except ValueError:  # more digits than Python reads (`sys.set_int_max_str_digits`)
        raise _too_large() from None
    # Only an escape can write NUL or half a pair: as bytes, neither gets past the lines above.
    _check(value, has_escapes=b"\\u" in raw)
    return value


def _check_density(raw: bytes) -> None:
    most = len(raw) // SPARSE
    if _brackets(raw) > most and _brackets(_without_texts(raw)) > most:
        raise _malformed(f"it has an array or an object in less than {SPARSE} bytes")


def _without_texts(raw: bytes) -> bytes:
    """*raw* without what its strings hold, whose brackets are no values."""
    plain = raw.replace(b"\\\\", b"").replace(b'\\"', b"")
    return b"".join(plain.split(b'"')[::2])


def _brackets(raw: bytes) -> int:
    return raw.count(b"[") + raw.count(b"{")


def _check(root: Any, *, has_escapes: bool) -> None:
    """Look at a level of values at a time: a call for each would cost more than reading them."""
    level = [root]
    for _ in range(DEPTH + 1):
        kinds = set(map(type, level))
        if int in kinds:
            _check_integers([value for value in level if type(value) is int])
        if float in kinds and any(value in _INFINITE for value in level if type(value) is float):
            raise _malformed("a number is too large")
        if has_escapes:
            _check_texts([value for value in level if type(value) is str])
        if list not in kinds and dict not in kinds:
            return
        level = _members(level, names=has_escapes)
    raise _malformed(f"it is nested deeper than {DEPTH}")


def _members(level: list[Any], *, names: bool) -> list[Any]:
    """What the objects and arrays of *level* hold, with or without the objects' *names*."""
    members: list[Any] = []
    for value in level:
        if type(value) is list:
            members += value
        elif type(value) is dict:
            members += value.values()
            if names:
                members += value
    return members


def _check_integers(integers: list[int]) -> None:
    if max(integers) > LARGEST or min(integers) < -LARGEST:
        raise _too_large()


def _check_texts(texts: list[str]) -> None:
    if _LONE.search("".join(texts)):
        raise _malformed("a string holds NUL or a lone surrogate")


def _object(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    members = dict(pairs)
    if len(members) != len(pairs):
        raise _malformed("an object has the same name twice")
    return members


def _constant(name: str) -> NoReturn:
    raise _malformed(f"{name} is not JSON")


def _too_large() -> Invalid:
    return _malformed("an integer is beyond 2^53")


def _malformed(reason: str) -> Invalid:
    return Invalid("json_malformed", f"This is not valid JSON: {reason}.")


_DECODER: Final = json.JSONDecoder(object_pairs_hook=_object, parse_constant=_constant)
