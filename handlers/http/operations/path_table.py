"""Paths by their segments: a trie, so that no path is held against every row."""

import re
from collections.abc import Iterable, Iterator
from typing import Final, Generic, TypeVar

T = TypeVar("T")

_NAME: Final = re.compile(r"\{(\w+)\}")


class TrieNode(Generic[T]):
    """The rows that begin with the same segments.

    Attributes
    ----------
    row
        The row that ends here, with its place in the table and where its names stand.

    """

    __slots__ = ("literals", "named", "row")

    def __init__(self) -> None:
        self.literals: dict[str, TrieNode[T]] = {}
        self.named: TrieNode[T] | None = None
        self.row: tuple[int, T, dict[str, int]] | None = None

    def child(self, segment: str) -> "TrieNode[T]":
        """The node behind *segment* of a row, made if there is none."""
        name = _NAME.fullmatch(segment)
        if name is None and "{" in segment:
            words = f"{segment}: a name is a whole segment"
            raise ValueError(words)
        if name is None:
            return self.literals.setdefault(segment, TrieNode())
        self.named = self.named or TrieNode()
        return self.named

    def children(self, segment: str) -> "Iterator[TrieNode[T]]":
        """The nodes behind *segment* of a path; nothing is no name."""
        literal = self.literals.get(segment)
        if literal is not None:
            yield literal
        if self.named is not None and segment:
            yield self.named


class PathTable(Generic[T]):
    """Rows by path; where several fit, the first of them is found, as when tried in turn.

    Examples
    --------
    >>> table = PathTable([("/goals/stats", 1), ("/goals/{id}", 2), ("/goals/{id}/undo", 3)])
    >>> table.find("/goals/stats"), table.find("/goals/g1"), table.find("/goals/g1/undo")
    ((1, {}), (2, {'id': 'g1'}), (3, {'id': 'g1'}))
    >>> table.find("/goals/"), table.find("/goals/g1/redo")
    (None, None)

    """

    def __init__(self, rows: Iterable[tuple[str, T]]) -> None:
        self._root: TrieNode[T] = TrieNode()
        self._deepest = 0
        for rank, (path, value) in enumerate(rows):
            self._add(rank, path, value)

    def find(self, path: str) -> tuple[T, dict[str, str]] | None:
        """The first row that *path* fits, with its names."""
        segments = path.split("/", self._deepest)  # nothing is as deep as the last of a longer one
        nodes = [self._root]
        for segment in segments:
            nodes = [child for node in nodes for child in node.children(segment)]
            if not nodes:
                return None
        rows = [node.row for node in nodes if node.row is not None]
        if not rows:
            return None
        _, value, places = min(rows, key=_rank)
        return value, {name: segments[place] for name, place in places.items()}

    def _add(self, rank: int, path: str, value: T) -> None:
        segments = path.split("/")
        self._deepest = max(self._deepest, len(segments))
        node = self._root
        names: dict[str, int] = {}
        for place, segment in enumerate(segments):
            node = node.child(segment)
            if segment.startswith("{"):
                names[segment[1:-1]] = place
        node.row = node.row or (rank, value, names)


def _rank(row: tuple[int, object, object]) -> int:
    return row[0]
