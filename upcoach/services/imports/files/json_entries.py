"""Splits the array of a JSON object into its elements, though some of them are no JSON.

A reader of whole documents gives up at the first wrong byte, and with it years of a diary.  Here
only strings, brackets and commas are looked at: what is wrong within an element stays in it.
"""

import re
from typing import Final

import msgspec

TOKENS: Final = 5_000_000  # that are looked at: some seconds
# A string that does not end is one to the end: else each of its marks would begin another try.
_TOKEN: Final = re.compile(rb'"[^"\\]*+(?:\\.[^"\\]*+)*+(?:"|\\?\Z)|[][{},:]', re.DOTALL)
_OPENS: Final = frozenset((b"[", b"{"))
_CLOSES: Final = frozenset((b"]", b"}"))


class SplitArray(msgspec.Struct, frozen=True):
    """The *elements* of an array as they are written, and what stands beside them: *rest*."""

    elements: tuple[bytes, ...]
    rest: bytes


class ArraySplitter:
    """Splits arrays, of all the files of an archive together within one bound of tokens."""

    def __init__(self, tokens: int = TOKENS) -> None:
        self._left = tokens

    def split(self, content: bytes, name: str) -> SplitArray | None:
        """Split the array under *name* of the object *content*; None if there is none, or too much.

        Examples
        --------
        >>> ArraySplitter().split(b'{"a": 1, "entries": [{"b": oops}, [2, 3]]}', "entries")
        SplitArray(elements=(b'{"b": oops}', b'[2, 3]'), rest=b'{"a": 1, "entries": []}')

        """
        wanted = b'"%b"' % name.encode()
        depth = begun = start = 0
        key = before = b""
        elements: list[bytes] = []
        for match in _TOKEN.finditer(content):
            token = match.group()
            self._left -= 1
            if self._left < 0:
                return None
            if depth == 1 and not begun and token == b":":
                key = before
            elif token in _OPENS:
                depth += 1
                if depth == 2 and not begun and token == b"[" and key == wanted:
                    begun = start = match.end()
            elif begun and depth == 2 and (token == b"," or token in _CLOSES):
                elements.append(content[start : match.start()].strip())
                start = match.end()
                if token != b",":
                    return _split(content, elements, begun, match.start())
            elif token in _CLOSES:
                depth -= 1
            before = token
        return None


def _split(content: bytes, elements: list[bytes], begun: int, ended: int) -> SplitArray:
    if elements == [b""]:
        elements = []
    return SplitArray(tuple(elements), content[:begun] + content[ended:])
