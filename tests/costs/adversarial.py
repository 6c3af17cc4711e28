"""Texts that are made to be slow to read: beginnings of every pattern, again and again."""

import functools
import itertools
from re import _constants as sre  # type: ignore[attr-defined] # has no types
from re import _parser as parser  # type: ignore[attr-defined] # the same
from typing import Any, Final

from tests.costs.sources import Use, uses

# What has been slow somewhere: digits, brackets, quotes, marks that are put in order, separators.
UNITS: Final = (
    "1 ",
    "1",
    "12-",
    "4111 1111 1111 1111 ",
    "0000 ",
    "![",
    "![](dayone-moment:",
    "![](dayone-moment:x)",
    "\\.",
    "dev/",
    "[[",
    "((",
    "{",
    '"',
    '\\"',
    "\\012",
    "'",
    "\\",
    "\\\\u0000",
    "<",
    "&amp;",
    " - at `",
    ' - at `"',
    " - at `$.a",
    " - at `key` in `$",
    "Object contains unknown field `",
    "`",
    "\u0301\u0316",
    "a\u0316\u0301",
    "\u0f73",
    "\ufdfa",
    "\u0130",
    "\u200d",
    "\U0001f468\u200d",
    "\u3042",
    "\u00e9",
    "a",
    "a ",
    "a,",
    "a;",
    "a\n",
    "\n",
    " ",
    "\t",
    "\r\n",
    ".",
    "a.",
    "/",
    "~1",
    "%25",
    "@",
    "a@a.",
    "=",
    "http://",
    "_",
)

# One of each kind, for where there is no time for more.
QUICK: Final = (
    *("1 ", "![", "[[", '"', '\\"', ' - at `"', "\u0301\u0316", "\ufdfa", " "),
    *("a@a.", "\\", "a,", "=&", "%25"),
)


@functools.cache
def units() -> tuple[str, ...]:
    """`UNITS`, and the beginnings of what each pattern of the source reads."""
    found = dict.fromkeys(UNITS)
    for use in uses():
        if isinstance(use, Use):
            parts = [_sample_of(*item) for item in parser.parse(use.pattern, use.flags)]
            found |= dict.fromkeys(itertools.accumulate(parts))
    return tuple(unit for unit in found if (unit and unit.isprintable()) or unit in UNITS)


def repeated(unit: str, size: int, most_bytes: int = 10**6) -> str:
    """*unit* up to *size* characters, with an end that nothing expects, and no text has twice."""
    size = min(size, most_bytes * len(unit) // len(unit.encode()))
    end = f"\nx{next(_numbers):07}"
    # Cut in front: what a text ends in decides of many what becomes of it.
    return (unit * (size // len(unit) + 1))[len(end) - size :] + end


_numbers = itertools.count()
_LETTERS: Final[dict[Any, str]] = {sre.CATEGORY_DIGIT: "1", sre.CATEGORY_SPACE: " "}


def _sample(tree: Any) -> str:
    return "".join(_sample_of(*item) for item in tree)


def _sample_of(kind: Any, value: Any) -> str:
    """A text that an item of a pattern reads."""
    text: str
    match kind:
        case sre.MAX_REPEAT | sre.MIN_REPEAT:
            text = _sample(value[2]) * int(max(value[0], 1))
        case sre.SUBPATTERN:
            text = _sample(value[-1])
        case sre.BRANCH:
            text = _sample(value[1][0])
        case sre.AT | sre.ASSERT | sre.ASSERT_NOT:
            text = ""
        case sre.IN if value[0][0] is not sre.NEGATE:
            text = _sample_of(*value[0])
        case sre.LITERAL | sre.RANGE:
            text = chr(value[0] if kind is sre.RANGE else value)
        case sre.CATEGORY:
            text = _LETTERS.get(value, "x")
        case _:
            text = "x"
    return text
