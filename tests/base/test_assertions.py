"""What must hold is asked by `if`: `python -O` drops assertions, which may only narrow types."""

import ast
from collections.abc import Iterator
from pathlib import Path

ROOT = Path(__file__).parents[2]
SOURCES = ("config", "handlers", "models", "streams", "upcoach")
NARROWING = {"isinstance", "issubclass"}


def _assertions() -> Iterator[tuple[str, ast.Assert]]:
    for folder in SOURCES:
        for path in (ROOT / folder).rglob("*.py"):
            for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
                if isinstance(node, ast.Assert):
                    yield f"{path.relative_to(ROOT)}:{node.lineno}", node


def _narrows(test: ast.expr) -> bool:
    match test:
        case ast.BoolOp(values=values):
            return all(map(_narrows, values))
        case ast.UnaryOp(op=ast.Not(), operand=operand):
            return _narrows(operand)
        case ast.Call(func=ast.Name(id=name)):
            return name in NARROWING
        case ast.Compare(ops=[ast.Is() | ast.IsNot()], comparators=[ast.Constant(value=None)]):
            return True
    return False


def test_assertions_only_narrow_types() -> None:
    found = dict(_assertions())

    assert len(found) > 20
    assert {place for place, node in found.items() if not _narrows(node.test)} == set()
