"""Texts and lists that were continued by two people at once, and what one of them knew of it.

Both continuations are kept: one edit, then what the other appended.  A text that goes on neither
with a space nor with a line break gets a line break before it.  That one is nobody's: who wrote the
text knows it without, and builds on that.
"""

from collections.abc import Iterator
from typing import Any


def both_continued(base: Any, mine: Any, theirs: Any, *, is_own_end: bool = False) -> Any:
    r"""One edit, then what the other appended to *base*; None unless one of them appends to it.

    Where both do, *theirs* comes first.  Where the end of *theirs* *is_own_end*, written by whoever
    made *mine*, that goes on without a line break.

    Examples
    --------
    >>> both_continued("a", "a;b", "a;x")
    'a;x\n;b'
    >>> both_continued("a;b", "a;b;c", "a;x\n;b", is_own_end=True)
    'a;x\n;b;c'

    """
    if mine == theirs or type(mine) is not type(theirs):
        return None
    for first, second in ((theirs, mine), (mine, theirs)):
        added = appended(base, second)
        if added is not None:
            goes_on = first in ("", base) or (is_own_end and first is theirs)
            return first + (added if goes_on else _on_a_line(added))
    return None


def continued_elsewhere(before: Any, after: Any, known: Any, wanted: Any) -> Any:
    r"""What somebody knew who, knowing *known*, made *after* of *before*; None if that is unknown.

    Where a line break may be theirs or that of `both_continued`, their next edit, *wanted*, tells.

    Examples
    --------
    >>> continued_elsewhere("a;x", "a;x\n;b", "a", "a;b;c")
    'a;b'
    >>> continued_elsewhere("a;x", "a;x\n;b", "a", "a\n;b;c")
    'a\n;b'

    """
    readings = list(_readings(before, after, known))
    if isinstance(wanted, str):
        return max(readings, key=lambda text: _shared(text, wanted), default=None)
    return readings[0] if readings else None


def appended(start: Any, value: Any) -> Any:
    """What *value* appends to *start*; None unless it is a text or a list that begins with it."""
    kind = type(value)
    first = kind() if start is None else start
    if kind not in (str, list, tuple) or type(first) is not kind:
        return None
    return value[len(first) :] if value[: len(first)] == first else None


def _readings(before: Any, after: Any, known: Any) -> Iterator[Any]:
    """What may have been written by who made *after* of *before* and knew *known*."""
    if added := appended(before, after):
        start = known or type(added)()
        bare = _without_break(added) if before else added
        # Who had nothing yet began no line.
        yield from (start + added, start + bare) if start else (bare, added)
    elif others := appended(known, before):
        written = _before(after, others)
        for text in (written, _without_last_break(written)):
            if both_continued(known, text, before) == after:
                yield text


def _before(value: Any, end: Any) -> Any:
    """*value* without its *end*; None if it ends otherwise."""
    is_end = type(value) is type(end) and value[len(value) - len(end) :] == end
    return value[: len(value) - len(end)] if is_end else None


def _on_a_line(added: Any) -> Any:
    """*added*, on a line of its own if it is a text that does not begin with white space."""
    return f"\n{added}" if _begins_a_word(added) else added


def _without_break(added: Any) -> Any:
    """*added* without the line break that `_on_a_line` may have put before it."""
    is_break = isinstance(added, str) and added[0] == "\n" and _begins_a_word(added[1:])
    return added[1:] if is_break else added


def _without_last_break(written: Any) -> Any:
    return written.removesuffix("\n") if isinstance(written, str) else written


def _begins_a_word(added: Any) -> bool:
    return isinstance(added, str) and added != "" and not added[0].isspace()


def _shared(text: str, other: str) -> int:
    """How many characters two texts have in common at their beginning."""
    return next(
        (at for at, (one, two) in enumerate(zip(text, other, strict=False)) if one != two),
        min(len(text), len(other)),
    )
