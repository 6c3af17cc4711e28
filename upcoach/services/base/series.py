"""Series of documents: the next one is made when one is completed, and taken back with it."""

import datetime as dt
from collections.abc import Callable
from typing import Generic, TypeVar

import msgspec

from models.base.document import Document
from models.base.recurrence import successor_id
from upcoach.store.write.changes import WriteContext
from upcoach.store.write.refs import Ref

D = TypeVar("D", bound=Document)


class Series(msgspec.Struct, Generic[D], frozen=True):
    """How documents of one kind follow each other.

    Attributes
    ----------
    is_completed
        Whether it is the turn of the next one.
    successor
        The next one, when a document was completed at a moment; None for the last.

    """

    kind: type[D]
    is_completed: Callable[[D], bool]
    successor: Callable[[D, dt.datetime], D | None]

    def reads(self, owner: str, document_id: str, _asked: object = None) -> tuple[Ref, ...]:
        """What a write of a document reads, for `go_on`."""
        return (Ref(self.kind, owner, successor_id(owner, document_id)),)

    def go_on(self, changes: WriteContext, before: D | None, after: D) -> None:
        """Make the next one when one is completed; take it back while it is untouched."""
        was_done = before is not None and self.is_completed(before)
        is_done = self.is_completed(after)
        following = changes.find(self.kind, after.owner, successor_id(after.owner, after.id))
        if is_done and not was_done and following is None:
            made = self.successor(after, changes.at)
            if made is not None:
                changes.create(made)
        elif was_done and not is_done and following is not None and following.is_untouched:
            changes.delete(following)
