"""The router: the operations of each path, found by path and method."""

import re
from collections.abc import Iterable, Sequence
from typing import Any

import msgspec

from handlers.http.operations.areas import Area, Areas
from handlers.http.operations.path_table import PathTable
from handlers.http.operations.rows import Operation


class Route(msgspec.Struct, frozen=True):
    """A path with all its operations, by method."""

    path: str
    operations: dict[str, Operation[Any]]

    @property
    def names(self) -> tuple[str, ...]:
        """The variable parts of the path."""
        return tuple(re.findall(r"\{(\w+)\}", self.path))

    @property
    def pattern(self) -> str:
        """The path as a regular expression with named groups."""
        return re.sub(
            r"\{(\w+)\}",
            r"(?P<\1>[^/]+)",
            re.escape(self.path).replace(r"\{", "{").replace(r"\}", "}"),
        )


class Router:
    """Finds operations by path and method."""

    def __init__(self, operations: Iterable[Operation[Any]], areas: Iterable[Area] = ()) -> None:
        self.areas = Areas(areas)
        rows: dict[str, dict[str, Operation[Any]]] = {}
        self.operations = tuple(operations)
        for operation in self.operations:
            methods = rows.setdefault(operation.path, {})
            if operation.method in methods:
                words = f"two of {operation.method} {operation.path}"
                raise ValueError(words)
            methods[operation.method] = operation
        self.routes: Sequence[Route] = tuple(Route(*row) for row in rows.items())
        self._table = PathTable((route.path, route) for route in self.routes)

    def find(self, path: str) -> tuple[Route, dict[str, str]] | None:
        """The route for *path* with its variable parts."""
        return self._table.find(path)
