"""Nobody reads "1 sessions": a number before a noun is said by `counted`, or is a constant."""

import ast
import re
from collections.abc import Iterator
from pathlib import Path

ROOT = Path(__file__).parents[2]
SOURCES = ("config", "handlers", "models", "streams", "upcoach")
PLURAL = re.compile(r" (?!(?:and|of|on) )(?:[a-z]+ )?([a-z]+s|people)\b")
# What ends as plurals do, behind a name.
VERB = re.compile(
    r" ([a-z]+ )?(is|has|was|says|does|comes|needs|means|holds|ships|asks|refuses|occurs|brings"
    r"|declares|gives|gets|counts|uuid)\b"
)
UNITS = re.compile(r" (ms|less)\b")
# Limits, none of which is 1.
LIMITS = {"largest", "longest", "most", "_max_bytes", "processes", "mib"}


def is_limit(value: ast.expr) -> bool:
    """Whether *value* is a constant, or is called what only a limit is."""
    if isinstance(value, ast.BinOp):
        return is_limit(value.left)
    if isinstance(value, ast.Attribute):
        return value.attr in LIMITS or value.attr.isupper() or is_limit(value.value)
    return isinstance(value, ast.Name) and (value.id in LIMITS or value.id.isupper())


def plurals_behind_numbers(source: str) -> Iterator[str]:
    """The values in f-strings that stand before what may be a plural, with what follows."""
    for node in ast.walk(ast.parse(source)):
        if isinstance(node, ast.JoinedStr):
            for value, behind in zip(node.values, node.values[1:], strict=False):
                if isinstance(value, ast.FormattedValue) and isinstance(behind, ast.Constant):
                    words = str(behind.value)
                    is_other = VERB.match(words) or UNITS.match(words) or is_limit(value.value)
                    if PLURAL.match(words) and not is_other:
                        yield f"{{{ast.unparse(value.value)}}}{words}"


def test_the_law_sees_a_count_before_a_plural() -> None:
    seen = list(plurals_behind_numbers('f"{n} sessions", f"{n} new entries", f"{LIMIT} days"'))

    assert seen == ["{n} sessions", "{n} new entries"]


def test_no_number_that_may_be_one_stands_before_a_plural() -> None:
    found = {
        str(path): list(plurals_behind_numbers(path.read_text()))
        for source in SOURCES
        for path in (ROOT / source).rglob("*.py")
    }

    assert len(found) > 500

    assert {path: words for path, words in found.items() if words} == {}
