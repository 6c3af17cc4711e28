"""Whoever expects JSON that is none expects one that goes too deep as well.

The library has an error of its own for all that is wrong, but for what nests deeper than Python
goes: that is a `RecursionError`, and was an answer of 500 to a login.
"""

import ast
import importlib
from collections.abc import Iterator
from pathlib import Path
from typing import Final, NamedTuple

import msgspec

ROOT: Final = Path(__file__).parents[2]
PACKAGES: Final = ("handlers", "models", "streams", "upcoach")


class Expecting(NamedTuple):
    """A `try` around `msgspec.json.decode`, and what it expects."""

    module: str
    line: int
    errors: tuple[type[BaseException], ...]


def expecting() -> Iterator[Expecting]:
    """Every one that expects the errors of msgspec."""
    for package in PACKAGES:
        for path in sorted((ROOT / package).rglob("*.py")):
            text = path.read_text()
            if "json.decode(" in text and "except" in text:
                yield from _of_module(path, ast.parse(text))


def _of_module(path: Path, tree: ast.Module) -> Iterator[Expecting]:
    name = ".".join(path.relative_to(ROOT).with_suffix("").parts)
    for node in ast.walk(tree):
        if isinstance(node, ast.Try) and any(map(_decodes, node.body)):
            module = importlib.import_module(name)
            errors = tuple(
                error
                for handler in node.handlers
                if handler.type is not None
                for error in _errors(eval(ast.unparse(handler.type), vars(module)))  # noqa: S307 - our own source
            )
            if any(issubclass(error, ValueError | msgspec.MsgspecError) for error in errors):
                yield Expecting(name, node.lineno, errors)


def _decodes(statement: ast.stmt) -> bool:
    return any(
        isinstance(node, ast.Call) and ast.unparse(node.func).endswith("json.decode")
        for node in ast.walk(statement)
    )


def _errors(
    found: type[BaseException] | tuple[type[BaseException], ...],
) -> tuple[type[BaseException], ...]:
    return found if isinstance(found, tuple) else (found,)


def test_who_expects_no_json_expects_a_deep_one() -> None:
    found = list(expecting())

    assert len(found) >= 6
    assert [one for one in found if not issubclass(RecursionError, one.errors)] == []


def test_who_expects_no_json_expects_bytes_that_are_no_text() -> None:
    unready = [one for one in expecting() if not issubclass(UnicodeDecodeError, one.errors)]

    assert {one.module for one in unready} == set()
