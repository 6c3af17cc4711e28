"""Preferences of a request: what its `Prefer` header asks for (RFC 7240)."""

import re
from collections.abc import Collection, Mapping
from typing import Final

RESPOND_ASYNC: Final = "respond-async"  # to be answered before it is done
WAIT: Final = "wait"  # for so many seconds, as long as it is not
WAIT_S: Final = 60  # the longest
LONGEST: Final = 512  # characters that are looked at

_PARTS: Final = re.compile(
    r'(?:[^,"]|"[^"]*"?)+'
)  # what stands between commas, but for quoted ones
_SECONDS: Final = re.compile(r"[0-9]{1,9}")


def preferences_of(header: str, known: Collection[str]) -> Mapping[str, str]:
    """The preferences in *header* that are *known*, each with its value; the first one counts.

    What is not known, or not well-formed, asks for nothing (RFC 7240, 2).

    Examples
    --------
    >>> preferences_of('Respond-Async; x="a", wait=10, wait=20, handling=strict', ("wait",))
    {'wait': '10'}
    >>> preferences_of('foo="a, wait=60"', ("wait",))
    {}
    >>> preferences_of("respond-async, wait = 5", ("wait", "respond-async"))
    {'respond-async': '', 'wait': '5'}

    """
    found: dict[str, str] = {}
    for part in _PARTS.findall(header[:LONGEST]):
        name, _, value = part.partition(";")[0].partition("=")
        if name.strip().lower() in known:
            found.setdefault(name.strip().lower(), _unquoted(value.strip()))
    return found


def _unquoted(value: str) -> str:
    is_quoted = len(value) > 1 and value[0] == value[-1] == '"'
    return value[1:-1] if is_quoted else value


def wait_of(preferences: Mapping[str, str]) -> int:
    """How many seconds to wait; 0 where nobody asks for it in a whole number of seconds.

    Examples
    --------
    >>> wait_of({"wait": "10"}), wait_of({"wait": "900"}), wait_of({"wait": "-1"}), wait_of({})
    (10, 60, 0, 0)

    """
    text = preferences.get(WAIT, "")
    return min(WAIT_S, int(text)) if _SECONDS.fullmatch(text) else 0
