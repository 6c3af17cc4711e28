"""Only the store speaks MongoDB's words: everybody else has `upcoach.store.base.conditions`."""

import ast
import re
from pathlib import Path

SOURCES = ("config", "handlers", "models", "streams", "upcoach")
STORE = Path("upcoach/store")
OPERATOR = re.compile(r"\$[a-zA-Z]+\Z")
OF_JSON_SCHEMA = {"$ref"}


def operators(path: Path) -> list[str]:
    return [
        f"{path}:{node.lineno}: {node.value}"
        for node in ast.walk(ast.parse(path.read_text()))
        if isinstance(node, ast.Constant)
        and isinstance(node.value, str)
        and OPERATOR.match(node.value)
        and node.value not in OF_JSON_SCHEMA
    ]


def test_no_operator_of_the_database_stands_outside_the_store() -> None:
    files = [path for source in SOURCES for path in Path(source).rglob("*.py")]
    outside = [path for path in files if not path.is_relative_to(STORE)]

    assert [found for path in outside for found in operators(path)] == []
    assert any(operators(path) for path in files)
