"""Values that nobody sends by accident: beyond every range, of every type, in each encoding."""

import base64
import json
from typing import Any, Final

from msgspec import inspect as types

NUMBERS: Final = (
    "0",
    "-1",
    "1.5",
    "1e3",
    "1e999",
    "nan",
    "inf",
    "0x10",
    "1_000",
    "\u0661",
    str(2**31),
    str(2**53 + 1),
    str(2**63),
    str(2**64),
    "9" * 30,
    "9" * 500,
)
TIMES: Final = (
    "0001-01-01",
    "9999-12-31",
    "2026-02-30",
    "10000-01-01",
    "0001-01-01T00:00:00+23:00",
    "9999-12-31T23:59:59-23:00",
    "2026-01-01T00:00:00",
    "2026-01-01T00:00:00+99:00",
    "20260101",
)
TEXTS: Final = (
    "",
    "\0",
    "null",
    "..",
    "%",
    '{"$gt":""}',
    "\ud800",  # what UTF-8 has no bytes for
    "e" + "\u0301" * 300,
    "\u202e\ufeff\uffff",
    "a" * 600,
    "~",
    "v0",
    "v9999999999",
)
CURSORS: Final = (
    "0",
    "now",
    "k3f9.9999999999999999",
    "k3f9~" + "A" * 16,
    "k3f9~" + "_" * 1408,
    "{epoch}.0",
    "{epoch}.9999999999999999",
    "{epoch}~" + "A" * 18,
)
PLACES: Final[tuple[Any, ...]] = (
    [10**18, False, "a"],
    [10**30, False, "a"],
    [-(2**63) - 1, False, "a"],
    [1e308, False, "a"],
    [True, False, "a"],
    [None, False, "a"],
    [[], False, "a"],
    [{"$gt": ""}, False, "a"],
    ["2026-01-01", True, "a"],
    ["2026-01-01T00:00:00", True, "a"],
    ["0001-01-01T00:00:00+23:00", True, "a"],
    ["9999-12-31T23:59:59-23:00", True, "a"],
    ["2026-01-01T00:00:00+00:00", False, "a"],
    ["2026-13-45", False, "a"],
    ["\0", False, "\0"],
    ["a", False, 7],
    ["a", False],
    {"a": 1},
)
MARKS: Final = (
    *(base64.urlsafe_b64encode(json.dumps(one).encode()).rstrip(b"=").decode() for one in PLACES),
    base64.urlsafe_b64encode(b'[NaN,false,"a"]').decode(),
    base64.urlsafe_b64encode(b'["\\ud800",false,"a"]').decode(),
    base64.urlsafe_b64encode(b"[" * 300).decode(),
    base64.urlsafe_b64encode(b"\xff\xfe").decode(),
    "\u00e9\u00e9\u00e9\u00e9",
    "=" * 9,
    "A",
)

# In JSON, by what a field holds.
INTEGERS: Final = (-1, 0, 2**31, 2**53, 2**53 + 1, 2**63, 10**30)
FLOATS: Final = (-1e308, 1e308, 5e-324, 10**30, -0.0)
LONG: Final = (
    "e" + "\u0301" * 254,
    "\ufdfa" * 60,
    "\uffff",
    "\0",
    "\ud800",
    " ",
    "../..",
    "$where",
)


def parameters(name: str, info: types.Type) -> tuple[str, ...]:
    """What to send for a parameter that is called *name*."""
    if name == "after":
        return (*MARKS, *TEXTS, *CURSORS[:3])
    if name in ("since", "from"):
        return (*CURSORS, *TEXTS, *TIMES)
    if name == "as_of":
        return (*TIMES, *TEXTS)
    kinds = tuple(_kinds(info))
    is_time = types.DateType in kinds or types.DateTimeType in kinds
    is_number = types.IntType in kinds or types.FloatType in kinds
    return (*(TIMES if is_time else ()), *(NUMBERS if is_number else ()), *TEXTS)


def values(info: types.Type) -> tuple[Any, ...]:
    """What to send for a JSON value of a kind."""
    kinds = set(_kinds(info))
    found: tuple[Any, ...] = (None, [], {})
    for kind, more in (
        (types.IntType, INTEGERS),
        (types.FloatType, FLOATS),
        (types.StrType, LONG),
        (types.DateType, TIMES),
        (types.DateTimeType, TIMES),
    ):
        found += more if kind in kinds else ()
    return found


def _kinds(info: types.Type) -> list[type]:
    if isinstance(info, types.UnionType):
        return [kind for one in info.types for kind in _kinds(one)]
    if isinstance(info, types.Metadata):
        return _kinds(info.type)
    return [type(info)]
