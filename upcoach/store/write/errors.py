"""Refusals of writes, and the exceptions that make a batch start again."""

from collections.abc import Awaitable, Callable, Collection
from typing import Final

from models.base.errors import NotFound, Unauthenticated
from upcoach.store.write.refs import Edges, Ref

_NOT_FOUND: Final = ("not_found", "There is nothing here under this id.")


class WriteConflict(Exception):
    """Another node took a number, or changed a document, that a batch counted on."""


class NeedsMoreReads(Exception):
    """A write has to see documents that it did not read: they are read, and it decides anew.

    The whole batch begins again for it, so it asks for all that it may need at once: who walks from
    document to document, one read after the other, is refused in the end.  For that there is
    `Edges`.
    """

    def __init__(self, refs: Collection[Ref] = (), edges: Collection[Edges] = ()) -> None:
        super().__init__(refs, edges)
        self.refs = refs
        self.edges = edges


class NeedsLookup(Exception):
    """A write has to *look* something up in the database, as all writes before it have left it.

    So it keeps its place in the order: nothing is looked for before it is queued.
    """

    def __init__(self, look: Callable[[], Awaitable[None]]) -> None:
        super().__init__()
        self.look = look


class StalePrecondition(Exception):
    """A precondition that the caller had looked up does not hold any more: it begins again."""


class UniqueViolation(Exception):
    """A unique index, named by its fields, holds what the write wanted to keep."""

    def __init__(self, fields: tuple[str, ...]) -> None:
        super().__init__(fields)
        self.fields = fields


def not_found() -> NotFound:
    """The refusal for what does not exist or is not theirs; there is only this one."""
    return NotFound(*_NOT_FOUND)


def session_ended() -> Unauthenticated:
    """The refusal of a write whose session was ended before it was committed."""
    return Unauthenticated("session_ended", "This session has ended. Log in again.")


class MissingDocument(NotFound):
    """`not_found`, by a write that was to see the document *ref*."""

    def __init__(self, ref: Ref) -> None:
        super().__init__(*_NOT_FOUND)
        self.ref = ref


def drop_tracebacks(failure: BaseException) -> None:
    """Forget where *failure*, and all that led to it, was raised.

    Frames hold what was read for the write, or a frame that holds the failure itself: without this
    it would stay in memory until the next full collection.
    """
    chain: list[BaseException | None] = [failure]
    seen: set[BaseException] = set()
    while chain:
        link = chain.pop()
        if link is not None and link not in seen:
            seen.add(link)
            link.__traceback__ = None
            chain += (link.__cause__, link.__context__)
