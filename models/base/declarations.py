"""Checks of what contexts declare: nothing that one of them says may replace what another says."""

import collections
from collections.abc import Hashable, Iterable, Mapping
from typing import TypeVar

K = TypeVar("K", bound=Hashable)
V = TypeVar("V")


def check_unique(names: Iterable[Hashable], what: str) -> None:
    """Raise `ValueError` if one of *names* occurs twice; *what* says what they are.

    Examples
    --------
    >>> check_unique(["goal", "habit", "goal"], "kinds of documents")
    Traceback (most recent call last):
    ...
    ValueError: These kinds of documents are declared twice: goal.

    """
    twice = [str(name) for name, count in collections.Counter(names).items() if count > 1]
    if twice:
        raise ValueError(f"These {what} are declared twice: {', '.join(sorted(twice))}.")


def merged(tables: Iterable[Mapping[K, V]], what: str) -> dict[K, V]:
    """One table of the rows of all *tables*; raises `ValueError` if two have the same key.

    Examples
    --------
    >>> merged([{"goals:read": 1}, {"habits:read": 2}], "permissions")
    {'goals:read': 1, 'habits:read': 2}
    >>> merged([{"goals:read": 1}, {"goals:read": 2}], "permissions")
    Traceback (most recent call last):
    ...
    ValueError: These permissions are declared twice: goals:read.

    """
    rows = [row for table in tables for row in table.items()]
    check_unique((key for key, _ in rows), what)
    return dict(rows)
