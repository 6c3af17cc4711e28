"""Pages of rows that are bounded by their bytes, and read so that no more than that is held.

How large the rows are is known when they are there.  So a few are read first, and then as many as
would fit if all were like the largest of those, but not many times as many at once.  A reply of
MongoDB has 16 MiB at most: that is what a page holds for a moment, at the worst, if its first rows
are small and its next ones are not.
"""

from collections.abc import AsyncIterable, Awaitable, Callable, Iterable, Mapping, Sequence
from typing import Any, Final, Generic, TypeVar

import msgspec
from pymongo.asynchronous.cursor import AsyncCursor

from models.access.limits import PAGE_BYTES

T = TypeVar("T")
R = TypeVar("R", bound=Mapping[str, Any])

FIRST: Final = 8  # rows
GROWTH: Final = 4  # times as many are read next, at most


class Page(msgspec.Struct, Generic[T], frozen=True):
    """The *items* of a page, their *size* in bytes as stored, and whether there are more."""

    items: Sequence[T]
    size: int = 0
    has_more: bool = False


def first_page(
    rows: Iterable[T], size_of: Callable[[T], int], limit: int, most: int = PAGE_BYTES
) -> Page[T]:
    """The first *limit* of *rows*, of *most* bytes together; one at least, if there is any.

    Examples
    --------
    >>> first_page([b"ab", b"cd", b"ef"], len, limit=3, most=5)
    Page(items=[b'ab', b'cd'], size=4, has_more=True)
    >>> first_page([b"abcdef"], len, limit=3, most=5)
    Page(items=[b'abcdef'], size=6, has_more=False)

    """
    items: list[T] = []
    size = 0
    for row in rows:
        one = size_of(row)
        if items and (len(items) == limit or size + one > most):
            return Page(items, size, has_more=True)
        items.append(row)
        size += one
    return Page(items, size)


async def paced_page(rows: AsyncIterable[T], limit: int, most: int = PAGE_BYTES) -> Page[T]:
    """The same of *rows* that are computed one by one, by what they have in an answer."""
    items: list[T] = []
    size = 0
    async for row in rows:
        one = len(msgspec.json.encode(row))
        if items and (len(items) == limit or size + one > most):
            return Page(items, size, has_more=True)
        items.append(row)
        size += one
    return Page(items, size)


# Up to so many rows behind a row, or from the beginning, in one reply.
Ask = Callable[[T | None, int], Awaitable[Sequence[T]]]


async def read_page(
    ask: Ask[T], size_of: Callable[[T], int], limit: int, most: int = PAGE_BYTES
) -> Page[T]:
    """The same of the rows that *ask* reads."""
    rows: list[T] = []
    count = FIRST
    while True:
        wanted = min(count, limit - len(rows) + 1)  # one more tells whether there are more
        found = await ask(rows[-1] if rows else None, wanted)
        rows += found
        page = first_page(rows, size_of, limit, most)
        if page.has_more or len(found) < wanted:
            return page
        fitting = (most - page.size) // max(map(size_of, rows)) + 1
        count = max(1, min(fitting, GROWTH * count))


async def one_reply(cursor: AsyncCursor[R], count: int) -> list[R]:
    """Up to *count* rows of *cursor*, as many as there are in one reply."""
    # A size, too: without one the first reply ends after 101.
    return await cursor.batch_size(count).limit(-count).to_list()
