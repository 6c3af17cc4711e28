"""Events of the log are named in one way: small letters, digits, and underscores between words."""

import ast
import re
from collections.abc import Iterator
from pathlib import Path
from typing import Final

import config

ROOT: Final = Path(config.__file__).parents[1]
LEVELS: Final = {"debug", "info", "warning", "error", "exception", "critical"}
NAME: Final = re.compile(r"[a-z][a-z0-9]*(_[a-z0-9]+)*")


def logged(tree: ast.AST) -> Iterator[str]:
    """The texts that `_log.info` and the like are given, and what `OutageLog` is."""
    for call in ast.walk(tree):
        if not isinstance(call, ast.Call):
            continue
        function = call.func
        if isinstance(function, ast.Attribute) and function.attr in LEVELS:
            if ast.unparse(function.value).endswith("_log"):
                yield ast.unparse(call.args[0])
        elif isinstance(function, ast.Name) and function.id == "OutageLog":
            yield from (ast.unparse(word.value) for word in call.keywords[:2])


def test_every_event_is_named_in_the_same_way() -> None:
    names = {
        name
        for package in ("config", "handlers", "models", "streams", "upcoach")
        for path in (ROOT / package).rglob("*.py")
        for name in logged(ast.parse(path.read_text()))
    }
    texts = {ast.literal_eval(name) for name in names if name.startswith(("'", '"'))}

    # `OutageLog` is given the names that it says.
    assert names - {repr(text) for text in texts} == {"self._begins", "self._ends"}
    assert {text for text in texts if NAME.fullmatch(text) is None} == set()
    assert len(texts) > 30
