r"""A number is written in ten digits: those of other scripts are nobody's numbers here.

`int` and `float` take them, with underscores too, and so does every pattern with a plain `\d`.
"""

import ast
import re
from collections.abc import Iterator
from pathlib import Path
from re import _constants as sre  # type: ignore[attr-defined] # has no types
from re import _parser as parser  # type: ignore[attr-defined] # the same
from typing import Any, Final

from tests.costs.sources import PACKAGES, ROOT, Use, routed, uses

# Where those of others are taken, and why.
ALL_SCRIPTS: Final = {
    "models.base.text.card_numbers": "they are looked for, to hide them",
    "models.base.reminders": "some are stored; `check_new_reminders` refuses new ones",
    "models.base.rrule.parts": "some are stored; `check_new_rule` refuses new ones",
    "upcoach.services.imports.readers.loop_cells": "Loop writes them in the digits of its locale",
}
WORDS: Final = {"isdecimal", "isdigit", "isnumeric"}
# Where they are asked of what is ASCII, or of what no stranger writes.
ASKED: Final = {
    "models/account/quoting.py": "digits of names, which are left out of mails",
    "models/base/text/card_numbers.py": "the digits of all scripts, which are hidden",
    "upcoach/services/base/fetching.py": "a number of seconds, whoever wrote it",
    "upcoach/services/imports/readers/loop_histories.py": "Loop's folders in its locale's digits",
    "upcoach/services/imports/readers/streaks.py": "`isascii` is asked first",
    "upcoach/node/process/outbound_guard.py": "a name that ends in any digits is refused",
    "upcoach/node/process/systemd.py": "what systemd sets",
    "upcoach/services/oauth/base/requests.py": "`isascii` is asked first",
}


def reads_all_digits(use: Use) -> bool:
    """Whether a pattern takes digits of every script."""
    return not use.flags & re.ASCII and any(_categories(parser.parse(use.pattern, use.flags)))


def _categories(tree: Any) -> Iterator[bool]:
    for item in tree:
        if item is sre.CATEGORY_DIGIT:
            yield True
        elif isinstance(item, tuple | list | parser.SubPattern):
            yield from _categories(item)


def test_no_pattern_reads_digits_of_every_script() -> None:
    found = {
        one.place for one in (*uses(), *routed()) if isinstance(one, Use) and reads_all_digits(one)
    }

    assert found == set(ALL_SCRIPTS)


def test_nobody_asks_for_digits_of_every_script() -> None:
    found = {
        str(path.relative_to(ROOT))
        for package in PACKAGES
        for path in sorted(Path(ROOT / package).rglob("*.py"))
        if any(
            isinstance(node, ast.Attribute) and node.attr in WORDS
            for node in ast.walk(ast.parse(path.read_text()))
        )
    }

    assert found == set(ASKED)
