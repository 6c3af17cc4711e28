"""Reads the JSON of an export of Habitica, where one task may hold what the server's JSON may not.

The server's parser refuses a text as a whole: for half an emoji, a number without end, or a byte
that is no UTF-8.  Where it does, each task, tag and point is given to it by itself, and None stands
in the place of what it refuses: whoever reads the parts reports it there.  What is no JSON at all
is refused as it was.
"""

import json
from collections.abc import Callable
from typing import Any, Final

from models.base.errors import Invalid

Parse = Callable[[bytes], Any]

DIGITS: Final = 18  # of an integer; more are beyond what the parser takes
_READ: Final = ("tasks", "tags", "preferences", "history")  # all else is the game's
_REFUSED: Final = float("nan")  # which the parser takes for no part


def parsed_parts(content: bytes, parse: Parse) -> Any:
    """What *parse* makes of *content*, or of its parts."""
    try:
        return parse(content)
    except Invalid:
        export = _leniently(content)
        if not isinstance(export, dict):
            raise
    return {name: _kept_parts(export[name], parse) for name in _READ if name in export}


def _leniently(content: bytes) -> Any:
    try:
        return json.loads(
            content.decode(errors="surrogateescape"),
            parse_int=_integer,
            object_pairs_hook=_object,
        )
    except (ValueError, RecursionError):
        return None


def _kept_parts(part: Any, parse: Parse) -> Any:
    if isinstance(part, list):
        return [_kept(value, parse) for value in part]
    if not isinstance(part, dict):
        return _kept(part, parse)
    return {
        name: _kept_parts(value, parse) if isinstance(value, list) else _kept(value, parse)
        for name, value in part.items()
    }


def _kept(value: Any, parse: Parse) -> Any:
    """*value*, if the parser takes it; else None."""
    try:
        return parse(json.dumps(value).encode())
    except (Invalid, RecursionError):
        return None


def _integer(digits: str) -> int | float:
    return int(digits) if len(digits) <= DIGITS else _REFUSED


def _object(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    members = dict(pairs)
    return members if len(members) == len(pairs) else {"": _REFUSED}
