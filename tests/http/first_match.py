"""How a path was found before there was a table: every pattern in turn, the first that matches."""

import re
from collections.abc import Sequence
from typing import NamedTuple

from handlers.http.operations import Route


class FirstMatch(NamedTuple):
    """The routes with their patterns, in the order of their rows."""

    rows: list[tuple[re.Pattern[str], Route]]

    @classmethod
    def of(cls, routes: Sequence[Route]) -> "FirstMatch":
        """The patterns of *routes*."""
        return cls([(re.compile(route.pattern), route) for route in routes])

    def find(self, path: str) -> tuple[Route, dict[str, str]] | None:
        """The route for *path* with its variable parts."""
        for pattern, route in self.rows:
            match = pattern.fullmatch(path)
            if match:
                return route, match.groupdict()
        return None
